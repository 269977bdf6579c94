//! Phones: their sockets, their sessions, and who is connected.
//!
//! `socket` upgrades and authenticates and is the only one here that knows actix (beside `pairing`, one HTTP
//! endpoint); `session` is the conversation, sans IO but for one `select!` loop; `directory` knows the live
//! sessions and hands hints on. Nothing here knows a dialect or the store's tables.

pub mod directory;
pub mod pairing;
pub mod session;
mod settings;
pub mod socket;

use std::sync::Arc;

pub use directory::Directory;
pub use settings::HubSettings;
use tokio::sync::Semaphore;

use crate::relay::Relay;
use crate::relay::ingest::ReadError;
use crate::relay::pairing::PairingTries;

/// Tokens that are looked up at once. When a fleet comes back, the rest wait here and not before the store, where they
/// would be in everybody's way.
const CHECKS_AT_ONCE: usize = 64;
/// Sessions compared in one short read.
const HEALED_AT_ONCE: usize = 500;

/// What the sockets need. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub(crate) relay: Relay,
    pub(crate) directory: Arc<Directory>,
    pub(crate) settings: Arc<HubSettings>,
    pub(crate) tries: Arc<PairingTries>,
    /// One for each token that is being looked up.
    pub(crate) checks: Arc<Semaphore>,
}

impl Hub {
    /// The hub of a running store.
    pub fn new(relay: Relay, directory: Arc<Directory>, settings: HubSettings) -> Hub {
        let (settings, tries) = (Arc::new(settings), Arc::default());
        Hub { relay, directory, settings, tries, checks: Arc::new(Semaphore::new(CHECKS_AT_ONCE)) }
    }

    /// Ends the sessions of this process that the store's rows have left behind, as when a hello was processed late
    /// elsewhere: their phones would wait for ever, for nothing of theirs is written. Answers how many there were.
    pub async fn heal(&self) -> Result<usize, ReadError> {
        let mut ended = 0;
        for devices in self.directory.open_sessions().chunks(HEALED_AT_ONCE) {
            ended += self.directory.end_fenced(&self.relay.epochs_of(devices.to_vec()).await?);
        }
        Ok(ended)
    }

    /// Refuses new sessions, asks every phone to come back later, and returns when they are gone or the bound is
    /// reached.
    pub async fn drain(&self) {
        self.directory.drain(self.settings.drain_spread).await;
    }
}
