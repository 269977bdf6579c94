//! A data directory with its store open and the verbs on it: what a hub and a management command both start with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use relay_store::{
    Announce, Depth, Effect, Mark, OpenElsewhere, OpenError, Progress, Store, StoreConfig, inspect,
};

use super::data_dir::{DataDir, DataDirError};
use crate::clock::{SystemClock, WallClock};
use crate::config::{AllowedEndpoint, PlainWebhooks, WebhookSettings};
use crate::continuity::{self, Continuity, ContinuityError};
use crate::dialects;
use crate::relay::Relay;
use crate::relay::intake::TextRules;
use crate::relay::keys::KeyCache;
use crate::relay::presence::{Nobody, Presence};
use crate::relay::webhooks::EndpointRule;
use crate::secrets::{Secrets, SecretsError};
use crate::sweeps::schedule::Alarm;
use crate::webhooks::guard::{Allowed, PlainHttp};
use crate::webhooks::{Bells, Client, ClientError, Guard, Parts, TlsRoots};

/// After a failed flush the answers that are on their way still leave; then the process ends. As long as a stop gives
/// them: a machine whose disk fails is often a slow one.
const LAST_WORDS: Duration = Duration::from_secs(1);
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
    /// The file beside the database.
    #[error(transparent)]
    Continuity(#[from] ContinuityError),
    /// The database.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// What webhooks are posted with.
    #[error(transparent)]
    Webhooks(#[from] ClientError),
}

/// The open store. Fields are dropped from top to bottom: the lock goes last.
pub(super) struct Opened {
    pub(super) relay: Relay,
    pub(super) alarm: Alarm,
    bells: Bells,
    secrets: Arc<Secrets>,
    webhooks: Client,
    store: Store,
    continuity: Arc<Continuity>,
    data_dir: DataDir,
}

impl Opened {
    /// Opens the store of a data directory that is held already. Blocks: migrations may take their time. A database
    /// that is older than this hub has known it is refused before anything is made or changed.
    pub(super) fn open(
        data_dir: DataDir,
        clock: SystemClock,
        texts: TextRules,
        webhooks: Client,
        sessions: Option<(Arc<dyn Announce>, Arc<dyn Presence>)>,
    ) -> Result<Opened, OpenStoreError> {
        let at_least = known_mark(&data_dir)?;
        let clock = Arc::new(clock);
        let secrets = Arc::new(Secrets::load_or_create(&data_dir.secrets())?);
        let (keys, alarm, bells) = (KeyCache::default(), Alarm::default(), Bells::default());
        let (sessions, presence): (Option<Arc<dyn Announce>>, Arc<dyn Presence>) = match sessions {
            Some((announce, presence)) => (Some(announce), presence),
            None => (None, Arc::new(Nobody)),
        };
        let config = StoreConfig {
            clock: clock.clone(),
            seed: rand::random(),
            at_least,
            announce: Arc::new(Listeners {
                keys: keys.clone(),
                alarm: alarm.clone(),
                bells: bells.clone(),
                sessions,
            }),
            on_fatal: Arc::new(end_the_process),
        };
        let store = Store::open(&data_dir.database(), config)?;
        // Before the first commit is counted: from then on a database without this file is refused.
        let standings = store.standings_at_open().iter().copied();
        let continuity = Continuity::begin(&data_dir.continuity(), store.progress().mark(), standings)?;
        let continuity = Arc::new(continuity);
        let relay = Relay::new(store.lane(), store.reads(), clock, Arc::clone(&secrets), keys, presence)
            .with_text_rules(texts)
            .with_standing_log(continuity.clone())
            .with_endpoint_rule(Arc::new(Endpoints(webhooks.clone())));
        Ok(Opened { relay, alarm, bells, secrets, webhooks, store, continuity, data_dir })
    }

    /// Opens it for a management command: nobody is connected, nobody listens.
    pub(super) fn open_alone(path: &Path) -> Result<Opened, OpenStoreError> {
        let webhooks = webhook_client(&WebhookSettings::default())?;
        Opened::open(DataDir::open(path)?, SystemClock::start(), TextRules::default(), webhooks, None)
    }

    pub(super) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// What tells webhooks of what is written in this store.
    pub(super) fn desk(&self) -> Parts {
        Parts {
            lane: self.store.lane(),
            reads: self.store.reads(),
            clock: Arc::clone(self.relay.clock()),
            secrets: Arc::clone(&self.secrets),
            client: self.webhooks.clone(),
            wall: Arc::new(WallClock),
            renderers: dialects::renderer,
            bells: self.bells.clone(),
        }
    }

    pub(super) fn incarnation(&self) -> u32 {
        self.store.incarnation()
    }

    /// How far the database has come, and where that is written down.
    pub(super) fn progress(&self) -> (Progress, Arc<Continuity>) {
        (self.store.progress(), Arc::clone(&self.continuity))
    }

    /// Commits what waits, closes the store, and only then gives the directory free. Blocks.
    pub(super) fn close(self) {
        let (progress, continuity) = self.progress();
        self.store.close();
        if let Err(error) = continuity.come_to(progress.mark()) {
            tracing::warn!(%error, "how far the database has come was not written down; the next start does it");
        }
    }
}

/// How far the database is known to have come. A hub that counted commits left a file that says so: a database without
/// it was put here by hand. Those of earlier versions counted none.
fn known_mark(data_dir: &DataDir) -> Result<Mark, OpenStoreError> {
    if let Some(record) = continuity::read(&data_dir.continuity())? {
        return Ok(record.mark);
    }
    let path = data_dir.database();
    match inspect(&path, OpenElsewhere::Ours, Depth::Glance) {
        Ok(found) if found.mark.is_some_and(|mark| mark.commits > 0) => Err(OpenError::Older { path }.into()),
        // What cannot be looked into is refused by the store, in its words.
        Ok(_) | Err(_) => Ok(Mark::default()),
    }
}

/// What posts to webhooks, by the settings.
pub(super) fn webhook_client(settings: &WebhookSettings) -> Result<Client, ClientError> {
    let allowed = settings.webhook_allow.iter().map(|entry| match entry {
        AllowedEndpoint::Host(name) => Allowed::Host(name.clone()),
        AllowedEndpoint::Below(name) => Allowed::Below(name.clone()),
        AllowedEndpoint::Network(network) => Allowed::Network(*network),
    });
    let plain_http = match settings.webhook_http {
        PlainWebhooks::Never => PlainHttp::Never,
        PlainWebhooks::Loopback => PlainHttp::Loopback,
        PlainWebhooks::Listed => PlainHttp::Listed,
    };
    let guard = Guard { allowed: allowed.collect(), plain_http };
    let roots = TlsRoots { more: settings.webhook_ca.clone() };
    Client::new(Arc::new(guard), &roots, settings.webhook_timeout)
}

/// Whom webhooks may reach, for the verbs.
struct Endpoints(Client);

impl EndpointRule for Endpoints {
    fn check<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.0.check(url).await.map_err(|refused| refused.to_string()) })
    }
}

/// Whoever listens to the lane. Dropping an effect is allowed, so nothing here waits.
struct Listeners {
    keys: KeyCache,
    alarm: Alarm,
    bells: Bells,
    sessions: Option<Arc<dyn Announce>>,
}

impl Announce for Listeners {
    fn announce(&self, effect: Effect) {
        match effect {
            Effect::KeyRevoked { .. } => self.keys.announce(effect.clone()),
            Effect::Scheduled { at } => self.alarm.ring(at),
            Effect::NoticeWaits { webhook_id } => self.bells.ring(webhook_id),
            Effect::WebhookChanged { webhook_id } => self.bells.ring_changed(webhook_id),
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
    // On a thread of its own: the store's threads go on to their ends.
    std::thread::spawn(|| {
        std::thread::sleep(LAST_WORDS);
        std::process::exit(FATAL_EXIT);
    });
}
