//! Messages: one SMS to one recipient, or one received.

use std::time::Duration;

use crate::phone_number::{PhoneNumber, normal_form};
use crate::state::{MessageState, Rank};
use crate::{AccountId, DeviceId, InboundId, JournalId, KeyId, LineId, MessageId, SimId, Timestamp};

/// What a customer asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// To whom, as given.
    pub recipient: PhoneNumber,
    /// In normal form: kept beside it, for threading.
    pub recipient_normal: String,
    /// Text, as given.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
    /// Its class.
    pub priority: Priority,
    /// Not to leave the hub before this instant.
    pub scheduled_at: Option<Timestamp>,
    /// How long it is worth sending.
    pub expiry: Option<Expiry>,
}

/// How long a message is worth sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Not to be submitted at or after this instant.
    At(Timestamp),
    /// Not to be submitted this long after its schedule, or after its acceptance where it has none.
    After(Duration),
}

/// A draft's instants, now that it is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Held back until then; `None` if it may leave at once.
    pub held_until: Option<Timestamp>,
    /// Not to be submitted at or after this instant.
    pub expires_at: Option<Timestamp>,
}

/// Why a draft comes too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Untimely {
    /// Its schedule has passed.
    Schedule,
    /// Its deadline has passed.
    Deadline,
}

/// Why one draft is not accepted beside others that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The account's messages of this month are used up.
    MonthlyCap,
    /// It comes too late.
    Untimely(Untimely),
    /// The account may not send to short codes.
    ShortCode,
}

impl Draft {
    /// A text of this many radio parts to a recipient: normal, now, and worth sending for ever.
    pub fn new(recipient: PhoneNumber, body: String, parts: u16) -> Draft {
        let recipient_normal = normal_form(recipient.as_str(), None);
        let priority = Priority::default();
        Draft { recipient, recipient_normal, body, parts, priority, scheduled_at: None, expiry: None }
    }

    /// Its instants, if it is accepted now. A replay of what was accepted in time asks nothing here.
    pub fn times(&self, now: Timestamp) -> Result<Times, Untimely> {
        if self.scheduled_at.is_some_and(|at| at <= now) {
            return Err(Untimely::Schedule);
        }
        let expires_at = self.expiry.map(|expiry| match expiry {
            Expiry::At(at) => at,
            Expiry::After(span) => self.scheduled_at.unwrap_or(now).plus(span),
        });
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Untimely::Deadline);
        }
        Ok(Times { held_until: self.scheduled_at, expires_at })
    }
}

/// Strict classes: a higher one leaves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(i16)]
pub enum Priority {
    /// Before everything else.
    High = 0,
    /// The default.
    #[default]
    Normal = 1,
    /// When nothing else waits.
    Low = 2,
}

impl Priority {
    /// Every class, the first to leave first.
    pub const ALL: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

    /// The number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The class with this number.
    pub fn from_number(number: i16) -> Option<Priority> {
        Priority::ALL.into_iter().find(|class| class.number() == number)
    }
}

/// An outbound message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Its id.
    pub id: MessageId,
    /// Whose it is.
    pub account_id: AccountId,
    /// From which phone.
    pub device_id: DeviceId,
    /// By which key.
    pub key_id: KeyId,
    /// From which line.
    pub line_id: LineId,
    /// From which slot.
    pub slot: u8,
    /// With which SIM in that slot.
    pub sim_id: SimId,
    /// To whom.
    pub recipient: String,
    /// Text.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
    /// Its class.
    pub priority: Priority,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Not to leave the hub before this instant.
    pub scheduled_at: Option<Timestamp>,
    /// Not to be submitted at or after this instant.
    pub expires_at: Option<Timestamp>,
    /// Held since a restore of the hub: nobody knows yet whether a phone had it.
    pub restored_at: Option<Timestamp>,
    /// Its binding to a journal, once dispatched.
    pub dispatch: Option<Dispatch>,
    /// How far it has come.
    pub state: MessageState,
}

impl Outbound {
    /// Whether it is held since a restore.
    pub fn is_held(&self) -> bool {
        self.restored_at.is_some() && self.state.rank <= Rank::Dispatched
    }

    /// Whether the radio has answered: its earliest instant.
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.state.sent_at
    }

    /// When it was delivered, if it was.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        (self.state.rank == Rank::Delivered).then_some(self.state.at)
    }

    /// When it failed, if that is its last word.
    pub fn failed_at(&self) -> Option<Timestamp> {
        self.state.rank.is_failure().then_some(self.state.at)
    }
}

/// The one dispatch in a message's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispatch {
    /// The journal it is bound to.
    pub journal_id: JournalId,
    /// Its place in the down stream; zero if the hub learnt of the dispatch from the phone.
    pub down_seq: u64,
    /// When.
    pub at: Timestamp,
}

/// An SMS that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Its id.
    pub id: InboundId,
    /// Whose it is.
    pub account_id: AccountId,
    /// On which phone.
    pub device_id: DeviceId,
    /// In which slot.
    pub slot: u8,
    /// On which number, once it is known.
    pub number: Option<String>,
    /// From whom.
    pub sender: String,
    /// Text.
    pub body: String,
    /// When it arrived at the phone.
    pub received_at: Timestamp,
    /// When the hub stored it.
    pub created_at: Timestamp,
}
