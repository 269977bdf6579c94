//! The verbs of the hub, free of HTTP and of sockets: rules from the domain, writes through the store's lane,
//! reads from its pool. Dialects, the control socket and the phones' sessions all call these; none of them is
//! known here.

pub mod accounts;
pub mod cancel;
pub mod devices;
mod housekeeping;
pub mod inbox;
pub mod ingest;
pub mod intake;
pub mod keys;
pub mod lookup;
pub mod pairing;
pub mod presence;
mod restore;
pub mod tokens;
mod trouble;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use relay_domain::Clock;
use relay_store::{Lane, Reads};

pub use devices::leaving;
pub use relay_store::changes::PairTarget;
pub use relay_store::queries::{Page, Window};
pub use restore::{held, standing};
pub use trouble::Trouble;

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
    standings: Arc<dyn standing::StandingLog>,
    endpoints: Arc<dyn webhooks::EndpointRule>,
    texts: intake::TextRules,
    /// Set once, when the hub begins to stop: phones may still report, customers are sent away.
    stopping: Arc<AtomicBool>,
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
        let (texts, stopping) = (intake::TextRules::default(), Arc::default());
        let (standings, endpoints) = (Arc::new(standing::NoLog), Arc::new(webhooks::NoEndpoints));
        Relay { lane, reads, clock, secrets, keys, presence, standings, endpoints, texts, stopping }
    }

    /// The same verbs with other rules for texts.
    pub fn with_text_rules(self, texts: intake::TextRules) -> Relay {
        Relay { texts, ..self }
    }

    /// The hub's clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// From now on no message is accepted; everything else goes on until the store closes.
    pub fn stop_accepting(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}
