//! What every worker shares.

use std::sync::Arc;

use relay_domain::Clock;
use relay_store::{Lane, Reads};
use tokio::sync::Semaphore;

use super::bells::Bells;
use super::client::Client;
use super::render::Renderers;
use crate::secrets::Secrets;

/// Posts at once to endpoints that answer: each holds a connection and a few kilobytes.
const POSTS: usize = 256;
/// Posts at once that have got no answer for a while, and those to endpoints whose last one failed. Apart, so that many
/// that hang take nothing from the others.
const SLOW_POSTS: usize = 512;

/// What workers need.
#[derive(Clone)]
pub struct Parts {
    /// Where attempts are recorded.
    pub lane: Lane,
    /// Where notices are read.
    pub reads: Reads,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The time as everybody else has it: it may be set.
    pub wall: Arc<dyn Clock>,
    /// Opens the webhooks' secrets.
    pub secrets: Arc<Secrets>,
    /// Posts.
    pub client: Client,
    /// The dialects' words.
    pub renderers: Renderers,
    /// Rung by commits.
    pub bells: Bells,
}

/// Turns at posting.
#[derive(Clone)]
pub(super) struct Turns {
    pub(super) healthy: Arc<Semaphore>,
    pub(super) slow: Arc<Semaphore>,
}

impl Turns {
    pub(super) fn new() -> Turns {
        Turns { healthy: Arc::new(Semaphore::new(POSTS)), slow: Arc::new(Semaphore::new(SLOW_POSTS)) }
    }

    /// There are no more turns: whoever waits for one ends.
    pub(super) fn close(&self) {
        self.healthy.close();
        self.slow.close();
    }
}
