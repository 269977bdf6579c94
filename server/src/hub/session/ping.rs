//! Whether anybody is there: pings both ways, and only complete frames count as life.

use std::time::Duration;

use device_protocol::limits::SILENT_AFTER_PINGS;
use relay_domain::Timestamp;

/// The pulse of one socket.
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Duration,
    last_frame_at: Timestamp,
    next_ping_at: Timestamp,
}

/// What the clock asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Wait,
    /// Send a ping.
    Ping,
    /// Nobody is there.
    Dead,
}

impl Pulse {
    pub(super) fn new(interval: Duration, now: Timestamp) -> Pulse {
        Pulse { interval, last_frame_at: now, next_ping_at: now.plus(interval) }
    }

    /// A complete frame arrived.
    pub(super) fn alive(&mut self, now: Timestamp) {
        self.last_frame_at = now;
    }

    pub(super) fn last_frame_at(&self) -> Timestamp {
        self.last_frame_at
    }

    pub(super) fn beat(&mut self, now: Timestamp) -> Beat {
        if now >= self.dead_at() {
            Beat::Dead
        } else if now >= self.next_ping_at {
            self.next_ping_at = now.plus(self.interval);
            Beat::Ping
        } else {
            Beat::Wait
        }
    }

    /// When to look again.
    pub(super) fn next(&self) -> Timestamp {
        self.next_ping_at.min(self.dead_at())
    }

    fn dead_at(&self) -> Timestamp {
        self.last_frame_at.plus(self.interval.mul_f64(SILENT_AFTER_PINGS))
    }
}
