//! A data directory with its store open and the verbs on it: what a hub and a management command both start with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use relay_store::{Announce, Effect, OpenError, Store, StoreConfig};

use super::data_dir::{DataDir, DataDirError};
use crate::clock::SystemClock;
use crate::relay::Relay;
use crate::relay::intake::TextRules;
use crate::relay::keys::KeyCache;
use crate::relay::presence::{Nobody, Presence};
use crate::secrets::{Secrets, SecretsError};
use crate::sweeps::schedule::Alarm;

/// After a failed flush the answers that are on their way still leave; then the process ends.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// `EX_SOFTWARE` of sysexits: a supervisor restarts the hub, and recovery decides what was stored.
const FATAL_EXIT: i32 = 70;

/// Why it cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// The directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] OpenError),
}

/// The open store. Fields are dropped from top to bottom: the lock goes last.
pub(super) struct Opened {
    pub(super) relay: Relay,
    pub(super) alarm: Alarm,
    store: Store,
    data_dir: DataDir,
}

impl Opened {
    /// Opens the store of a data directory that is held already. Blocks: migrations may take their time.
    pub(super) fn open(
        data_dir: DataDir,
        clock: SystemClock,
        texts: TextRules,
        sessions: Option<(Arc<dyn Announce>, Arc<dyn Presence>)>,
    ) -> Result<Opened, OpenStoreError> {
        let clock = Arc::new(clock);
        let secrets = Arc::new(Secrets::load_or_create(&data_dir.secrets())?);
        let (keys, alarm) = (KeyCache::default(), Alarm::default());
        let (sessions, presence): (Option<Arc<dyn Announce>>, Arc<dyn Presence>) = match sessions {
            Some((announce, presence)) => (Some(announce), presence),
            None => (None, Arc::new(Nobody)),
        };
        let config = StoreConfig {
            clock: clock.clone(),
            seed: rand::random(),
            at_least: Default::default(),
            announce: Arc::new(Listeners { keys: keys.clone(), alarm: alarm.clone(), sessions }),
            on_fatal: Arc::new(end_the_process),
        };
        let store = Store::open(&data_dir.database(), config)?;
        let relay =
            Relay::new(store.lane(), store.reads(), clock, secrets, keys, presence).with_text_rules(texts);
        Ok(Opened { relay, alarm, store, data_dir })
    }

    /// Opens it for a management command: nobody is connected, nobody listens.
    pub(super) fn open_alone(path: &Path) -> Result<Opened, OpenStoreError> {
        Opened::open(DataDir::open(path)?, SystemClock::start(), TextRules::default(), None)
    }

    pub(super) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    pub(super) fn incarnation(&self) -> u32 {
        self.store.incarnation()
    }

    /// Commits what waits, closes the store, and only then gives the directory free. Blocks.
    pub(super) fn close(self) {
        self.store.close();
    }
}

/// Whoever listens to the lane. Dropping an effect is allowed, so nothing here waits.
struct Listeners {
    keys: KeyCache,
    alarm: Alarm,
    sessions: Option<Arc<dyn Announce>>,
}

impl Announce for Listeners {
    fn announce(&self, effect: Effect) {
        match effect {
            Effect::KeyRevoked { .. } => self.keys.announce(effect.clone()),
            Effect::Scheduled { at } => self.alarm.ring(at),
            Effect::Dispatched { .. }
            | Effect::Wake { .. }
            | Effect::EndSession { .. }
            | Effect::Reconnect { .. }
            | Effect::CommandWaits { .. } => {}
        }
        if let Some(sessions) = &self.sessions {
            sessions.announce(effect);
        }
    }
}

/// A flush failed: what was stored is known only after recovery, so the process ends and does not go on.
fn end_the_process(why: &str) {
    tracing::error!(why, exit_code = FATAL_EXIT, "the hub ends: check the disk, then start it again");
    // On a thread of its own: the lane's thread still has to answer those who wait, with 503.
    std::thread::spawn(|| {
        std::thread::sleep(LAST_WORDS);
        std::process::exit(FATAL_EXIT);
    });
}
