//! Pairing: a short-lived one-time code becomes a device id and a token.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Settings;

/// `POST` here with a [`PairRequest`]; 201 with a [`PairReply`], else a [`crate::RefusalBody`].
pub const PAIR_PATH: &str = "/device/v1/pair";

/// Body of the pairing request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRequest {
    /// The code as shown, `ABCD-123456`: case, spaces and hyphens do not matter; `I L O` read as `1 1 0`.
    pub code: String,
    /// The phone's model, shown where the device has no name.
    #[serde(default)]
    pub model: String,
}

/// Answer to a successful pairing. The token is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairReply {
    /// The device.
    pub device_id: Uuid,
    /// Bearer token for the connect path; earlier tokens of the device are dead.
    pub token: String,
    /// Where to connect, relative to the hub's address.
    pub connect_path: String,
    /// The hub's settings, as `welcome` repeats them.
    pub settings: Settings,
}
