//! The verbs of the hub, free of HTTP and of sockets: rules from the domain, writes through the store's lane,
//! reads from its pool. Dialects, the control socket and the phones' sessions all call these; none of them is
//! known here.

pub mod accounts;
pub mod devices;
pub mod inbox;
pub mod ingest;
pub mod intake;
pub mod keys;
pub mod lookup;
pub mod pairing;
pub mod presence;
pub mod tokens;

use std::sync::Arc;

use relay_domain::Clock;
use relay_store::{Lane, Reads};

use crate::secrets::Secrets;

/// What every verb needs. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    pub(crate) lane: Lane,
    pub(crate) reads: Reads,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) keys: keys::KeyCache,
    pub(crate) presence: Arc<dyn presence::Presence>,
}

impl Relay {
    /// Puts the verbs on an open store.
    pub fn new(
        lane: Lane,
        reads: Reads,
        clock: Arc<dyn Clock>,
        secrets: Arc<Secrets>,
        keys: keys::KeyCache,
        presence: Arc<dyn presence::Presence>,
    ) -> Relay {
        Relay { lane, reads, clock, secrets, keys, presence }
    }

    /// The hub's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
