//! What can be set about phones. Tests shorten the intervals.

use std::time::Duration;

use device_protocol::{Settings, limits};

/// Settings of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubSettings {
    /// Time between pings, both ways. A socket without a complete frame for 2.4 of them is dead.
    pub ping_interval: Duration,
    /// A phone says hello within this time.
    pub hello_timeout: Duration,
    /// A frame without acknowledgement for this long makes the session stalled.
    pub stalled_after: Duration,
    /// A phone whose radio has not answered for this long reports `uncertain`.
    pub radio_answer_timeout: Duration,
    /// On a stop, phones come back spread over this time.
    pub drain_spread: Duration,
    /// Radio guard: segments in any window; 0 switches it off.
    pub guard_segments: u32,
    /// Radio guard: the window.
    pub guard_window: Duration,
    /// Data that a phone's kernel has not acknowledged for this long costs it the socket.
    pub write_timeout: Duration,
}

impl Default for HubSettings {
    fn default() -> HubSettings {
        let asked = Settings::default();
        HubSettings {
            ping_interval: Duration::from_millis(limits::PING_INTERVAL_MS),
            hello_timeout: Duration::from_millis(limits::HELLO_TIMEOUT_MS),
            stalled_after: Duration::from_secs(5),
            radio_answer_timeout: Duration::from_millis(asked.radio_answer_timeout_ms),
            drain_spread: Duration::from_secs(10),
            guard_segments: asked.guard_segments,
            guard_window: Duration::from_millis(asked.guard_window_ms),
            write_timeout: Duration::from_secs(30),
        }
    }
}

impl HubSettings {
    /// What phones are told in `welcome`.
    pub fn for_phones(&self) -> Settings {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Settings {
            ping_interval_ms: millis(self.ping_interval),
            radio_answer_timeout_ms: millis(self.radio_answer_timeout),
            guard_segments: self.guard_segments,
            guard_window_ms: millis(self.guard_window),
        }
    }
}
