//! One limit over many keys: governor's, with what its verdict means to a client.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::tally::{Asked, Tally};

/// Keys remembered at once: some megabytes, and more sources than one hub serves in the time that a request is held
/// against them.
const REMEMBERED: usize = 50_000;
/// No burst is larger, so that no sum of intervals overflows.
const MOST_BURST: u32 = 1_000_000;

/// How many requests: in the long run, and at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Quota);

impl Rate {
    /// So many a second; none for no limit.
    pub fn a_second(requests: u32, burst: NonZeroU32) -> Option<Rate> {
        Some(Rate(Quota::per_second(NonZeroU32::new(requests)?).allow_burst(bounded(burst))))
    }

    /// So many a minute; none for no limit.
    pub fn a_minute(requests: u32, burst: NonZeroU32) -> Option<Rate> {
        Some(Rate(Quota::per_minute(NonZeroU32::new(requests)?).allow_burst(bounded(burst))))
    }
}

fn bounded(burst: NonZeroU32) -> NonZeroU32 {
    burst.min(NonZeroU32::new(MOST_BURST).unwrap_or(NonZeroU32::MAX))
}

/// How a key stands with its limit after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests at once when it has rested.
    pub limit: u32,
    /// Requests at once now.
    pub remaining: u32,
    /// Time until it has rested, rounded up to whole requests.
    pub rested_in: Duration,
}

impl Standing {
    fn of(quota: Quota, remaining: u32) -> Standing {
        let limit = quota.burst_size().get();
        let rested_in = quota.replenish_interval() * limit.saturating_sub(remaining);
        Standing { limit, remaining, rested_in }
    }
}

/// A request too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) standing: Standing,
    /// Time until one passes.
    pub(super) wait: Duration,
}

/// A limit that counts each key by itself; one that is switched off counts nothing.
pub(super) struct Limit<K, C: Clock = DefaultClock>(
    Option<RateLimiter<Asked<K>, Tally<K>, C, StateInformationMiddleware>>,
)
where
    K: Eq + Hash + Clone;

impl<K: Eq + Hash + Clone, C: Clock> Limit<K, C> {
    pub(super) fn new(rate: Option<Rate>, clock: C) -> Limit<K, C> {
        Limit::remembering(REMEMBERED, rate, clock)
    }

    fn remembering(most: usize, rate: Option<Rate>, clock: C) -> Limit<K, C> {
        Limit(rate.map(|Rate(quota)| {
            let tally = Tally::new(quota.replenish_interval().into(), most);
            RateLimiter::new(quota, tally, clock)
        }))
    }

    /// Counts a request.
    pub(super) fn count(&self, key: K) -> Result<Option<Standing>, TooMany> {
        self.ask(Asked::Counted(key))
    }

    /// Whether one would pass; nothing is counted.
    pub(super) fn look(&self, key: K) -> Result<(), TooMany> {
        self.ask(Asked::Looked(key)).map(drop)
    }

    fn ask(&self, asked: Asked<K>) -> Result<Option<Standing>, TooMany> {
        let Some(limiter) = &self.0 else { return Ok(None) };
        match limiter.check_key(&asked) {
            Ok(now) => Ok(Some(Standing::of(now.quota(), now.remaining_burst_capacity()))),
            Err(until) => Err(TooMany {
                standing: Standing::of(until.quota(), 0),
                wait: until.wait_time_from(limiter.clock().now()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limit(most: usize, a_second: u32, burst: u32) -> (Limit<u32, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let rate = Rate::a_second(a_second, NonZeroU32::new(burst).unwrap());
        (Limit::remembering(most, rate, clock.clone()), clock)
    }

    fn push(limit: &Limit<u32, FakeRelativeClock>, keys: impl IntoIterator<Item = u32>) {
        for key in keys {
            limit.count(key).unwrap();
        }
    }

    fn remembered(limit: &Limit<u32, FakeRelativeClock>) -> usize {
        let limiter = limit.0.as_ref().unwrap();
        // The store is private to the limiter; a look at each key tells which are known.
        (0..1000)
            .filter(|key| limiter.check_key(&Asked::Looked(*key)).unwrap().remaining_burst_capacity() < 9)
            .count()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (limit, clock) = limit(10, 2, 3);
        for remaining in [2, 1, 0] {
            let standing = limit.count(7).unwrap().unwrap();
            assert_eq!((standing.limit, standing.remaining), (3, remaining));
            assert_eq!(standing.rested_in, SECOND / 2 * (3 - remaining));
        }
        let refused = limit.count(7).unwrap_err();
        assert_eq!(refused.wait, SECOND / 2);
        assert_eq!(refused.standing, Standing { limit: 3, remaining: 0, rested_in: SECOND * 3 / 2 });
        assert!(limit.count(8).is_ok(), "another key has its own");
        clock.advance(SECOND / 2);
        assert!(limit.count(7).is_ok());
        assert!(limit.count(7).is_err(), "the refused ones were not counted, and no more came back");
        clock.advance(SECOND * 60);
        assert_eq!(limit.count(7).unwrap().unwrap().remaining, 2, "never more than the burst");
    }

    #[test]
    fn a_look_counts_nothing() {
        let (limit, _) = limit(10, 1, 1);
        (0..5).for_each(|_| limit.look(7).unwrap());
        limit.count(7).unwrap();
        assert_eq!(limit.look(7).unwrap_err().wait, SECOND);
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let (limit, _) = limit(10, 0, 1);
        assert!((0..1000).all(|_| limit.count(7) == Ok(None)));
        assert_eq!(limit.look(7), Ok(()));
    }

    #[test]
    fn the_rested_are_forgotten_first_and_then_the_lightest() {
        let (limit, clock) = limit(10, 1, 10);
        push(&limit, [100; 5]);
        push(&limit, 0..9);
        assert_eq!(remembered(&limit), 10);
        // Full: all but the one that pushes have rested.
        clock.advance(SECOND);
        push(&limit, 200..209);
        assert_eq!(remembered(&limit), 10);
        assert_eq!(limit.count(100).unwrap().unwrap().remaining, 5, "the heavy one is known still");
        // Full, and nobody has rested.
        push(&limit, 300..400);
        assert!(remembered(&limit) <= 10);
        assert_eq!(limit.count(100).unwrap().unwrap().remaining, 4);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let most = NonZeroU32::MAX;
        for rate in [Rate::a_minute(1, most), Rate::a_second(u32::MAX, most)] {
            let limit = Limit::new(rate, FakeRelativeClock::default());
            assert_eq!(limit.count(7).unwrap().unwrap().limit, MOST_BURST);
        }
    }
}
