//! Virtual time: one instant, moved by the simulation alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use relay_domain::{Clock, Timestamp};

/// 2026-04-25T08:00:00Z.
const START_MILLIS: i64 = 1_777_104_000_000;

/// The clock that everything in a simulation shares.
#[derive(Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    pub fn new() -> VirtualClock {
        VirtualClock(Arc::new(AtomicI64::new(Timestamp::from_millis(START_MILLIS).nanos())))
    }

    /// Milliseconds since the simulation began.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.now().millis() - START_MILLIS).unwrap()
    }

    pub fn advance_to_ms(&self, elapsed_ms: u64) {
        let at = Timestamp::from_millis(START_MILLIS).plus(Duration::from_millis(elapsed_ms));
        self.0.fetch_max(at.nanos(), Ordering::Relaxed);
    }

    /// The first whole millisecond of the simulation at or after an instant.
    pub fn ms_of(&self, instant: Timestamp) -> u64 {
        let nanos = instant.nanos() - Timestamp::from_millis(START_MILLIS).nanos();
        u64::try_from(nanos.max(0)).unwrap().div_ceil(1_000_000)
    }
}

/// The hub's wall clock: it may be set while the hub is down, both ways.
#[derive(Clone)]
pub struct HubClock {
    base: VirtualClock,
    off_ns: Arc<AtomicI64>,
}

impl HubClock {
    pub fn new(base: VirtualClock) -> HubClock {
        HubClock { base, off_ns: Arc::default() }
    }

    /// Somebody sets it.
    pub fn step(&self, by_ms: i64) {
        self.off_ns.fetch_add(by_ms * 1_000_000, Ordering::Relaxed);
    }

    /// Milliseconds since the simulation began, which no clock that is set changes.
    pub fn elapsed_ms(&self) -> u64 {
        self.base.elapsed_ms()
    }

    /// The first whole millisecond of the simulation at or after an instant of this clock.
    pub fn ms_of(&self, instant: Timestamp) -> u64 {
        self.base.ms_of(Timestamp::from_nanos(instant.nanos() - self.off_ns.load(Ordering::Relaxed)))
    }
}

impl Clock for HubClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.base.now().nanos() + self.off_ns.load(Ordering::Relaxed))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}
