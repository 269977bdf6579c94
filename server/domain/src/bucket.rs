//! The token bucket of a device: governor's GCRA as a pure function over one stored instant.
//!
//! The stored *arrival time* is the instant at which the bucket would be full again: at or before `now` it is
//! full, `burst × interval` ahead it is empty. It is absolute, so it survives reconnect, restart and fail-over.

use std::cell::Cell;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};

use crate::Timestamp;
use crate::plan::Quota;

/// Takes one token: the new arrival time, or the earliest instant at which a token exists.
///
/// Drop the answer to peek.
pub fn take(quota: Quota, arrival: Timestamp, now: Timestamp) -> Result<Timestamp, Timestamp> {
    let interval = quota.interval();
    let cell = Cell::new(Some(to_nanos(to_governor(quota, arrival, now))));
    let clock = TwoReadings { now: Cell::new(Nanos::new(0)) };
    let governor_quota = governor::Quota::with_period(interval)
        .map_or_else(|| governor::Quota::per_minute(quota.refill_per_minute), |per| per)
        .allow_burst(quota.burst);
    // `RateLimiter::new` captures its start from the clock: at 0 the stored instants are absolute.
    let limiter: governor::RateLimiter<NotKeyed, OneCell<'_>, TwoReadings, NoOpMiddleware<Nanos>> =
        governor::RateLimiter::new(governor_quota, OneCell(&cell), clock.clone());
    limiter.clock().now.set(to_nanos(now));
    match limiter.check() {
        Ok(()) => {
            let taken = cell.get().map_or(now, from_nanos);
            Ok(taken.minus(interval))
        }
        Err(not_until) => Err(from_nanos(not_until.earliest_possible())),
    }
}

/// Tokens left now.
pub fn left(quota: Quota, arrival: Timestamp, now: Timestamp) -> u32 {
    quota.burst.get() - used(quota, arrival, now)
}

/// The arrival time after a change of plan: the tokens used stay used, as far as the new burst goes.
pub fn rescale(old: Quota, new: Quota, arrival: Timestamp, now: Timestamp) -> Timestamp {
    let used = used(old, arrival, now).min(new.burst.get());
    now.plus(new.interval() * used)
}

/// Tokens used, rounded up, at most the burst.
fn used(quota: Quota, arrival: Timestamp, now: Timestamp) -> u32 {
    let deficit = arrival.since(now).as_nanos().div_ceil(quota.interval().as_nanos());
    u32::try_from(deficit).map_or(quota.burst.get(), |used| used.min(quota.burst.get()))
}

/// Clamps what was loaded (a clock that was set back must not block for an hour, a long rest must not save up
/// more than a burst) and shifts it by one interval: governor's own fresh state is `now + interval`, and
/// anything lower would grant one message more than the burst.
fn to_governor(quota: Quota, arrival: Timestamp, now: Timestamp) -> Timestamp {
    let full = now.plus(quota.interval() * quota.burst.get());
    arrival.clamp(now, full).plus(quota.interval())
}

fn to_nanos(instant: Timestamp) -> Nanos {
    Nanos::new(u64::try_from(instant.nanos()).unwrap_or(0))
}

fn from_nanos(nanos: Nanos) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from(nanos))
}

/// A store of one arrival time.
#[derive(Debug)]
struct OneCell<'a>(&'a Cell<Option<Nanos>>);

impl StateStore for OneCell<'_> {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        f(self.0.get()).map(|(outcome, arrival)| {
            self.0.set(Some(arrival));
            outcome
        })
    }
}

/// A clock that is told what to read.
#[derive(Debug, Clone)]
struct TwoReadings {
    now: Cell<Nanos>,
}

impl GovernorClock for TwoReadings {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        self.now.get()
    }
}
