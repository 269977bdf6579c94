//! The process's clock: the wall clock at start plus monotonic time, so that it never goes back while it runs. And the wall
//! clock itself, for what others compare with theirs.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use relay_domain::{Clock, Timestamp};

/// The one that the hub goes by.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started_at: Timestamp,
    started: Instant,
}

impl SystemClock {
    /// Reads the wall clock, once.
    pub fn start() -> SystemClock {
        SystemClock { started_at: WallClock.now(), started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.started_at.plus(self.started.elapsed())
    }
}

/// The machine's: it may be set, forward and back.
#[derive(Debug, Clone, Copy)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(Timestamp::EPOCH, |since| Timestamp::EPOCH.plus(since))
    }
}
