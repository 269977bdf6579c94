//! The state of an outbound message: the maximum of the facts seen, not an arrow.
//!
//! Any permutation or repetition of the same facts ends in the same state, so reports may come late, twice and
//! out of order, and a later truth always wins over an earlier guess.

use crate::Timestamp;

/// How far a message has come. The order is the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Rank {
    /// Waits in the hub.
    Queued = 0,
    /// Bound to a phone's journal.
    Dispatched = 1,
    /// Given up: nobody ever told what came of it.
    FailedUnknown = 2,
    /// Its deadline passed.
    Expired = 3,
    /// Canceled.
    Canceled = 4,
    /// The radio took it.
    Sent = 5,
    /// Failed in the hub.
    FailedHub = 6,
    /// Failed at the radio.
    FailedRadio = 7,
    /// Failed by the carrier's receipt.
    FailedReceipt = 8,
    /// Delivered by the carrier's receipt.
    Delivered = 9,
}

impl Rank {
    /// Every rank, lowest first.
    pub const ALL: [Rank; 10] = [
        Rank::Queued,
        Rank::Dispatched,
        Rank::FailedUnknown,
        Rank::Expired,
        Rank::Canceled,
        Rank::Sent,
        Rank::FailedHub,
        Rank::FailedRadio,
        Rank::FailedReceipt,
        Rank::Delivered,
    ];

    /// The number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The rank with this number.
    pub fn from_number(number: i16) -> Option<Rank> {
        usize::try_from(number).ok().and_then(|index| Rank::ALL.get(index)).copied()
    }

    /// Whether the message failed, for whatever reason.
    pub fn is_failure(self) -> bool {
        !matches!(self, Rank::Queued | Rank::Dispatched | Rank::Sent | Rank::Delivered)
    }
}

/// What a program should think of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Nothing was sent; the same text may pass later.
    Retryable,
    /// The phone or the carrier wants fewer messages.
    Throttled,
    /// It will fail again.
    Permanent,
    /// It may have been sent all the same.
    Ambiguous,
}

impl FailureClass {
    /// Every class.
    pub const ALL: [FailureClass; 4] =
        [FailureClass::Retryable, FailureClass::Throttled, FailureClass::Permanent, FailureClass::Ambiguous];

    /// As it stands in the database.
    pub fn word(self) -> &'static str {
        match self {
            FailureClass::Retryable => "retryable",
            FailureClass::Throttled => "throttled",
            FailureClass::Permanent => "permanent",
            FailureClass::Ambiguous => "ambiguous",
        }
    }

    /// What it means for whoever sent the message, as a sentence.
    pub fn advice(self) -> &'static str {
        match self {
            FailureClass::Retryable => {
                "Nothing was sent. The same text may pass later: send it as a new message."
            }
            FailureClass::Throttled => {
                "Nothing was sent. The phone or the carrier wants fewer messages: wait, then send it as a new one."
            }
            FailureClass::Permanent => "Nothing was sent, and it would fail again as it is.",
            FailureClass::Ambiguous => {
                "It may have been sent all the same: ask the recipient before you send it again."
            }
        }
    }

    /// The class with this word.
    pub fn from_word(word: &str) -> Option<FailureClass> {
        FailureClass::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What a program should think of it.
    pub class: FailureClass,
    /// Machine code, `no_signal`.
    pub code: String,
    /// Sentence for people, `No signal`.
    pub reason: String,
}

impl Failure {
    /// What it means for whoever sent the message, as a sentence.
    pub fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "canceled" => "Nothing was sent: it was canceled in time.",
            "expired" => "Nothing was sent: its deadline came first. Give the next one more time, or none.",
            "device_unpaired" => {
                "Nothing was sent: its phone was unpaired. Pair it again and send a new message."
            }
            _ => self.class.advice(),
        }
    }

    /// The message's device left while it was queued.
    pub fn device_unpaired() -> Failure {
        Failure {
            class: FailureClass::Permanent,
            code: "device_unpaired".into(),
            reason: "Device not paired".into(),
        }
    }

    /// The deadline passed.
    pub fn expired() -> Failure {
        Failure { class: FailureClass::Permanent, code: "expired".into(), reason: "Expired".into() }
    }

    /// Canceled by the customer.
    pub fn canceled() -> Failure {
        Failure { class: FailureClass::Permanent, code: "canceled".into(), reason: "Canceled".into() }
    }

    /// Uncertain for too long.
    pub fn outcome_unknown(why: &str) -> Failure {
        Failure {
            class: FailureClass::Ambiguous,
            code: "outcome_unknown".into(),
            reason: format!("Outcome unknown: {why}"),
        }
    }
}

/// One report about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it says.
    pub kind: FactKind,
    /// When it happened.
    pub at: Timestamp,
    /// Its number in the phone's up stream; zero for what the hub itself knows.
    pub up_seq: u64,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// The radio took it.
    Sent,
    /// Delivered.
    Delivered,
    /// Failed, with the rank that tells the stage.
    Failed(FailedAt, Failure),
    /// Nobody knows what came of it; changes no rank.
    Uncertain,
    /// A cancel came too late; changes nothing.
    TooLate,
}

/// The stage of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailedAt {
    /// Nobody ever told.
    Unknown,
    /// The deadline.
    Deadline,
    /// A cancel.
    Cancel,
    /// The hub.
    Hub,
    /// The radio.
    Radio,
    /// The receipt.
    Receipt,
}

impl FailedAt {
    fn rank(self) -> Rank {
        match self {
            FailedAt::Unknown => Rank::FailedUnknown,
            FailedAt::Deadline => Rank::Expired,
            FailedAt::Cancel => Rank::Canceled,
            FailedAt::Hub => Rank::FailedHub,
            FailedAt::Radio => Rank::FailedRadio,
            FailedAt::Receipt => Rank::FailedReceipt,
        }
    }
}

impl FactKind {
    /// The rank that this fact lifts a message to, if it lifts it at all.
    pub fn rank(&self) -> Option<Rank> {
        match self {
            FactKind::Sent => Some(Rank::Sent),
            FactKind::Delivered => Some(Rank::Delivered),
            FactKind::Failed(at, _) => Some(at.rank()),
            FactKind::Uncertain | FactKind::TooLate => None,
        }
    }
}

/// The state of a message: the highest fact, and what the others leave behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageState {
    /// The highest rank seen.
    pub rank: Rank,
    /// When that happened.
    pub at: Timestamp,
    /// The number of the report that decided `at` and `failure`: the lowest among equals.
    pub up_seq: u64,
    /// Why, when the rank is a failure.
    pub failure: Option<Failure>,
    /// When the radio took it: the earliest such report.
    pub sent_at: Option<Timestamp>,
    /// Since when nobody knows: the earliest such report.
    pub uncertain_at: Option<Timestamp>,
}

impl MessageState {
    /// A message that no report has touched, queued or dispatched at `at`.
    pub fn new(rank: Rank, at: Timestamp) -> MessageState {
        MessageState { rank, at, up_seq: 0, failure: None, sent_at: None, uncertain_at: None }
    }

    /// Takes a report in; answers whether the rank rose.
    pub fn absorb(&mut self, fact: &Fact) -> bool {
        match fact.kind {
            FactKind::Sent => self.sent_at = Some(earliest(self.sent_at, fact.at)),
            FactKind::Uncertain => self.uncertain_at = Some(earliest(self.uncertain_at, fact.at)),
            _ => {}
        }
        let Some(rank) = fact.kind.rank() else { return false };
        let rose = rank > self.rank;
        if rose || (rank == self.rank && fact.up_seq < self.up_seq) {
            self.rank = rank;
            self.at = fact.at;
            self.up_seq = fact.up_seq;
            self.failure = match &fact.kind {
                FactKind::Failed(_, failure) => Some(failure.clone()),
                _ => None,
            };
        }
        rose
    }

    /// Dispatched, and nobody knows what came of it.
    pub fn is_uncertain(&self) -> bool {
        self.rank == Rank::Dispatched && self.uncertain_at.is_some()
    }

    /// Whether nothing more is waited for, except a receipt.
    pub fn has_ended(&self) -> bool {
        self.rank > Rank::Dispatched
    }
}

fn earliest(seen: Option<Timestamp>, new: Timestamp) -> Timestamp {
    seen.map_or(new, |seen| seen.min(new))
}
