//! Messages: one SMS to one recipient, or one received.

use crate::phone_number::PhoneNumber;
use crate::state::{MessageState, Rank};
use crate::{AccountId, DeviceId, InboundId, JournalId, KeyId, LineId, MessageId, SimId, Timestamp};

/// What a customer asks for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// To whom, as given.
    pub recipient: PhoneNumber,
    /// Text, as given.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
    /// Not to be submitted at or after this instant.
    pub expires_at: Option<Timestamp>,
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
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Not to be submitted at or after this instant.
    pub expires_at: Option<Timestamp>,
    /// Its binding to a journal, once dispatched.
    pub dispatch: Option<Dispatch>,
    /// How far it has come.
    pub state: MessageState,
}

impl Outbound {
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
