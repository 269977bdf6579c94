//! `failed`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::EventAt;

/// The message failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The message.
    pub id: Uuid,
    /// When.
    pub at: EventAt,
    /// Where.
    pub stage: FailStage,
    /// What a program should think of it.
    pub class: FailureClass,
    /// Machine code: `no_signal`, `wrong_sim`, `invalid_number`, `ril_…`, `receipt_…`.
    pub code: String,
    /// Sentence for people, for example `No signal`.
    pub reason: String,
}

/// Where a message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailStage {
    /// Before or at the radio.
    Radio,
    /// By the carrier's receipt.
    Receipt,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Nothing was sent; the same text may pass later.
    Retryable,
    /// The phone or the carrier wants fewer messages.
    Throttled,
    /// It will fail again.
    Permanent,
    /// It may have been sent all the same.
    Ambiguous,
}
