//! How much one endpoint gets at a time. Pure: the instants come in.
//!
//! An endpoint gets one post at a time at first, and twice as many with each that it takes. After a failure it gets one
//! again, and after a few in a row it is left alone for a while: an endpoint that hangs costs one connection now and then, whatever
//! waits for it. What is left alone is not tried, so that no notice uses up its attempts on a receiver that is down.

use std::time::Duration;

use relay_domain::Timestamp;

/// Posts at once to an endpoint that answers.
pub(super) const AT_ONCE: usize = 8;
/// Failures in a row after which it is left alone.
const TRIPS_AFTER: u32 = 5;
/// For how long at first; doubled with each failure more.
const FIRST_REST: Duration = Duration::from_secs(5);
/// Longest rest: a receiver that is back hears of it within this time.
const MOST_REST: Duration = Duration::from_secs(60);
/// What gathered while a webhook was paused leaves no faster than this, so that a receiver which has just come back is not
/// flooded: fifty a second.
const DRAIN_PACE: Duration = Duration::from_millis(20);

/// How an endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Circuit {
    width: usize,
    failures: u32,
    failed_at: Option<Timestamp>,
    closed_until: Option<Timestamp>,
    drains_at: Option<Timestamp>,
    /// Its last success took its time.
    slow: bool,
}

impl Default for Circuit {
    fn default() -> Circuit {
        Circuit { width: 1, failures: 0, failed_at: None, closed_until: None, drains_at: None, slow: false }
    }
}

impl Circuit {
    /// Posts that may begin now beside those that are under way.
    pub(super) fn room(&self, under_way: usize, now: Timestamp) -> usize {
        if self.opens_at(now).is_some() {
            return 0;
        }
        self.width.saturating_sub(under_way)
    }

    /// Whether it is worth a look at the store: with most of it busy, another post ends before long, and brings room for
    /// more than one.
    pub(super) fn is_roomy(&self, under_way: usize, now: Timestamp) -> bool {
        let room = self.room(under_way, now);
        room > 0 && (under_way == 0 || room * 2 >= self.width)
    }

    /// When something may begin again; `None` if that is now.
    pub(super) fn opens_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.closed_until.max(self.drains_at).filter(|at| *at > now)
    }

    /// Whether it is in trouble, or slow: then it takes no turns from those that are not.
    pub(super) fn is_troubled(&self) -> bool {
        self.failures > 0 || self.slow
    }

    /// A post was taken, at once or slowly.
    pub(super) fn succeeded(&mut self, slow: bool) {
        (self.failures, self.closed_until, self.slow) = (0, None, slow);
        self.width = (self.width * 2).min(AT_ONCE);
    }

    /// A post was not taken. Those that began together count as one: they say the same of the endpoint.
    pub(super) fn failed(&mut self, began_at: Timestamp, now: Timestamp) {
        if self.failed_at.is_some_and(|last| began_at < last) {
            return;
        }
        (self.failed_at, self.width) = (Some(now), 1);
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(TRIPS_AFTER) {
            let rest = FIRST_REST.saturating_mul(1 << beyond.min(10)).min(MOST_REST);
            self.closed_until = Some(now.plus(rest));
        }
    }

    /// A post of what gathered during a pause begins.
    pub(super) fn drained_one(&mut self, now: Timestamp) {
        self.drains_at = Some(now.plus(DRAIN_PACE));
    }

    /// Somebody changed the webhook: what was learnt of its endpoint may be old.
    pub(super) fn forget(&mut self) {
        *self = Circuit::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn trusted() -> Circuit {
        let mut circuit = Circuit::default();
        (0..3).for_each(|_| circuit.succeeded(false));
        circuit
    }

    #[test]
    fn an_endpoint_gets_more_with_each_success_and_one_in_trouble_gets_one() {
        let mut circuit = Circuit::default();
        for room in [1, 2, 4, AT_ONCE, AT_ONCE] {
            assert_eq!(circuit.room(0, NOW), room);
            circuit.succeeded(false);
        }
        assert_eq!([3, AT_ONCE, AT_ONCE + 1].map(|busy| circuit.room(busy, NOW)), [5, 0, 0]);
        assert_eq!([0, 4, 5, AT_ONCE].map(|busy| circuit.is_roomy(busy, NOW)), [true, true, false, false]);
        circuit.failed(NOW, NOW);
        assert!(circuit.is_troubled() && circuit.is_roomy(0, NOW));
        assert_eq!([0, 1].map(|busy| circuit.room(busy, NOW)), [1, 0]);
        circuit.succeeded(true);
        assert!(circuit.is_troubled(), "slow");
        circuit.succeeded(false);
        assert!(!circuit.is_troubled());
        assert_eq!(circuit.room(0, NOW), 4);
    }

    #[test]
    fn after_five_failures_in_a_row_it_rests_longer_each_time_and_at_most_a_minute() {
        let mut circuit = Circuit::default();
        let mut now = NOW;
        for rest in [0, 0, 0, 0, 5, 10, 20, 40, 60, 60] {
            assert_eq!(circuit.room(0, now) > 0, circuit.opens_at(now).is_none());
            circuit.failed(now, now);
            let opens = now.plus(Duration::from_secs(rest));
            assert_eq!(circuit.opens_at(now), Some(opens).filter(|_| rest > 0));
            assert_eq!(circuit.room(0, opens.minus(Duration::from_nanos(1))), usize::from(rest == 0));
            assert_eq!(circuit.room(0, opens), 1, "one probe");
            now = opens.plus(Duration::from_secs(1));
        }
        circuit.succeeded(false);
        assert_eq!(circuit.room(0, now), 2);
    }

    #[test]
    fn posts_that_began_together_fail_as_one() {
        let mut circuit = trusted();
        for _ in 0..AT_ONCE {
            circuit.failed(NOW, after(15));
        }
        assert_eq!(circuit.room(0, after(15)), 1, "one failure, not eight");
    }

    #[test]
    fn what_gathered_leaves_at_its_pace() {
        let mut circuit = trusted();
        circuit.drained_one(NOW);
        assert_eq!(circuit.room(0, NOW), 0);
        let next = NOW.plus(DRAIN_PACE);
        assert_eq!(circuit.opens_at(NOW), Some(next));
        assert_eq!(circuit.room(1, next), AT_ONCE - 1);
        circuit.forget();
        assert_eq!(circuit.room(0, NOW), 1);
    }
}
