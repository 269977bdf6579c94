//! `delivered`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// Receipts for every part say delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The message.
    pub id: Uuid,
    /// When.
    pub at: EventAt,
}
