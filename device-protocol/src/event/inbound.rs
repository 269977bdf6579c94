//! `inbound`.

use serde::{Deserialize, Serialize};

use super::EventAt;
use crate::SimRef;

/// An SMS arrived. Its identity is (journal, number of the event): two identical texts are two messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// Slot it arrived on.
    pub slot: u8,
    /// The SIM in that slot then.
    #[serde(default)]
    pub sim: SimRef,
    /// Sender as the network gave it: a number, a short code or letters.
    pub from: String,
    /// Text, its parts joined. Unpaired surrogates are replaced by U+FFFD on the phone.
    pub body: String,
    /// Radio parts it came in.
    pub parts: u16,
    /// The message centre's time stamp, Unix milliseconds, where the network gave one.
    #[serde(default)]
    pub smsc_at_ms: Option<i64>,
    /// Lower-case hex SHA-256 over the UTF-8 bytes of `from`, a line feed and `body`.
    pub digest: String,
    /// How the phone learnt of it.
    pub source: InboundSource,
    /// When it arrived.
    pub at: EventAt,
}

/// How the phone learnt of an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundSource {
    /// From the system's broadcast.
    Broadcast,
    /// Found in the system's inbox by a sweep.
    Sweep,
}
