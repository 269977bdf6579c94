//! The hub's side: one real writer, real session states, and the lane's asynchrony played by the dice.
//!
//! A change that a session asks for is committed some milliseconds later, and its verdict arrives some more
//! milliseconds after that: the hub may die in between, which is exactly what a crash test is about.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use relay_domain::{Clock, DeviceId};
use relay_hub::hub::HubSettings;
use relay_hub::hub::session::{End, Identity, Input, Mail, Output, Session};
use relay_store::changes::{CloseSession, RestoreHub, RestoreVerdict, Standing};
use relay_store::queries::{EpochsOf, OpenCommands, Standings, TokenStateOf};
use relay_store::{Change, CommitError, Durability, Effect, Mark, OpenError, Query, Writer};

use super::desk::{Answered, Desk, Post};
use super::time::{HubClock, VirtualClock};

/// What travels on a link.
#[derive(Debug, Clone)]
pub enum Wire {
    Text(String),
    Ping,
    Pong,
    /// A close frame with its code.
    Close(u16),
}

/// What the hub writes to a link.
pub struct Spoken {
    pub connection: u64,
    pub wire: Wire,
}

/// One socket as the hub sees it.
struct Connection {
    session: Session,
    device_id: DeviceId,
    generation: u32,
    /// Changes of this connection wait until they are released: a slow task.
    held: bool,
}

pub enum Due {
    /// The session asked for this.
    Work(u64, Output),
    /// The store has answered.
    Answer(u64, Box<dyn FnOnce() -> Input<'static>>),
    /// A hint.
    Mail(u64, Mail),
    /// The end of a session.
    Close(CloseSession),
    /// A post reaches its receiver.
    Post(Post),
    /// What came of a post.
    Answered(Post, Answered),
}

/// The hub.
pub struct SimHub {
    pub clock: HubClock,
    dir: PathBuf,
    /// What the file beside the database knows: how far it has come, and how devices stand.
    pub side: SideFile,
    /// `None` while the hub is down.
    writer: Option<Writer>,
    connections: HashMap<u64, Connection>,
    directory: HashMap<DeviceId, u64>,
    next_connection: u64,
    pub due: BTreeMap<(u64, u64), Due>,
    planned: u64,
    pub dice: StdRng,
    spoken: Vec<Spoken>,
    pub desk: Desk,
    /// Counts for the report: what the random walk really did.
    pub crashes: u64,
    pub healed: u64,
}

/// What lies beside the database and is not copied with it.
#[derive(Debug, Clone, Default)]
pub struct SideFile {
    pub mark: Mark,
    pub standings: BTreeMap<DeviceId, Standing>,
}

/// Connections are told apart over all nodes.
const CONNECTIONS_A_NODE: u64 = 1_000_000;

impl SimHub {
    pub fn new(dir: &Path, clock: VirtualClock, seed: u64) -> SimHub {
        SimHub::node(dir, HubClock::new(clock), seed, 0, SideFile::default())
    }

    /// A node that shares the database with others. It starts.
    pub fn node(dir: &Path, clock: HubClock, seed: u64, node: u64, side: SideFile) -> SimHub {
        let mut hub = SimHub {
            clock,
            dir: dir.to_owned(),
            side,
            writer: None,
            connections: HashMap::new(),
            directory: HashMap::new(),
            next_connection: node * CONNECTIONS_A_NODE,
            due: BTreeMap::new(),
            planned: 0,
            dice: StdRng::seed_from_u64(seed),
            spoken: Vec::new(),
            desk: Desk::default(),
            crashes: 0,
            healed: 0,
        };
        hub.start();
        hub
    }

    /// Opens the database as a starting process does.
    pub fn start(&mut self) {
        let seed = self.dice.random();
        let clock = Arc::new(self.clock.clone());
        let opened =
            Writer::open_not_before(&self.database(), Durability::Simulated, clock, seed, self.side.mark);
        self.writer = Some(opened.unwrap());
        self.start_workers();
    }

    /// Whether a start is refused, because the files are older than they were.
    pub fn refuses_to_start(&mut self) -> bool {
        let clock = Arc::new(self.clock.clone());
        let opened =
            Writer::open_not_before(&self.database(), Durability::Simulated, clock, 0, self.side.mark);
        matches!(opened, Err(OpenError::Older { .. }))
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join("relay.db")
    }

    /// Restores the hub from the files that are there: a new incarnation, before anybody connects.
    pub fn restore(&mut self) -> RestoreVerdict {
        self.crash();
        let (seed, clock) = (self.dice.random(), Arc::new(self.clock.clone()));
        let mut writer = Writer::open(&self.database(), Durability::Simulated, clock, seed).unwrap();
        let incarnation = self.side.mark.incarnation.max(writer.mark().incarnation) + 1;
        let standings = self.side.standings.values().copied().collect();
        let restored = writer.commit_one(RestoreHub { incarnation, standings }).0.unwrap();
        drop(writer);
        self.side.mark = Mark { incarnation, commits: 0 };
        self.start();
        restored
    }

    /// Writes down how a device stands, as the verbs do before they answer.
    pub fn note_standing(&mut self, device_id: DeviceId) {
        for standing in self.ask(Standings { device_id: Some(device_id) }).unwrap_or_default() {
            self.side.standings.insert(device_id, standing);
        }
    }

    /// The healing poll: ends the sessions that the rows have left behind.
    pub fn heal(&mut self) {
        let open: Vec<(u64, DeviceId, u64)> = self
            .connections
            .iter()
            .filter_map(|(connection, entry)| Some((*connection, entry.device_id, entry.session.epoch()?)))
            .collect();
        let devices = open.iter().map(|(_, device, _)| *device).collect();
        let Some(epochs) = self.ask(EpochsOf(devices)) else { return };
        for (connection, device, epoch) in open {
            if epochs.iter().any(|(of, now)| *of == device && *now > epoch) {
                self.healed += 1;
                self.plan(Due::Mail(connection, Mail { end: Some(End::Fenced), ..Mail::default() }));
            }
        }
    }

    /// The node's process is frozen while its sockets die; when it wakes it goes on with what it had in its hands.
    pub fn lose_sockets(&mut self) {
        self.stop_workers();
        for post in self.posts_under_way() {
            self.answer(post, Some(Err("connection reset".to_owned())));
        }
        let connections: Vec<u64> = self.connections.keys().copied().collect();
        connections.into_iter().for_each(|connection| self.vanish(connection));
    }

    /// Whether it has nothing left in its hands.
    pub fn is_idle(&self) -> bool {
        self.due.is_empty() && self.connections.is_empty()
    }

    /// What the file beside the database says by now.
    pub fn side_file(&self) -> SideFile {
        let mark = self.writer.as_ref().map_or(self.side.mark, Writer::mark).max(self.side.mark);
        SideFile { mark, ..self.side.clone() }
    }

    /// Its files were exchanged: what it had open is gone.
    pub fn drop_writer(&mut self) {
        self.writer = None;
    }

    /// Lends the writer to, or takes it back from, a node that woke on files that were exchanged under it.
    pub fn swap_writer(&mut self, other: &mut SimHub) {
        std::mem::swap(&mut self.writer, &mut other.writer);
    }

    /// Dies: what was committed stays, everything else is gone.
    pub fn crash(&mut self) {
        self.crashes += 1;
        self.side = self.side_file();
        self.writer = None;
        self.connections.clear();
        self.directory.clear();
        self.due.clear();
        self.spoken.clear();
        self.stop_workers();
    }

    pub fn is_up(&self) -> bool {
        self.writer.is_some()
    }

    /// Commits a change of the API or of an operator at once.
    pub fn commit<C: Change>(&mut self, change: C) -> Result<C::Verdict, CommitError> {
        let Some(writer) = &mut self.writer else { return Err(CommitError::Closed) };
        let (verdict, effects) = writer.commit_one(change);
        effects.into_iter().for_each(|effect| self.announce(effect));
        verdict
    }

    pub fn ask<Q: Query>(&mut self, question: Q) -> Option<Q::Answer> {
        self.writer.as_mut().map(|writer| writer.ask(question).unwrap())
    }

    /// An upgrade with this token; the connection, or a refusal that the phone takes for final.
    pub fn connect(&mut self, device_id: DeviceId, generation: u32) -> Result<u64, Refused> {
        let state = self.ask(TokenStateOf(device_id)).ok_or(Refused::Down)?;
        if !state.is_some_and(|state| state.paired && state.generation == generation) {
            return Err(Refused::Token);
        }
        self.next_connection += 1;
        let connection = self.next_connection;
        let identity = Identity { device_id, generation, connection };
        let session = Session::new(identity, HubSettings::default(), self.clock.now());
        self.connections.insert(connection, Connection { session, device_id, generation, held: false });
        if let Some(before) = self.directory.insert(device_id, connection) {
            let mail = Mail { end: Some(End::Replaced), ..Mail::default() };
            self.plan(Due::Mail(before, mail));
        }
        Ok(connection)
    }

    /// Holds a connection's changes back, or lets them go: a task that the scheduler forgot.
    pub fn hold(&mut self, connection: u64, held: bool) {
        if let Some(entry) = self.connections.get_mut(&connection) {
            entry.held = held;
        }
    }

    /// The connection whose session the store has opened for this device.
    pub fn open_connection(&self, device_id: DeviceId) -> Option<u64> {
        let connection = self.directory.get(&device_id)?;
        self.connections.get(connection)?.session.epoch().map(|_| *connection)
    }

    /// Something arrived from the phone.
    pub fn hear(&mut self, connection: u64, wire: &Wire) {
        match wire {
            Wire::Text(text) => self.step(connection, Input::Text(text)),
            Wire::Ping => {
                self.say(connection, Wire::Pong);
                self.step(connection, Input::Heartbeat);
            }
            Wire::Pong => self.step(connection, Input::Answered),
            Wire::Close(_) => self.vanish(connection),
        }
    }

    /// The socket is gone.
    pub fn vanish(&mut self, connection: u64) {
        // A held task has not come to see that its socket is gone.
        if self.connections.get(&connection).is_some_and(|entry| entry.held) {
            return;
        }
        let Some(gone) = self.connections.remove(&connection) else { return };
        if self.directory.get(&gone.device_id) == Some(&connection) {
            self.directory.remove(&gone.device_id);
        }
        if let Some(epoch) = gone.session.epoch() {
            let last_seen_at = gone.session.last_frame_at();
            self.plan(Due::Close(CloseSession { device_id: gone.device_id, epoch, last_seen_at }));
        }
    }

    /// When something is to be done.
    pub fn next_due_ms(&self) -> Option<u64> {
        let planned = self.due.iter().find(|(_, due)| !self.is_held(due)).map(|((at, _), _)| *at);
        let free = self.connections.values().filter(|entry| !entry.held);
        let ticks = free.map(|entry| self.clock.ms_of(entry.session.next_tick()));
        ticks.chain(planned).chain(self.next_look_ms()).min()
    }

    /// Does what is due, and hands out what was written to links.
    pub fn run(&mut self) -> Vec<Spoken> {
        let now = self.clock.elapsed_ms();
        let ready: Vec<(u64, u64)> = self.due.range(..=(now, u64::MAX)).map(|(key, _)| *key).collect();
        for key in ready {
            let free = self.due.get(&key).is_some_and(|due| !self.is_held(due));
            if free && let Some(due) = self.due.remove(&key) {
                self.perform(due);
            }
        }
        let mut ticking: Vec<u64> = self
            .connections
            .iter()
            .filter(|(_, entry)| !entry.held && self.clock.ms_of(entry.session.next_tick()) <= now)
            .map(|(connection, _)| *connection)
            .collect();
        ticking.sort_unstable();
        ticking.into_iter().for_each(|connection| self.step(connection, Input::Tick));
        self.look();
        std::mem::take(&mut self.spoken)
    }

    fn is_held(&self, due: &Due) -> bool {
        match due {
            Due::Work(of, _) | Due::Answer(of, _) | Due::Mail(of, _) => {
                self.connections.get(of).is_some_and(|entry| entry.held)
            }
            Due::Close(_) | Due::Post(_) | Due::Answered(..) => false,
        }
    }

    fn perform(&mut self, due: Due) {
        match due {
            Due::Work(connection, output) => self.work(connection, output),
            Due::Answer(connection, input) => self.step(connection, input()),
            Due::Mail(connection, mail) => self.step(connection, Input::Mail(mail)),
            Due::Close(change) => {
                let _late = self.commit(change);
            }
            Due::Post(post) => self.desk.posted.push(post),
            Due::Answered(post, answered) => self.record(&post, answered),
        }
    }

    fn step(&mut self, connection: u64, input: Input<'_>) {
        let now = self.clock.now();
        let Some(entry) = self.connections.get_mut(&connection) else { return };
        for output in entry.session.step(input, now) {
            match output {
                Output::Text(text) => self.say(connection, Wire::Text(text)),
                Output::Ping => self.say(connection, Wire::Ping),
                Output::Close(code) => {
                    self.say(connection, Wire::Close(code.code()));
                    self.hold(connection, false);
                    self.vanish(connection);
                }
                Output::Telemetry(_) | Output::Attend(_) => {}
                work => self.plan(Due::Work(connection, work)),
            }
        }
    }

    fn say(&mut self, connection: u64, wire: Wire) {
        self.spoken.push(Spoken { connection, wire });
    }

    /// Commits or reads, and plans the answer.
    fn work(&mut self, connection: u64, output: Output) {
        let answer: Box<dyn FnOnce() -> Input<'static>> = match output {
            Output::Open(change) => {
                let verdict = self.commit(*change);
                Box::new(move || Input::Opened(verdict))
            }
            Output::Record(change) => {
                let verdict = self.commit(change);
                Box::new(move || Input::Recorded(verdict))
            }
            Output::Next(change) => {
                let verdict = self.commit(change);
                Box::new(move || Input::Next(verdict))
            }
            Output::SetStalled(change) => {
                let verdict = self.commit(change);
                Box::new(move || Input::StalledSet(verdict))
            }
            Output::Finish(change) => {
                let _stored = self.commit(change);
                return;
            }
            Output::ReadFrames(question) => {
                let Some(frames) = self.ask(question) else { return };
                Box::new(move || Input::Frames(Ok(frames)))
            }
            Output::ReadCommands => {
                let Some(entry) = self.connections.get(&connection) else { return };
                let question = OpenCommands { device_id: entry.device_id, now: self.clock.now() };
                let Some(commands) = self.ask(question) else { return };
                Box::new(move || Input::Commands(Ok(commands)))
            }
            Output::Text(_) | Output::Ping | Output::Telemetry(_) | Output::Attend(_) | Output::Close(_) => {
                return;
            }
        };
        self.plan(Due::Answer(connection, answer));
    }

    fn announce(&mut self, effect: Effect) {
        let mut mail = Mail::default();
        let device_id = match effect {
            Effect::Dispatched { device_id, row } => {
                mail.rows.push_back(*row);
                device_id
            }
            Effect::Wake { device_id } => {
                mail.wake = true;
                device_id
            }
            Effect::CommandWaits { device_id } => {
                mail.command = true;
                device_id
            }
            Effect::EndSession { device_id, generation, why } => {
                let old =
                    |connection| self.connections.get(connection).is_some_and(|c| c.generation < generation);
                if !self.directory.get(&device_id).is_some_and(old) {
                    return;
                }
                mail.end = Some(End::TokenDied(why));
                device_id
            }
            Effect::Reconnect { device_id } => {
                mail.end = Some(End::HelloAgain);
                device_id
            }
            Effect::NoticeWaits { webhook_id } => return self.wake(webhook_id),
            Effect::WebhookChanged { webhook_id } => return self.wake_changed(webhook_id),
            // Nobody sleeps here: schedules are looked at with the sweeps.
            Effect::KeyRevoked { .. } | Effect::Scheduled { .. } => return,
        };
        if let Some(connection) = self.directory.get(&device_id) {
            self.plan(Due::Mail(*connection, mail));
        }
    }

    pub fn plan(&mut self, due: Due) {
        // Now and then the disk or the scheduler takes its time: long enough for a frame to cross a link.
        let slow = self.dice.random_bool(0.05);
        let delay = self.dice.random_range(if slow { 0..=400 } else { 0..=12 });
        self.plan_in_ms(delay, due);
    }

    pub fn plan_in_ms(&mut self, delay: u64, due: Due) {
        self.planned += 1;
        self.due.insert((self.clock.elapsed_ms() + delay, self.planned), due);
    }
}

/// Why a connection attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody listens.
    Down,
    /// The token is dead.
    Token,
}
