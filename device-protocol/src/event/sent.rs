//! `sent`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// The radio answered OK for every part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The message.
    pub id: Uuid,
    /// When the last part was answered.
    pub at: EventAt,
    /// When the phone had journalled the message (the acknowledgement's instant, never written on its own).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<EventAt>,
    /// Parts that the radio took.
    pub parts: u16,
}
