//! The process's clock: the wall clock at start plus monotonic time, so that it never goes back while it runs.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use relay_domain::{Clock, Timestamp};

/// The one real clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started_at: Timestamp,
    started: Instant,
}

impl SystemClock {
    /// Reads the wall clock, once.
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    pub fn start() -> SystemClock {
        let started_at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(Timestamp::EPOCH, |since| Timestamp::EPOCH.plus(since));
        SystemClock { started_at, started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.started_at.plus(self.started.elapsed())
    }
}
