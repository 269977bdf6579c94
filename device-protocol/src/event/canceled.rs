//! `canceled`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// A cancel came before the message was submitted: it will not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canceled {
    /// The message.
    pub id: Uuid,
    /// When.
    pub at: EventAt,
}
