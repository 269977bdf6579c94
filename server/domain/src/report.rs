//! Reports: what a phone tells, in the hub's own words.

use crate::sim::{SimFacts, SimReport};
use crate::state::FactKind;
use crate::{MessageId, Timestamp};

/// [`InboundReport::source`] of a message that the phone was told of when it arrived.
pub const BROADCAST: &str = "broadcast";
/// The same of one that it found in the system's inbox later.
pub const SWEEP: &str = "sweep";

/// One event of a phone's up stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// About an outbound message.
    Fact {
        /// The message, if this device has it.
        message_id: MessageId,
        /// What happened.
        kind: FactKind,
        /// When, on the hub's clock.
        at: Timestamp,
        /// The line as it came: kept when the message turns out not to be this device's.
        raw: String,
    },
    /// An SMS arrived.
    Inbound(InboundReport),
    /// The SIM inventory.
    Sims(Vec<SimReport>),
    /// Could not be understood: kept as it came, and acknowledged all the same.
    Unreadable {
        /// The line.
        raw: String,
        /// Why.
        why: String,
    },
}

/// An SMS that a phone received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundReport {
    /// Slot.
    pub slot: u8,
    /// The SIM in it then.
    pub sim: SimFacts,
    /// Sender, as the network gave it.
    pub sender: String,
    /// Text.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
    /// The message centre's time stamp.
    pub smsc_at: Option<Timestamp>,
    /// Digest of sender and text.
    pub digest: String,
    /// [`BROADCAST`] or [`SWEEP`].
    pub source: &'static str,
    /// When it arrived, on the hub's clock.
    pub received_at: Timestamp,
}
