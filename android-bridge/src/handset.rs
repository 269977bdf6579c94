//! One phone: an engine and its journal, joined so that nothing leaves before what it rests on is durable.
//!
//! Carries out `Append`, `Flush` and `Compact` itself and hands out the rest as [`Effect`]s, in order. Still
//! without clock, socket or radio: the driver runs it in real time, a simulation in virtual time.

use device_protocol::event::Inbound;
use uuid::Uuid;

use crate::{
    book::{Book, Front},
    clock::Now,
    engine::{CloseWhy, Engine, Hardware, Input, Output, PhoneFacts, Redial},
    journal::{Journal, JournalError, Record},
    radio::Submission,
};

/// What a phone asks of the world; everything that it rests on is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send this text frame.
    SendFrame(String),
    /// Send a WebSocket ping.
    Ping,
    /// Hand this to the radio.
    Submit(Submission),
    /// Close the socket.
    Close(CloseWhy),
    /// What to do about the next session.
    Redial(Redial),
    /// Read the system's inbox, and answer with `Input::Inbox`.
    SweepInbox,
    /// This SMS is durable on the phone: from here on it is a promise.
    InboundKept(Box<Inbound>),
}

/// Who a phone is, for a journal that is yet to be born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// Id of the journal, if this has to be its first day.
    pub journal: Uuid,
    /// The device it is paired as.
    pub device: Uuid,
    /// When it was paired.
    pub paired: Paired,
}

/// Whether this start follows a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paired {
    /// Just now, with a new code.
    JustNow,
    /// In an earlier life.
    Earlier,
}

/// The phone.
#[derive(Debug)]
pub struct Handset<J> {
    engine: Engine,
    journal: J,
    /// Inbound SMS appended and not yet flushed.
    unkept: Vec<Inbound>,
}

impl<J: Journal> Handset<J> {
    /// Starts a phone on its journal. A new pairing starts a new journal where the old one is another device's
    /// or went back in time; else the journal goes on.
    pub fn start(
        mut journal: J,
        birth: Birth,
        facts: PhoneFacts,
        hardware: Hardware,
        now: Now,
    ) -> Result<(Handset<J>, Vec<Effect>), JournalError> {
        let records = journal.load()?;
        let count = records.len();
        let goes_on = |front: &Front| {
            front.device == birth.device && !(front.retired && birth.paired == Paired::JustNow)
        };
        let kept = Book::replay(records).filter(|book| goes_on(&book.front));
        let book = match kept {
            Some(book) => book,
            None => {
                let Birth { journal: id, device, .. } = birth;
                journal.compact(&[Record::Born { journal: id, device }])?;
                Book::new(id, device)
            }
        };
        let mut engine = Engine::new(book, count, facts, hardware, now);
        let outputs = engine.start(now);
        let mut handset = Handset { engine, journal, unkept: Vec::new() };
        let effects = handset.carry_out(outputs)?;
        Ok((handset, effects))
    }

    /// One input.
    pub fn step(&mut self, input: Input, now: Now) -> Result<Vec<Effect>, JournalError> {
        self.steps([input], now)
    }

    /// Several inputs that share their flush.
    pub fn steps(
        &mut self,
        inputs: impl IntoIterator<Item = Input>,
        now: Now,
    ) -> Result<Vec<Effect>, JournalError> {
        for input in inputs {
            self.engine.push(input, now);
        }
        let outputs = self.engine.finish(now);
        self.carry_out(outputs)
    }

    /// When to ask with `Input::Tick`, on the monotonic clock.
    pub fn wakes_at_ms(&mut self, now: Now) -> Option<u64> {
        self.engine.wakes_at_ms(now)
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The journal, to look at.
    pub fn journal(&self) -> &J {
        &self.journal
    }

    /// The phone dies; what is left is its journal.
    pub fn into_journal(self) -> J {
        self.journal
    }

    fn carry_out(&mut self, outputs: Vec<Output>) -> Result<Vec<Effect>, JournalError> {
        let mut effects = Vec::with_capacity(outputs.len());
        for output in outputs {
            match output {
                Output::Append(record) => {
                    self.journal.append(&record)?;
                    self.unkept.extend(record.inbound().cloned());
                }
                Output::Flush => {
                    self.journal.flush()?;
                    self.kept(&mut effects);
                }
                Output::Compact(records) => {
                    self.journal.compact(&records)?;
                    self.kept(&mut effects);
                }
                Output::SendFrame(text) => effects.push(Effect::SendFrame(text)),
                Output::Ping => effects.push(Effect::Ping),
                Output::SweepInbox => effects.push(Effect::SweepInbox),
                Output::Submit(submission) => effects.push(Effect::Submit(submission)),
                Output::Close(why) => effects.push(Effect::Close(why)),
                Output::Redial(redial) => effects.push(Effect::Redial(redial)),
            }
        }
        Ok(effects)
    }

    fn kept(&mut self, effects: &mut Vec<Effect>) {
        effects.extend(self.unkept.drain(..).map(|inbound| Effect::InboundKept(Box::new(inbound))));
    }
}
