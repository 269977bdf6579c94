//! The first frame of each side.

use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use crate::{Sim, limits};

/// First frame of a phone: which journal it goes on with, and what it is.
///
/// The phone flushes its journal before it says hello, so everything here is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Revision of the protocol, [`crate::PROTOCOL`].
    pub protocol: u16,
    /// What this phone can do beyond the revision: command kinds and optional features.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The app.
    pub app: AppFacts,
    /// The phone.
    pub os: OsFacts,
    /// Every inserted SIM, at most [`limits::MAX_SIMS`].
    #[serde(deserialize_with = "crate::sim::inventory")]
    pub sims: Vec<Sim>,
    /// The journal.
    pub journal: JournalFacts,
    /// Messages this journal has taken or is submitting and that have not ended, at most
    /// [`limits::MAX_UNFINISHED`].
    #[serde(default, deserialize_with = "unfinished")]
    pub unfinished: Vec<Uuid>,
    /// How many dispatched messages this phone takes before any of them ends.
    #[serde(default = "default_max_pending")]
    pub max_pending: u32,
}

fn default_max_pending() -> u32 {
    limits::DEFAULT_MAX_PENDING
}

fn unfinished<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Uuid>, D::Error> {
    let ids = Vec::deserialize(deserializer)?;
    if ids.len() > limits::MAX_UNFINISHED {
        return Err(de::Error::custom("too many ids in `unfinished`"));
    }
    Ok(ids)
}

/// The app's facts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AppFacts {
    /// Version of the app, for people.
    pub version: String,
}

/// The phone's facts, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OsFacts {
    /// For example `android`.
    pub name: String,
    /// For example `15`.
    #[serde(default)]
    pub version: String,
    /// For example `Pixel 8`.
    #[serde(default)]
    pub model: String,
}

/// How far a journal has come. Event numbers start at 1; `lowest` is `head + 1` where none is kept. No number
/// is above [`limits::MAX_SEQUENCE`]; whether they contradict each other is the hub's to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalFacts {
    /// Id of the journal, made with it.
    pub id: Uuid,
    /// Whether this journal has never written down a welcome.
    pub virgin: bool,
    /// Lowest event still kept.
    #[serde(deserialize_with = "limits::sequence")]
    pub lowest: u64,
    /// Highest event.
    #[serde(deserialize_with = "limits::sequence")]
    pub head: u64,
    /// Highest event that the hub has acknowledged, as far as the phone knows.
    #[serde(deserialize_with = "limits::sequence")]
    pub acked: u64,
    /// Highest `down_seq` journalled.
    #[serde(deserialize_with = "limits::sequence")]
    pub down: u64,
}

/// The hub's answer to hello: the session is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Revision of the protocol.
    pub protocol: u16,
    /// Number of the hub's incarnation; a restore from a backup starts a new one.
    pub incarnation: u32,
    /// Number of this session; a newer one fences older ones.
    pub epoch: u64,
    /// The hub has stored every event up to this number; the phone goes on with the next.
    pub acked: u64,
    /// The hub's clock, Unix milliseconds.
    pub server_time_ms: i64,
    /// What the hub asks of the phone.
    pub settings: Settings,
}

/// Settings that the hub pushes; absent members mean the defaults of [`limits`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Time between the phone's pings, milliseconds.
    pub ping_interval_ms: u64,
    /// A message whose radio has not answered for this long is reported `uncertain`, milliseconds.
    pub radio_answer_timeout_ms: u64,
    /// Radio guard: segments in any window; 0 switches it off.
    pub guard_segments: u32,
    /// Radio guard: the window, milliseconds.
    pub guard_window_ms: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            ping_interval_ms: limits::PING_INTERVAL_MS,
            radio_answer_timeout_ms: limits::RADIO_ANSWER_TIMEOUT_MS,
            guard_segments: limits::GUARD_SEGMENTS,
            guard_window_ms: limits::GUARD_WINDOW_MS,
        }
    }
}
