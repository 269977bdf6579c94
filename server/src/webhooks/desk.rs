//! A worker for each webhook: started when the hub starts and when one is made, gone when it is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use relay_domain::{Clock, WebhookId};
use relay_store::queries::ListWebhooks;
use relay_store::{Lane, Reads};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::bells::Bells;
use super::client::Client;
use super::render::Renderers;
use super::worker::Worker;
use crate::secrets::Secrets;

/// Posts at once to endpoints that answer: each holds a connection and a few kilobytes.
const POSTS: usize = 256;
/// Posts at once that have got no answer for a while, and those to endpoints whose last one failed. Apart, so that many
/// that hang take nothing from the others.
const SLOW_POSTS: usize = 512;
/// After a store that did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// What workers need.
#[derive(Clone)]
pub struct DeskParts {
    /// Where attempts are recorded.
    pub lane: Lane,
    /// Where notices are read.
    pub reads: Reads,
    /// The time.
    pub clock: Arc<dyn Clock>,
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

/// The workers. Dropping it cuts off what is under way: it is told again at the next start.
pub struct Desk {
    bells: Bells,
    working: JoinHandle<()>,
}

impl Desk {
    /// Starts the workers.
    pub fn start(parts: DeskParts) -> Desk {
        Desk { bells: parts.bells.clone(), working: tokio::spawn(run(parts)) }
    }

    /// Begins nothing more, and waits until what is under way has ended and was recorded.
    pub async fn stop(&mut self) {
        self.bells.stop();
        // A panic there was told of where it happened.
        let _ended = (&mut self.working).await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.working.abort();
    }
}

/// Ends its workers with itself.
#[derive(Default)]
struct Workers(HashMap<WebhookId, JoinHandle<()>>);

impl Workers {
    fn start(&mut self, parts: &DeskParts, turns: &Turns, webhook: WebhookId) {
        if self.0.get(&webhook).is_some_and(|worker| !worker.is_finished()) {
            return;
        }
        let worker = Worker::new(parts.clone(), turns.clone(), webhook);
        self.0.insert(webhook, tokio::spawn(worker.run()));
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.values().for_each(JoinHandle::abort);
    }
}

async fn run(parts: DeskParts) {
    let turns =
        Turns { healthy: Arc::new(Semaphore::new(POSTS)), slow: Arc::new(Semaphore::new(SLOW_POSTS)) };
    let mut workers = Workers::default();
    loop {
        match parts.reads.ask(ListWebhooks { account_id: None }).await {
            Ok(known) => {
                known.iter().for_each(|standing| workers.start(&parts, &turns, standing.webhook.id));
                break;
            }
            Err(error) => {
                tracing::warn!(%error, "the webhooks could not be read; they are in a moment");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
    while !parts.bells.is_stopping() {
        for webhook in parts.bells.changed().await {
            workers.start(&parts, &turns, webhook);
        }
        workers.0.retain(|_, worker| !worker.is_finished());
    }
    for worker in workers.0.values_mut() {
        let _ended = worker.await;
    }
}
