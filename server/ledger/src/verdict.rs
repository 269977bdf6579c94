//! What the judge says: counts, violations, and a short report of both. Judgements fill it, people and tests
//! read it.

use std::fmt;

/// A report names this many violations one by one; the list itself holds all of them.
const SHOWN: usize = 40;

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // members are named for what they are; each variant says the rest
pub enum Violation {
    /// A 202 that the hub does not know of afterwards.
    #[error("message `{id}` was accepted and lost")]
    Lost { id: String },
    /// Two 202s of one id that disagree on device or recipient.
    #[error("message `{id}` was accepted twice, differently")]
    AcceptedDifferently { id: String },
    /// With [`crate::Options::strict`]: a message that no client was told of.
    #[error("message `{id}` was never accepted")]
    NeverAccepted { id: String },
    /// The radio was touched again without having put the message back.
    #[error("message `{id}` was submitted again on phone `{phone}`")]
    SentTwice { id: String, phone: String },
    /// A submit to another number than was accepted.
    #[error("message `{id}` was submitted to another recipient")]
    WrongRecipient { id: String },
    /// A submit on a phone of another device than was accepted.
    #[error("message `{id}` of device `{device}` was submitted on phone `{phone}`")]
    WrongDevice { id: String, device: String, phone: String },
    /// Submits on two phones.
    #[error("message `{id}` was submitted on two phones")]
    TwoPhones { id: String },
    /// Submits from two journals.
    #[error("message `{id}` was submitted from two journals")]
    TwoJournals { id: String },
    /// A radio answered what it was never asked.
    #[error("the radio answered for message `{id}` without a submit")]
    AnswerWithoutSubmit { id: String },
    /// A later read shows a lower state.
    #[error("message `{id}` fell from {from} to {to}")]
    StateFell { id: String, from: &'static str, to: &'static str },
    /// A message is dispatched once in its life.
    #[error("message `{id}` shows two instants of dispatch")]
    DispatchMoved { id: String },
    /// Finally DELIVERED, and the carrier did not deliver it.
    #[error("message `{id}` is shown DELIVERED and was not")]
    NotDelivered { id: String },
    /// Finally SENT, and the radio did not take it.
    #[error("message `{id}` is shown SENT and was not")]
    NotSent { id: String },
    /// Finally FAILED at a stage that what happened rules out.
    #[error("message `{id}` is shown {state} and was not")]
    NotFailed { id: String, state: &'static str },
    /// Still on its way after everything was said to be settled.
    #[error("message `{id}` is still {state} after all settled")]
    Pending { id: String, state: &'static str },
    /// A promised inbound message is missing.
    #[error("{missing} of {promised} inbound from `{from}` on device `{device}` lost: {body:?}")]
    InboundLost { device: String, from: String, body: String, promised: u64, missing: u64 },
    /// An inbound message is stored more often than it arrived.
    #[error("inbound from `{from}` on device `{device}` stored {stored} times, arrived {arrived}: {body:?}")]
    InboundDoubled { device: String, from: String, body: String, arrived: u64, stored: u64 },
    /// An inbound message that never arrived.
    #[error("inbound from `{from}` on device `{device}` never arrived: {body:?}")]
    InboundInvented { device: String, from: String, body: String },
    /// A dispatch that the plan's bucket had no token for.
    #[error("device `{device}` dispatched without a token at {at_ns} ns")]
    BucketOverrun { device: String, at_ns: i64 },
    /// A webhook was not told how a message ended.
    #[error("webhook `{webhook}` was never told `{event}` of message `{id}`")]
    NotTold { webhook: String, event: &'static str, id: String },
    /// A webhook was told of more or fewer texts than are stored.
    #[error("webhook `{webhook}` was told of {told} texts, stored are {stored}")]
    TextsNotTold { webhook: String, told: u64, stored: u64 },
    /// One event with two bodies.
    #[error("webhook `{webhook}` was told event `{event_id}` twice, differently")]
    RetoldDifferently { webhook: String, event_id: String },
    /// Two events for one step.
    #[error("webhook `{webhook}` was told `{event}` of message `{id}` as two events")]
    ToldTwice { webhook: String, event: String, id: String },
    /// An earlier step that arrived for the first time after a later one.
    #[error("webhook `{webhook}` was told `{event}` of message `{id}` after a later step")]
    ToldOutOfOrder { webhook: String, event: String, id: String },
    /// An event that it did not subscribe to.
    #[error("webhook `{webhook}` was told `{event}`, which it did not ask for")]
    ToldUnasked { webhook: String, event: String },
    /// Told as delivered, and finally something else.
    #[error("webhook `{webhook}` was told that message `{id}` was delivered, and it was not")]
    ToldUntruth { webhook: String, id: String },
    /// A line that is no log line.
    #[error("`{source_name}` line {line} is malformed: {problem}")]
    Malformed { source_name: String, line: u64, problem: String },
}

/// What was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Log lines read.
    pub lines: u64,
    /// Torn last lines, tolerated.
    pub torn: u64,
    /// Distinct messages with a 202.
    pub accepted: u64,
    /// Distinct messages without a 202 that was seen: the hub may have died before it left.
    pub unconfirmed: u64,
    /// Accepted messages that a restore of the hub took away.
    pub forgotten: u64,
    /// Submits to radios.
    pub submits: u64,
    /// Messages finally DELIVERED.
    pub delivered: u64,
    /// Messages finally SENT.
    pub sent: u64,
    /// Messages finally FAILED.
    pub failed: u64,
    /// Messages finally uncertain.
    pub uncertain: u64,
    /// Messages finally QUEUED, or DISPATCHED and not uncertain.
    pub pending: u64,
    /// Instants of dispatch judged against a plan.
    pub dispatches: u64,
    /// Inbound messages promised.
    pub inbound_promised: u64,
    /// Inbound messages in the hub's list.
    pub inbound_stored: u64,
    /// Promised inbound messages that a wiped journal took with it.
    pub inbound_excused: u64,
    /// Events that webhooks were told.
    pub told: u64,
    /// Posts that told one again.
    pub told_again: u64,
}

/// The judgement of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Verdict {
    /// What was judged.
    pub counts: Counts,
    /// What was broken, in no order that means anything.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// Whether nothing was broken.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.counts;
        writeln!(f, "read      {} lines, {} torn", c.lines, c.torn)?;
        let forgotten = match c.forgotten {
            0 => String::new(),
            some => format!("{some} forgotten by a restore, "),
        };
        writeln!(
            f,
            "outbound  {} accepted, {} unconfirmed, {forgotten}{} submits",
            c.accepted, c.unconfirmed, c.submits
        )?;
        writeln!(
            f,
            "finally   {} delivered, {} sent, {} failed, {} uncertain, {} pending",
            c.delivered, c.sent, c.failed, c.uncertain, c.pending
        )?;
        writeln!(f, "bucket    {} dispatches", c.dispatches)?;
        writeln!(
            f,
            "inbound   {} promised, {} stored, {} excused",
            c.inbound_promised, c.inbound_stored, c.inbound_excused
        )?;
        if c.told > 0 {
            writeln!(f, "webhooks  {} events told, {} told again", c.told, c.told_again)?;
        }
        for violation in self.violations.iter().take(SHOWN) {
            writeln!(f, "- {violation}")?;
        }
        if let Some(more) = self.violations.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            writeln!(f, "- and {more} more")?;
        }
        match self.violations.len() {
            0 => write!(f, "ledger: clean"),
            n => write!(f, "ledger: {n} violations"),
        }
    }
}
