//! The lines of the logs. Owns their spelling and what a line must hold on its own; knows no judgement. Lines
//! come from whoever wrote the logs, entries go to the judgements.

use serde::Deserialize;

/// One line of any log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "log", rename_all = "snake_case")]
pub(crate) enum Entry {
    Client(Client),
    Radio(Radio),
    Carrier(Carrier),
    Phone(Phone),
    Hub(Hub),
    Receiver(Receiver),
}

/// What a customer's program saw.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Client {
    /// The API answered 202.
    Accepted {
        id: String,
        device: String,
        to: String,
        #[serde(default)]
        at_ms: i64,
    },
    /// One read of a message's state.
    Observed(Observed),
    /// One row of the hub's final list of inbound messages.
    Inbound { device: String, from: String, body: String },
    /// A plan in force from `at_ms`.
    Plan { device: String, burst: u32, refill_per_minute: u32, at_ms: i64 },
    /// Everything healed: from here on nothing may be pending.
    Settled {},
}

/// One read of a message's state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Observed {
    pub id: String,
    pub device: String,
    pub status: Status,
    pub dispatched_at_ns: Option<i64>,
    pub failure_stage: Option<Stage>,
    pub uncertain: bool,
    #[serde(default)]
    pub at_ms: i64,
}

/// The states as the API spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Queued,
    Dispatched,
    Sent,
    Delivered,
    Failed,
}

/// Where or why a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Unknown,
    Hub,
    Radio,
    Receipt,
    Expired,
    Canceled,
}

/// What a radio was asked and what it answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Radio {
    Submit { phone: String, journal: String, id: String, to: String, at_ms: i64 },
    Answer { id: String, outcome: String },
}

/// What the carrier did.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Carrier {
    /// To the recipient, and the receipt to the phone.
    Delivered { id: String },
    /// To the recipient, and no receipt.
    ReceiptLost { id: String },
    /// Not to the recipient, and the receipt says so.
    ReceiptFailed { id: String },
    /// A text reached the phone.
    Arrived { phone: String, from: String, body: String },
    /// The text is flushed to the phone's journal: from now on a promise.
    Inbound { phone: String, from: String, body: String, at_ms: i64 },
}

/// What befell a phone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Phone {
    /// Its journal was destroyed.
    Wiped { phone: String, at_ms: i64 },
}

/// What befell the hub.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Hub {
    /// At `at_ms` it was put back to a copy that was begun at `made_at_ms`.
    Restored { made_at_ms: i64, at_ms: i64 },
}

/// What a receiver of webhooks saw.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Receiver {
    /// It is to be told of these, from before anything happened.
    Subscribed { webhook: String, events: Vec<String> },
    /// A post arrived. What somebody asked for once more is not logged.
    Told { webhook: String, event_id: String, event: String, about: String, body: String },
}

impl Observed {
    /// The place of the state among the facts that may be known of a message: it never falls. A failure
    /// without its stage has none.
    pub fn rank(&self) -> Option<u8> {
        Some(match (self.status, self.failure_stage) {
            (Status::Queued, _) => 0,
            (Status::Dispatched, _) => 1,
            (Status::Failed, stage) => match stage? {
                Stage::Unknown => 2,
                Stage::Expired => 3,
                Stage::Canceled => 4,
                Stage::Hub => 6,
                Stage::Radio => 7,
                Stage::Receipt => 8,
            },
            (Status::Sent, _) => 5,
            (Status::Delivered, _) => 9,
        })
    }
}

/// The state of a rank, for a report.
pub(crate) fn rank_name(rank: u8) -> &'static str {
    match rank {
        0 => "QUEUED",
        1 => "DISPATCHED",
        2 => "FAILED (unknown)",
        3 => "FAILED (expired)",
        4 => "FAILED (canceled)",
        5 => "SENT",
        6 => "FAILED (hub)",
        7 => "FAILED (radio)",
        8 => "FAILED (receipt)",
        _ => "DELIVERED",
    }
}
