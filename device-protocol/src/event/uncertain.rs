//! `uncertain`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// The radio was touched and nobody knows what came of it. A later fact of the same journal resolves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncertain {
    /// The message.
    pub id: Uuid,
    /// When the phone gave up waiting.
    pub at: EventAt,
    /// Sentence for people.
    pub reason: String,
}
