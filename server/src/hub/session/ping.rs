//! Whether anybody is there: pings both ways, and only complete frames count as life. Who talks but answers no ping
//! does not read, however much of what it is told its buffers take.

use std::time::Duration;

use device_protocol::limits::SILENT_AFTER_PINGS;
use relay_domain::Timestamp;

/// The pulse of one socket.
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Duration,
    last_frame_at: Timestamp,
    next_ping_at: Timestamp,
    /// When the oldest ping without an answer was sent.
    asked_at: Option<Timestamp>,
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
    /// Somebody talks and does not listen.
    Deaf,
}

impl Pulse {
    pub(super) fn new(interval: Duration, now: Timestamp) -> Pulse {
        Pulse { interval, last_frame_at: now, next_ping_at: now.plus(interval), asked_at: None }
    }

    /// A complete frame arrived.
    pub(super) fn alive(&mut self, now: Timestamp) {
        self.last_frame_at = now;
    }

    /// A ping was answered: all that was written before it has been read.
    pub(super) fn answered(&mut self) {
        self.asked_at = None;
    }

    pub(super) fn last_frame_at(&self) -> Timestamp {
        self.last_frame_at
    }

    pub(super) fn beat(&mut self, now: Timestamp) -> Beat {
        if now >= self.dead_at() {
            Beat::Dead
        } else if self.deaf_at().is_some_and(|at| now >= at) {
            Beat::Deaf
        } else if now >= self.next_ping_at {
            self.next_ping_at = now.plus(self.interval);
            self.asked_at.get_or_insert(now);
            Beat::Ping
        } else {
            Beat::Wait
        }
    }

    /// When to look again.
    pub(super) fn next(&self) -> Timestamp {
        let next = self.next_ping_at.min(self.dead_at());
        self.deaf_at().map_or(next, |at| at.min(next))
    }

    fn dead_at(&self) -> Timestamp {
        self.last_frame_at.plus(self.patience())
    }

    fn deaf_at(&self) -> Option<Timestamp> {
        self.asked_at.map(|at| at.plus(self.patience()))
    }

    fn patience(&self) -> Duration {
        self.interval.mul_f64(SILENT_AFTER_PINGS)
    }
}
