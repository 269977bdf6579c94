//! `expired`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// The deadline passed on the phone's monotonic clock before the message was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// The message.
    pub id: Uuid,
    /// When.
    pub at: EventAt,
}
