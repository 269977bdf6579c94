//! What a phone tells of itself outside the streams: the latest wins, nothing is acknowledged.

use serde::{Deserialize, Serialize};

/// A phone's health. Every member may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Telemetry {
    /// Charge, per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_percent: Option<u8>,
    /// On a charger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charging: Option<bool>,
    /// `wifi`, `cellular`, `ethernet`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Free storage, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_free_bytes: Option<u64>,
    /// What the app needs and may not do, by the system's names without their prefix: `SEND_SMS`, …; empty when it may do
    /// everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_permissions: Option<Vec<String>>,
    /// The phone's own messages app takes part in RCS: what its users write is no SMS, and no app sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rcs_on: Option<bool>,
    /// The system lets no SMS of this app out until somebody at the phone allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_refused: Option<bool>,
    /// Why the phone's own line of messages stands still; absent while it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radio_wait: Option<RadioWait>,
}

/// Why a phone that has messages does not submit the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RadioWait {
    /// No service, or the radio is off.
    NoService,
    /// The radio guard's window is full.
    RadioGuard,
    /// A reason from a phone newer than this list: telemetry must not end a session over a word.
    #[serde(other)]
    Other,
}
