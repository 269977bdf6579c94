//! What goes into an engine and what comes out of it.

use std::collections::BTreeSet;

use device_protocol::{AppFacts, OsFacts, Sim, SimRef, Telemetry};
use uuid::Uuid;

use crate::{
    journal::Record,
    radio::{PartAnswer, ReceiptOutcome, Submission},
};

/// Something that happened to the phone.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The socket is open. The phone closes its old socket before it opens a new one.
    Connected,
    /// A complete text frame from the hub.
    Frame(String),
    /// Any other complete frame from the hub (a ping or a pong): a sign of life.
    Alive,
    /// The socket is gone; with the close code, where the hub gave one.
    Disconnected {
        /// WebSocket close code.
        code: Option<u16>,
    },
    /// The radio answered one part.
    RadioAnswer {
        /// The message.
        id: Uuid,
        /// Which attempt the answer is to.
        attempt: u32,
        /// Index of the part.
        part: u16,
        /// The answer.
        answer: PartAnswer,
    },
    /// The carrier's receipt for one part. Temporary receipts ("still trying") are not passed on.
    Receipt {
        /// The message.
        id: Uuid,
        /// Index of the part.
        part: u16,
        /// What it says.
        receipt: ReceiptOutcome,
    },
    /// An SMS arrived, its parts joined.
    SmsReceived {
        /// Slot.
        slot: u8,
        /// The SIM that the system names for it; `None` where it does not: then it is the one in the slot.
        sim: Option<SimRef>,
        /// Sender as the network gave it.
        from: String,
        /// Text.
        body: String,
        /// Radio parts.
        parts: u16,
        /// The message centre's time stamp, Unix milliseconds.
        smsc_at_ms: Option<i64>,
    },
    /// The system's inbox has changed.
    InboxChanged,
    /// The system's inbox, as [`Output::SweepInbox`] asked: every row of the last 14 days.
    Inbox(Vec<InboxRow>),
    /// The SIM inventory as it is now.
    Sims(Vec<Sim>),
    /// A slot gained or lost service, or its radio went on or off.
    Service {
        /// Slot.
        slot: u8,
        /// Whether it can send now.
        state: Service,
    },
    /// Health, as the system tells it; `radio_wait` in it is the engine's own to set.
    Health(Telemetry),
    /// Time has passed.
    Tick,
}

/// One SMS in the system's inbox, its parts joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Slot that it arrived on, or that its SIM is in now.
    pub slot: u8,
    /// The SIM that the system names for it; `None` where it does not: then it is the one in the slot.
    pub sim: Option<SimRef>,
    /// Sender as the network gave it.
    pub from: String,
    /// Text.
    pub body: String,
    /// Radio parts, 1 where the system does not tell.
    pub parts: u16,
    /// The message centre's time stamp, Unix milliseconds.
    pub smsc_at_ms: Option<i64>,
    /// What the wall clock said when the system stored it, Unix milliseconds.
    pub received_wall_ms: i64,
}

/// Whether a slot can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Registered, radio on.
    Available,
    /// No service, or the radio is off.
    Missing,
}

/// Something for the world to do, in strict order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Add this record to the journal.
    Append(Box<Record>),
    /// A barrier: what follows may only happen once everything appended so far is durable.
    Flush,
    /// Replace the journal by these records. Only between sessions.
    Compact(Vec<Record>),
    /// Send this text frame.
    SendFrame(String),
    /// Send a WebSocket ping.
    Ping,
    /// Hand this to the radio.
    Submit(Submission),
    /// Read the system's inbox, and answer with [`Input::Inbox`].
    SweepInbox,
    /// Close the socket, if one is open; `Disconnected` is to follow.
    Close(CloseWhy),
    /// The session has ended: what to do about the next one.
    Redial(Redial),
}

/// Why the phone itself closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseWhy {
    /// No complete frame from the hub for too long.
    #[error("the hub was silent for too long")]
    Silent,
    /// A frame that the phone cannot go on after.
    #[error("the hub sent a frame that breaks the protocol")]
    Protocol,
    /// The journal wants to be compacted, and that happens only between sessions.
    #[error("the journal is to be compacted")]
    Housekeeping,
}

/// What to do after a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redial {
    /// Reconnect with back-off and jitter.
    Retry,
    /// Reconnect after a random part of so many milliseconds: the hub is restarting.
    Spread {
        /// The whole span.
        spread_ms: u64,
    },
    /// Do not reconnect: another connection of this device lives on.
    Replaced,
    /// Do not reconnect: a person must act.
    Stop {
        /// What the hub said.
        why: String,
    },
}

/// The radio side of a phone, as a process finds it at its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hardware {
    /// Every inserted SIM.
    pub sims: Vec<Sim>,
    /// Slots without service, or with their radio off.
    pub no_service: BTreeSet<u8>,
}

/// What a phone is, for hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneFacts {
    /// The app.
    pub app: AppFacts,
    /// The phone.
    pub os: OsFacts,
    /// How many dispatched messages it takes before any of them ends.
    pub max_pending: u32,
}

impl Default for PhoneFacts {
    fn default() -> PhoneFacts {
        PhoneFacts {
            app: AppFacts { version: env!("CARGO_PKG_VERSION").into() },
            os: OsFacts { name: "simulated".into(), version: String::new(), model: "Relay Phone".into() },
            max_pending: device_protocol::limits::DEFAULT_MAX_PENDING,
        }
    }
}
