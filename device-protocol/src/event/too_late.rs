//! `too_late`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// A cancel came after the message was submitted: its own facts decide its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooLate {
    /// The message.
    pub id: Uuid,
    /// When.
    pub at: EventAt,
}
