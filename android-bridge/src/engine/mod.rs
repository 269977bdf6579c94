//! The phone's engine: section 5 of the hub's design, as a function from inputs and instants to outputs.
//!
//! Owns every decision of a phone: what is written down before what, what is said to the hub, what goes to the
//! radio and when. It must not know tokio, files, clocks or dice. Flow: [`Engine::push`] takes inputs and
//! writes facts; [`Engine::finish`] then lets the phone's line move and hands out everything in strict order.
//! Several pushes before one finish share their flush: that is the group commit.
//!
//! Text that reaches the engine is a Rust string and so holds no lone surrogates. On Android a Kotlin string
//! can: the app replaces each by U+FFFD where it reads the SMS (the broadcast receiver and the inbox sweep),
//! before the text enters the engine, so that journal, digest and frame all say the same.

mod answers;
mod down;
mod guard;
mod inbound;
mod line;
mod port;
mod redial;
mod session;
mod sweep;
mod timers;
mod upload;

use std::collections::BTreeSet;

use device_protocol::{Event, EventAt, RadioWait, Settings, Sim, SimRef, Telemetry};

pub use guard::{Guard, GuardLimits};
pub use port::{CloseWhy, Hardware, InboxRow, Input, Output, PhoneFacts, Redial, Service};
pub use redial::{Backoff, BackoffLimits};

use crate::{
    book::{Book, KeptFact, LastFact},
    clock::Now,
    journal::Record,
};
use session::Session;
use sweep::Sweep;

/// Records after which a pause between sessions is used to compact.
const COMPACT_AFTER_RECORDS: usize = 2_000;
/// Records after which a session is ended to compact: bounds a journal whose session never ends.
const COMPACT_EVEN_ONLINE: usize = 50_000;
/// A quiet journal is looked through this often, so that ids do not outstay their month by much.
const PRUNE_EVERY_MS: u64 = 24 * 60 * 60 * 1000;

/// The engine of one phone.
#[derive(Debug)]
pub struct Engine {
    book: Book,
    facts: PhoneFacts,
    sims: Vec<Sim>,
    no_service: BTreeSet<u8>,
    health: Telemetry,
    guard: Guard,
    session: Option<Session>,
    sweep: Sweep,
    out: Vec<Output>,
    /// Something was appended since the last flush.
    unflushed: bool,
    /// Something was appended that must be durable before this step ends, and before anything leaves.
    flush_due: bool,
    /// The radio gave a message back: the line rests until this monotonic instant.
    paused_until_ms: u64,
    /// Messages given back in a row: the rest grows with them.
    put_backs: u32,
    /// Why the line stands still, as the last finish found it.
    radio_wait: Option<RadioWait>,
    records_since_compaction: usize,
    pruned_at: Now,
}

impl Engine {
    /// The engine of a phone that starts: `book` is what its journal adds up to, `records` how many those were.
    pub fn new(book: Book, records: usize, facts: PhoneFacts, hardware: Hardware, now: Now) -> Engine {
        let guard = Guard::restore(&book.front.window, now);
        Engine {
            book,
            facts,
            sims: inbound::bounded_sims(hardware.sims),
            no_service: hardware.no_service,
            health: Telemetry::default(),
            guard,
            session: None,
            sweep: Sweep::default(),
            out: Vec::new(),
            unflushed: false,
            flush_due: false,
            paused_until_ms: 0,
            put_backs: 0,
            radio_wait: None,
            records_since_compaction: records,
            pruned_at: now,
        }
    }

    /// The first step of a process: what the last one left at the radio is uncertain, and the inventory is
    /// what it is now.
    pub fn start(&mut self, now: Now) -> Vec<Output> {
        self.give_up_on_the_last_process(now);
        let sims = self.sims.clone();
        if self.book.front.sims.as_ref().is_some_and(|known| *known != sims) {
            self.journal_inventory(now);
        }
        self.compact_if_due(now);
        self.finish(now)
    }

    /// Takes one input; what follows from it waits for [`Engine::finish`].
    pub fn push(&mut self, input: Input, now: Now) {
        match input {
            Input::Connected => self.connected(now),
            Input::Frame(text) => self.frame(&text, now),
            Input::Alive => self.alive(now),
            Input::Disconnected { code } => self.disconnected(code, now),
            Input::RadioAnswer { id, attempt, part, answer } => {
                self.radio_answer(id, attempt, part, answer, now)
            }
            Input::Receipt { id, part, receipt } => self.receipt(id, part, receipt, now),
            Input::SmsReceived { slot, sim, from, body, parts, smsc_at_ms } => {
                let received_wall_ms = now.wall_ms;
                self.sms_received(
                    InboxRow { slot, sim, from, body, parts, smsc_at_ms, received_wall_ms },
                    now,
                );
            }
            Input::InboxChanged => self.inbox_changed(now),
            Input::Inbox(rows) => self.inbox_read(rows, now),
            Input::Sims(sims) => self.sims_changed(sims, now),
            Input::Service { slot, state } => self.service(slot, state),
            Input::Health(telemetry) => self.health_told(telemetry),
            Input::Tick => {}
        }
    }

    /// Lets everything move that can, and hands out the outputs since the last finish, in strict order.
    pub fn finish(&mut self, now: Now) -> Vec<Output> {
        self.radio_timeouts(now);
        let ready = self.walk_the_line(now);
        self.flush_if_due();
        self.speak(now);
        self.submit(ready, now);
        self.flush_if_due();
        self.sweep_if_due(now);
        std::mem::take(&mut self.out)
    }

    /// What the journal adds up to, everything handed out so far included.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Whether a session is open and welcomed.
    pub fn welcomed(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.welcomed)
    }

    /// Why messages wait although the phone has them; `None` while the line moves or is empty.
    pub fn radio_wait(&self) -> Option<RadioWait> {
        self.radio_wait
    }

    fn settings(&self) -> &Settings {
        &self.book.front.settings
    }

    fn sim_in(&self, slot: u8) -> Option<SimRef> {
        self.sims.iter().find(|sim| sim.slot == slot).map(Sim::reference)
    }

    /// Writes a record and takes it in: the book never runs ahead of, or behind, what was appended.
    fn record(&mut self, record: Record) {
        self.unflushed = true;
        self.records_since_compaction += 1;
        self.book.apply(record.clone());
        self.out.push(Output::Append(Box::new(record)));
    }

    /// The same, for what must be durable before this step ends.
    fn record_durably(&mut self, record: Record) {
        self.record(record);
        self.flush_due = true;
    }

    fn fact(&mut self, event: Event, at: Now, accepted: Option<Now>) {
        let number = self.book.front.head + 1;
        let (repeated, older_by_ms) = (None, 0);
        self.record_durably(Record::Fact(KeptFact { number, at, accepted, repeated, older_by_ms, event }));
    }

    /// The same for what happened long before anybody noticed.
    fn fact_of_old(&mut self, event: Event, at: Now, older_by_ms: u64) {
        let number = self.book.front.head + 1;
        let (accepted, repeated) = (None, None);
        self.record_durably(Record::Fact(KeptFact { number, at, accepted, repeated, older_by_ms, event }));
    }

    /// Journals a message's last fact once more, as a new event of the same instant.
    fn repeat(&mut self, last: LastFact, now: Now) {
        let LastFact { at, accepted, event, .. } = last;
        let number = self.book.front.head + 1;
        let (repeated, older_by_ms) = (Some(now), 0);
        self.record_durably(Record::Fact(KeptFact { number, at, accepted, repeated, older_by_ms, event }));
    }

    fn flush_if_due(&mut self) {
        if self.flush_due {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flush_due = false;
        if std::mem::take(&mut self.unflushed) {
            self.out.push(Output::Flush);
        }
    }

    /// Prunes and compacts where that is worth it. Only between sessions: a hello describes one journal.
    fn compact_if_due(&mut self, now: Now) {
        if self.session.is_some() {
            return;
        }
        let long_ago = now.since(self.pruned_at).is_some_and(|age| age > PRUNE_EVERY_MS);
        if self.records_since_compaction >= COMPACT_AFTER_RECORDS
            || self.book.has_old_facts(now)
            || (long_ago && self.book.remembers_anything())
        {
            self.book.prune(now);
            if self.sweep.seen {
                self.book.prune_marks(now);
            }
            self.pruned_at = now;
            self.out.push(Output::Compact(self.book.snapshot()));
            self.records_since_compaction = 0;
            // The snapshot says everything that was appended.
            self.unflushed = false;
            self.flush_due = false;
        }
    }
}

/// An event's time at the moment it is written down; its age is filled in whenever it is framed.
fn at(now: Now) -> EventAt {
    EventAt { wall_ms: now.wall_ms, age_ms: None }
}
