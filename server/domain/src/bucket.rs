//! The token bucket of a device: governor's GCRA as a pure function over one stored instant.
//!
//! The stored *arrival time* is the instant at which the bucket would be full again: at or before `now` it is
//! full, `burst × interval` ahead it is empty. It is absolute, so it survives reconnect, restart and fail-over.
//! It is governor's own theoretical arrival time, unshifted: each message adds one interval to it.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};

use crate::Timestamp;
use crate::plan::Quota;

/// Takes one token: the new arrival time, or the earliest instant at which a token exists.
///
/// Drop the answer to peek. The earliest instant is exact for an arrival time that was [`settled`] since the
/// clock last went back and [`rescale`]d since the plan last changed.
pub fn take(quota: Quota, arrival: Timestamp, now: Timestamp) -> Result<Timestamp, Timestamp> {
    // Governor counts from zero: a clock before 1970 stands still at the epoch.
    let now = now.max(Timestamp::EPOCH);
    let cell = Cell::new(Some(to_nanos(settled(quota, arrival, now))));
    let clock = TwoReadings { now: Cell::new(Nanos::new(0)) };
    let governor_quota = governor::Quota::with_period(quota.interval())
        .unwrap_or_else(|| governor::Quota::per_minute(quota.refill_per_minute))
        .allow_burst(depth(quota, now));
    // `RateLimiter::new` captures its start from the clock: at 0 the stored instants are absolute.
    let limiter: governor::RateLimiter<NotKeyed, OneCell<'_>, TwoReadings, NoOpMiddleware<Nanos>> =
        governor::RateLimiter::new(governor_quota, OneCell(&cell), clock.clone());
    limiter.clock().now.set(to_nanos(now));
    match limiter.check() {
        Ok(()) => Ok(cell.get().map_or(now, from_nanos)),
        Err(not_until) => Err(from_nanos(not_until.earliest_possible())),
    }
}

/// The earliest instant at which a message leaves that has this many before it, if every token is used at once:
/// `now` where there are tokens enough. What comes to stand before it meanwhile, or a phone that is slow, makes it
/// later.
pub fn earliest(quota: Quota, arrival: Timestamp, now: Timestamp, ahead: u32) -> Timestamp {
    let now = now.max(Timestamp::EPOCH);
    let interval = quota.interval();
    // Each message before it takes one interval from the bucket; it needs room for one more.
    let arrival = settled(quota, arrival, now).plus(interval.saturating_mul(ahead));
    let room = interval.saturating_mul(depth(quota, now).get() - 1);
    arrival.minus(room).max(now)
}

/// Tokens left now.
pub fn left(quota: Quota, arrival: Timestamp, now: Timestamp) -> u32 {
    let now = now.max(Timestamp::EPOCH);
    depth(quota, now).get() - used(quota, arrival, now)
}

/// What a stored arrival time means to this clock: never more than empty, never more than full.
///
/// To be *written back* whenever a stream row is loaded or its session opens: a clock that was set back an hour
/// must not block for an hour, and [`take`] alone cannot see to that, because what it refuses stores nothing.
pub fn settled(quota: Quota, arrival: Timestamp, now: Timestamp) -> Timestamp {
    let empty = now.plus(quota.interval() * depth(quota, now).get());
    arrival.clamp(now, empty)
}

/// The arrival time after a change of plan: the tokens used stay used, as far as the new burst goes.
///
/// Rounding a token up costs the part of it that has come back already; where nothing changed, nothing is
/// rounded, so that a caller who rescales on every load starves nobody.
pub fn rescale(old: Quota, new: Quota, arrival: Timestamp, now: Timestamp) -> Timestamp {
    if old == new {
        return settled(new, arrival, now);
    }
    let used = used(old, arrival, now).min(depth(new, now).get());
    now.plus(new.interval() * used)
}

/// Tokens used, rounded up, at most the burst.
fn used(quota: Quota, arrival: Timestamp, now: Timestamp) -> u32 {
    let depth = depth(quota, now).get();
    let deficit = arrival.since(now).as_nanos().div_ceil(quota.interval().as_nanos());
    u32::try_from(deficit).map_or(depth, |used| used.min(depth))
}

/// The burst, as far as instants reach: a bucket that would not be full again before the year 2262 holds what
/// fits until then. Without this, governor's multiplication overflows for a huge burst with a slow refill.
fn depth(quota: Quota, now: Timestamp) -> NonZeroU32 {
    let room = Timestamp::from_nanos(i64::MAX).since(now).as_nanos() / quota.interval().as_nanos();
    let room = u32::try_from(room).unwrap_or(u32::MAX);
    NonZeroU32::new(room).map_or(NonZeroU32::MIN, |room| room.min(quota.burst))
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
