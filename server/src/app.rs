//! The composition root: the only file that knows everyone. It opens the data directory and the store, puts the
//! verbs on it, starts the HTTP server, the control socket and the sweeps, and takes it all down in reverse
//! order. Nothing is decided here but the order.
//!
//! `manage` carries a management verb out wherever the store is open; its words are re-exported for the command
//! line, which goes through here and knows no other room behind it.

mod backup;
pub mod data_dir;
pub mod look;
mod manifest;
mod offline;
mod opened;
mod restore;
mod rounds;
mod site;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use relay_domain::Clock;
use relay_domain::phone_number::load_numbering_plans;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use crate::control::answer::{self, Answer, RefusedKind};
pub use crate::control::verb::{PlanNumbers, Verb};
pub use crate::dialects::docs as api_documents;
pub use crate::webhooks::ClientError;
pub use backup::{BackupError, Copied, backup};
pub use manifest::{Manifest, ManifestError};
pub use offline::{ManageError, manage, migrate};
pub use opened::OpenStoreError;
pub use restore::{DeviceNamed, HeldShown, RestoreError, RestoreMode, RestoreReport, restore};

use crate::clock::SystemClock;
use crate::config::{Config, DoorSettings, PhoneSettings, Problem};
use crate::control::socket::{ControlSocket, ListenError};
use crate::http::door::{Door, Rate, Rates};
use crate::http::pages::{Phase, PhaseCell};
use crate::http::proxies::Trusted;
use crate::http::uploads::BodyTime;
use crate::hub::{Directory, Hub, HubSettings};
use crate::relay::Relay;
use crate::relay::intake::TextRules;
use crate::sweeps::{self, SweepSettings};
use crate::webhooks::Desk;
use data_dir::DataDir;
use opened::Opened;
use site::SiteParts;

/// Connections that the kernel holds for us while a worker is busy, a whole fleet coming back among them.
const BACKLOG: i32 = 1024;
/// After the last answer, for the client's close.
const CLOSE_TIME: Duration = Duration::from_secs(1);
/// A stop ends within five seconds, whatever hangs: this much for the phones' goodbyes, and for webhooks to answer,
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// this much for requests that are being answered (whole seconds: actix counts no finer),
const ANSWER_SECONDS: u64 = 1;
/// and this much for the lane's last batch.
const CLOSE_STORE_TIME: Duration = Duration::from_secs(1);

/// Why a hub does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Setting(#[from] Problem),
    /// The port is taken.
    #[error("port {} of {} is taken by another program: stop it, or choose another address with --listen (RELAY_LISTEN)", .0.port(), .0.ip())]
    PortTaken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`: {error}; choose another address with --listen (RELAY_LISTEN)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The control socket.
    #[error(transparent)]
    Control(#[from] ListenError),
    /// The data directory, the secrets or the database.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// A task of ours died.
    #[error("the hub could not be put together: {0}")]
    Broken(String),
}

/// Starts hubs. It needs a running tokio runtime with more than one thread.
pub struct App;

/// A running hub.
pub struct RunningApp {
    addr: SocketAddr,
    hub: Hub,
    phase: PhaseCell,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    tasks: [JoinHandle<()>; 2],
    desk: Desk,
    rounds: [JoinHandle<()>; 3],
    control: ControlSocket,
    opened: Opened,
}

impl App {
    /// Starts a hub; when this answers, it serves.
    pub async fn start(config: Config) -> Result<RunningApp, StartError> {
        config.check()?;
        let data_dir = DataDir::open(&config.data.data_dir).map_err(OpenStoreError::from)?;
        // Before the store is opened: a taken port is told at once, and clients that come early wait in the backlog.
        let listener = listen(config.listen.listen)?;
        let addr = listener
            .local_addr()
            .map_err(|error| StartError::Listen { address: config.listen.listen, error })?;
        // On a thread where it keeps nobody waiting, while the store opens; it takes a tenth of a second.
        let numbers = tokio::task::spawn_blocking(load_numbering_plans);
        let clock = SystemClock::start();
        let directory = Directory::new(Arc::new(clock) as Arc<dyn Clock>);
        let opened = {
            let texts = TextRules { max_segments: config.texts.max_segments };
            let directory = Arc::clone(&directory);
            let webhooks = opened::webhook_client(&config.webhooks).map_err(OpenStoreError::from)?;
            let open =
                move || Opened::open(data_dir, clock, texts, webhooks, Some((directory.clone(), directory)));
            tokio::task::spawn_blocking(open)
                .await
                .map_err(|error| StartError::Broken(error.to_string()))??
        };
        numbers.await.map_err(|error| StartError::Broken(error.to_string()))?;
        let relay = opened.relay.clone();
        let settings = hub_settings(&config.phones);
        let hub = Hub::new(relay.clone(), directory, settings);
        let phase = PhaseCell::default();
        let proxies = config.listen.trusted();
        let trusted = Trusted::new(move |address| proxies.contains(address));
        let site = SiteParts {
            relay: relay.clone(),
            hub: hub.clone(),
            phase: phase.clone(),
            trusted,
            door: Arc::new(Door::new(rates(&config.door))),
            body_time: BodyTime(config.door.body_timeout),
            head_time: config.door.head_timeout,
            write_time: settings.write_timeout,
        };
        let server =
            site::serve(listener, site).map_err(|error| StartError::Listen { address: addr, error })?;
        let handle = server.handle();
        let serving = tokio::spawn(server);
        let control = ControlSocket::listen(opened.data_dir().socket(), relay.clone())?;
        let sweep_settings = SweepSettings {
            every: config.phones.sweep_interval,
            uncertain_after: config.phones.uncertain_after,
            away_for: config.webhooks.device_offline_after,
        };
        let sweeping = tokio::spawn(sweeps::run(relay.clone(), sweep_settings));
        let releasing = tokio::spawn(sweeps::schedule::run(relay, opened.alarm.clone()));
        let desk = Desk::start(opened.desk())
            .map_err(|error| StartError::Broken(format!("no threads for webhooks: {error}")))?;
        let (progress, continuity) = opened.progress();
        let rounds = [
            tokio::spawn(rounds::write_down(progress, continuity)),
            tokio::spawn(rounds::heal(hub.clone())),
            tokio::spawn(rounds::compare_clocks(Arc::new(clock))),
        ];
        phase.enter(Phase::Ready);
        tracing::info!(%addr, data_dir = %opened.data_dir().path().display(), "ready");
        let server = handle;
        let tasks = [sweeping, releasing];
        Ok(RunningApp { addr, hub, phase, server, serving, tasks, desk, rounds, control, opened })
    }
}

impl RunningApp {
    /// Where it listens; with port 0 in the settings, the port that it got.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        self.opened.data_dir().path()
    }

    /// Its verbs.
    pub fn relay(&self) -> &Relay {
        &self.opened.relay
    }

    /// Stops: nothing more is accepted, phones are told to come back, answers leave, what waits is committed.
    /// Within five seconds, whatever hangs; what was answered with 202 is on disk in any case.
    pub async fn stop(mut self) {
        self.phase.enter(Phase::Draining);
        self.opened.relay.stop_accepting();
        let (phones, posts) =
            tokio::join!(timeout(DRAIN_TIME, self.hub.drain()), timeout(DRAIN_TIME, self.desk.stop()));
        if phones.is_err() {
            tracing::warn!("some phones did not say goodbye; they will resume");
        }
        if posts.is_err() {
            tracing::warn!("some webhooks did not answer in time; they are told again");
        }
        let answered = timeout(Duration::from_secs(ANSWER_SECONDS) + CLOSE_TIME / 2, self.server.stop(true));
        if answered.await.is_err() {
            tracing::warn!("some requests were cut off");
            // Not waited for: it only tells the workers.
            drop(self.server.stop(false));
        }
        self.serving.abort();
        self.tasks.iter().for_each(JoinHandle::abort);
        self.rounds.iter().for_each(JoinHandle::abort);
        drop(self.desk);
        drop(self.control);
        let opened = self.opened;
        let closed = timeout(CLOSE_STORE_TIME, tokio::task::spawn_blocking(move || opened.close()));
        if closed.await.is_err() {
            tracing::warn!("the store did not close in time; its log is replayed at the next start");
        }
        tracing::info!("stopped");
    }

    /// Ends when the HTTP server dies by itself, which it should not.
    pub async fn server_died(&mut self) -> String {
        match (&mut self.serving).await {
            Ok(Ok(())) => "the HTTP server ended".to_owned(),
            Ok(Err(error)) => format!("the HTTP server failed: {error}"),
            Err(error) => format!("the HTTP server panicked: {error}"),
        }
    }
}

fn hub_settings(phones: &PhoneSettings) -> HubSettings {
    HubSettings {
        ping_interval: phones.ping_interval,
        stalled_after: phones.stalled_after,
        drain_spread: phones.drain_spread,
        write_timeout: phones.write_timeout,
        guard_segments: phones.radio_guard_segments,
        guard_window: phones.radio_guard_window,
        ..HubSettings::default()
    }
}

fn rates(door: &DoorSettings) -> Rates {
    Rates {
        key: Rate::a_second(door.key_rate, door.key_burst),
        source: Rate::a_second(door.address_rate, door.address_burst),
        wrong_keys: Rate::a_minute(door.wrong_key_rate, door.wrong_key_burst),
    }
}

fn listen(address: SocketAddr) -> Result<std::net::TcpListener, StartError> {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortTaken(address),
        _ => StartError::Listen { address, error },
    };
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)
        .map_err(refused)?;
    // A restart need not wait for the last hub's connections to be forgotten; a second hub is still refused.
    socket.set_reuse_address(true).map_err(refused)?;
    socket.bind(&address.into()).map_err(refused)?;
    socket.listen(BACKLOG).map_err(refused)?;
    Ok(socket.into())
}

/// The control socket of a data directory, for messages.
pub fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir::socket_path(data_dir)
}
