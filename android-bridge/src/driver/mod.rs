//! Runs phones in real time, over real sockets: what the demo, the load and the integration tests start.
//!
//! Owns the clock, the socket and the simulated world of each phone; the decisions are the engine's. One task
//! for each phone (`task`), commanded through [`PhoneHandle`] and watched through [`PhoneState`].

mod state;
mod task;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use device_protocol::{RefusalCode, Sim, Telemetry};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use uuid::Uuid;

pub use state::{Counts, PhoneState};

use crate::{
    clock::SystemClock,
    engine::{BackoffLimits, PhoneFacts, Service},
    handset::{Birth, Handset, Paired},
    journal::{Death, Doomed, FileJournal, Journal, JournalError, SharedMemoryJournal},
    pairing::{PairError, Pairing, pair},
    sim::{CarrierProfile, World, demo_sim},
    witness::{Blind, SharedWitness},
};
use task::{Order, Task};

/// Orders that may wait for a phone; a test that gives more waits for it.
const ORDERS_BOUND: usize = 1024;

/// Where a phone keeps its journal.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In a folder, durably; the pairing lies there too.
    Folder(PathBuf),
    /// In memory; the caller keeps a clone and hands it to the phone's next life.
    Memory(SharedMemoryJournal),
}

/// Who a phone is.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Not paired yet: this code pairs it, unless its folder says that it is paired already.
    Code(String),
    /// Paired; with whether that happened just now.
    Paired(Pairing, Paired),
    /// Paired in an earlier life; its folder knows.
    Stored,
}

/// A phone to be started.
#[derive(Clone)]
pub struct PhoneConfig {
    /// `http://host:port` of the hub.
    pub hub_url: String,
    /// Where the journal is.
    pub storage: Storage,
    /// Who it is.
    pub identity: Identity,
    /// Its model, for people.
    pub model: String,
    /// SIMs in it.
    pub sims: Vec<Sim>,
    /// How its carrier behaves.
    pub carrier: CarrierProfile,
    /// What its radio and carrier see goes here.
    pub witness: SharedWitness,
    /// Seed of its dice.
    pub seed: u64,
    /// Bounds of the reconnect back-off.
    pub backoff: BackoffLimits,
    /// Messages it takes before any ends.
    pub max_pending: u32,
    /// For tests: the journal step at which the phone dies, and how.
    pub die_at_journal_step: Option<(u64, Death)>,
}

impl PhoneConfig {
    /// A phone in memory with one demo SIM, to be changed where it should differ.
    pub fn in_memory(hub_url: &str, identity: Identity) -> PhoneConfig {
        PhoneConfig {
            hub_url: hub_url.into(),
            storage: Storage::Memory(SharedMemoryJournal::new()),
            identity,
            model: "Simulated phone".into(),
            sims: vec![demo_sim(0, "+15550100000")],
            carrier: CarrierProfile::default(),
            witness: Arc::new(Blind),
            seed: 1,
            backoff: BackoffLimits::default(),
            max_pending: device_protocol::limits::DEFAULT_MAX_PENDING,
            die_at_journal_step: None,
        }
    }
}

/// Why a phone does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither paired nor a code.
    #[error(
        "this phone is not paired and no code was given: make a code in the hub's console and pass it with `--code`"
    )]
    NotPaired,
    /// Pairing failed.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The hub said that this journal went back in time.
    #[error(
        "the hub refuses this phone's journal because it went back in time (a copy, or a restored folder): pair \
         again with a new code, that starts a new journal"
    )]
    JournalWentBack,
}

/// Phones.
#[derive(Debug)]
pub struct Phone;

impl Phone {
    /// Pairs the phone where it has to be, opens its journal and lets it run.
    pub async fn start(config: PhoneConfig) -> Result<PhoneHandle, StartError> {
        let (pairing, paired) = identify(&config).await?;
        let mut world = World::new(
            pairing.device_id,
            config.sims.clone(),
            config.carrier.clone(),
            config.seed,
            config.witness.clone(),
        );
        world.begin(SystemClock::new().now());
        Phone::start_in(config, pairing, paired, Arc::new(Mutex::new(world)))
    }

    /// The same, in a world that goes on: for a phone that was killed. Radio answers and broadcasts that nobody heard
    /// are lost.
    pub async fn restart(config: PhoneConfig, remains: Remains) -> Result<PhoneHandle, StartError> {
        let (pairing, paired) = (remains.pairing, Paired::Earlier);
        let now = SystemClock::new().now();
        remains.world.lock().unwrap_or_else(PoisonError::into_inner).forget_untold(now);
        Phone::start_in(config, pairing, paired, remains.world)
    }

    fn start_in(
        config: PhoneConfig,
        pairing: Pairing,
        paired: Paired,
        world: Arc<Mutex<World>>,
    ) -> Result<PhoneHandle, StartError> {
        let clock = SystemClock::new();
        let journal: Box<dyn Journal + Send> = match &config.storage {
            Storage::Folder(dir) => Box::new(FileJournal::open(dir)?),
            Storage::Memory(journal) => Box::new(journal.clone()),
        };
        let journal = Doomed::new(journal, config.die_at_journal_step);
        let birth = Birth { journal: Uuid::new_v4(), device: pairing.device_id, paired };
        let mut facts = PhoneFacts { max_pending: config.max_pending, ..PhoneFacts::default() };
        facts.os.model.clone_from(&config.model);
        let hardware = world.lock().unwrap_or_else(PoisonError::into_inner).hardware();
        let (handset, effects) = Handset::start(journal, birth, facts, hardware, clock.now())?;
        if handset.engine().book().front.retired {
            return Err(StartError::JournalWentBack);
        }
        let (orders, inbox) = mpsc::channel(ORDERS_BOUND);
        let (told, state) = watch::channel(PhoneState::new(handset.engine().book()));
        let task = Task::new(&config, clock, handset, world.clone(), pairing.token.clone(), inbox, told);
        let running = tokio::spawn(task.run(effects));
        Ok(PhoneHandle { pairing, orders, state, running, world, storage: config.storage })
    }
}

async fn identify(config: &PhoneConfig) -> Result<(Pairing, Paired), StartError> {
    let folder = match &config.storage {
        Storage::Folder(dir) => Some(dir),
        Storage::Memory(_) => None,
    };
    let stored = folder.map(|dir| Pairing::load(dir)).transpose()?.flatten();
    match (&config.identity, stored) {
        (Identity::Paired(pairing, paired), _) => Ok((pairing.clone(), *paired)),
        (Identity::Stored, Some(pairing)) => Ok((pairing, Paired::Earlier)),
        (Identity::Stored, None) => Err(StartError::NotPaired),
        (Identity::Code(code), stored) => {
            let pairing = match (pair(&config.hub_url, code, &config.model).await, stored) {
                (Ok(pairing), _) => pairing,
                // The same command a second time: the code was spent on what the folder holds.
                (Err(PairError::Refused { code: RefusalCode::CodeUsed, .. }), Some(stored)) => {
                    return Ok((stored, Paired::Earlier));
                }
                (Err(error), _) => return Err(error.into()),
            };
            if let Some(dir) = folder {
                pairing.save(dir)?;
            }
            Ok((pairing, Paired::JustNow))
        }
    }
}

/// What a killed phone leaves: the world goes on, and so does what its journal had flushed.
pub struct Remains {
    pairing: Pairing,
    world: Arc<Mutex<World>>,
}

/// A running phone. Dropping the handle ends the phone gently.
pub struct PhoneHandle {
    pairing: Pairing,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<PhoneState>,
    running: JoinHandle<()>,
    world: Arc<Mutex<World>>,
    storage: Storage,
}

impl PhoneHandle {
    /// What it was paired as.
    pub fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    /// The phone's state, to watch: `handle.state().wait_for(|phone| phone.connected)`.
    pub fn state(&self) -> watch::Receiver<PhoneState> {
        self.state.clone()
    }

    /// Drops the link, and keeps it down.
    pub async fn go_offline(&self) {
        self.order(Order::Offline).await;
    }

    /// Lets the link come back, at once.
    pub async fn go_online(&self) {
        self.order(Order::Online).await;
    }

    /// Swallows all bytes both ways without closing the socket, or stops doing so.
    pub async fn half_open(&self, swallow: bool) {
        self.order(if swallow { Order::HalfOpen } else { Order::Heal }).await;
    }

    /// Somebody sends this phone an SMS.
    pub async fn receive_sms(&self, slot: u8, from: &str, body: &str) {
        self.order(Order::ReceiveSms { slot, from: from.into(), body: body.into() }).await;
    }

    /// Another SIM goes into a slot; `None` takes it out.
    pub async fn swap_sim(&self, slot: u8, sim: Option<Sim>) {
        self.order(Order::SwapSim { slot, sim }).await;
    }

    /// Every slot gains or loses service.
    pub async fn set_service(&self, available: bool) {
        let state = if available { Service::Available } else { Service::Missing };
        self.order(Order::SetService(state)).await;
    }

    /// The system tells the app how the phone is; `radio_wait` in it counts for nothing.
    pub async fn set_health(&self, health: Telemetry) {
        self.order(Order::SetHealth(Box::new(health))).await;
    }

    /// The radio sends without ever answering, or answers again.
    pub async fn set_radio_silent(&self, silent: bool) {
        self.order(Order::SilentRadio(silent)).await;
    }

    /// Ends the phone as `kill -9` would: at whatever it does, without a further flush.
    pub async fn kill(self) -> Remains {
        self.running.abort();
        // Aborted or finished: either way it does nothing more.
        let _ended = self.running.await;
        if let Storage::Memory(journal) = &self.storage {
            journal.with(|journal| journal.crash(0));
        }
        Remains { pairing: self.pairing, world: self.world }
    }

    /// Ends the phone gently: closes the socket; everything it knew is in its journal.
    pub async fn stop(self) {
        self.order(Order::Stop).await;
        let _ended = self.running.await;
    }

    async fn order(&self, order: Order) {
        // A phone that has ended takes no orders; its state says why it ended.
        let _gone = self.orders.send(order).await;
    }
}
