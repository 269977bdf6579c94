//! Facts that a phone journals, numbers and uploads. One kind, one file.
//!
//! An event's number is not in the event: line i of an `events` frame is number `first` + i.

mod canceled;
mod delivered;
mod expired;
mod failed;
mod inbound;
mod sent;
mod sim_changed;
mod too_late;
mod uncertain;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use canceled::Canceled;
pub use delivered::Delivered;
pub use expired::Expired;
pub use failed::{FailStage, Failed, FailureClass};
pub use inbound::{Inbound, InboundSource};
pub use sent::Sent;
pub use sim_changed::SimChanged;
pub use too_late::TooLate;
pub use uncertain::Uncertain;

/// When something happened, without trust in the phone's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAt {
    /// The phone's wall clock at the fact, Unix milliseconds.
    pub wall_ms: i64,
    /// How long ago on the phone's monotonic clock, computed when the frame is written, milliseconds. Absent
    /// where the phone cannot know (it was rebooted since, and its wall clock was stepped).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The radio took every part.
    Sent(Sent),
    /// The carrier's receipt says delivered, for every part.
    Delivered(Delivered),
    /// It failed, at the radio or by receipt.
    Failed(Failed),
    /// Its deadline passed before it was submitted.
    Expired(Expired),
    /// A cancel came before it was submitted.
    Canceled(Canceled),
    /// A cancel came after it was submitted.
    TooLate(TooLate),
    /// Nobody knows whether it was sent.
    Uncertain(Uncertain),
    /// An SMS arrived.
    Inbound(Inbound),
    /// The SIM inventory, after a change or when asked.
    SimChanged(SimChanged),
}

impl Event {
    /// Reads one line of an `events` frame.
    pub fn parse(line: &str) -> Result<Event, serde_json::Error> {
        // serde reads a struct from a list of its members too; on the wire an event is an object.
        if !line.trim_ascii_start().starts_with('{') {
            return Err(serde::de::Error::custom("not a JSON object"));
        }
        serde_json::from_str(line)
    }

    /// Every `type` word.
    pub const TYPES: [&'static str; 9] = [
        "sent",
        "delivered",
        "failed",
        "expired",
        "canceled",
        "too_late",
        "uncertain",
        "inbound",
        "sim_changed",
    ];

    /// The outbound message that this event is about, if it is about one.
    pub fn message_id(&self) -> Option<Uuid> {
        match self {
            Event::Sent(e) => Some(e.id),
            Event::Delivered(e) => Some(e.id),
            Event::Failed(e) => Some(e.id),
            Event::Expired(e) => Some(e.id),
            Event::Canceled(e) => Some(e.id),
            Event::TooLate(e) => Some(e.id),
            Event::Uncertain(e) => Some(e.id),
            Event::Inbound(_) | Event::SimChanged(_) => None,
        }
    }

    /// When it happened.
    pub fn at(&self) -> EventAt {
        match self {
            Event::Sent(e) => e.at,
            Event::Delivered(e) => e.at,
            Event::Failed(e) => e.at,
            Event::Expired(e) => e.at,
            Event::Canceled(e) => e.at,
            Event::TooLate(e) => e.at,
            Event::Uncertain(e) => e.at,
            Event::Inbound(e) => e.at,
            Event::SimChanged(e) => e.at,
        }
    }

    /// The same, for the phone that computes ages as it frames.
    pub fn at_mut(&mut self) -> &mut EventAt {
        match self {
            Event::Sent(e) => &mut e.at,
            Event::Delivered(e) => &mut e.at,
            Event::Failed(e) => &mut e.at,
            Event::Expired(e) => &mut e.at,
            Event::Canceled(e) => &mut e.at,
            Event::TooLate(e) => &mut e.at,
            Event::Uncertain(e) => &mut e.at,
            Event::Inbound(e) => &mut e.at,
            Event::SimChanged(e) => &mut e.at,
        }
    }
}
