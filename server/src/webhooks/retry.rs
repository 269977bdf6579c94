//! When a notice is tried again. Pure: the dice come in.

use std::time::Duration;

/// A dialect's table of pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryTable {
    /// The pause after the first attempt, the second, and so on.
    pub first: &'static [Duration],
    /// The pause after every other.
    pub then: Duration,
}

/// A share of each pause that chance adds, so that what failed together does not come back together.
const JITTER: f64 = 0.1;

impl RetryTable {
    /// The pause after so many attempts, counted from 1. `dice` is drawn from 0 to 1. A receiver may ask for more time
    /// (`Retry-After`), though for no more than the table's longest pause.
    pub fn pause(&self, attempts: u32, dice: f64, asked: Option<Duration>) -> Duration {
        let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.first.get(index).copied().unwrap_or(self.then);
        let pause = pause.mul_f64(1.0 + JITTER * dice.clamp(0.0, 1.0));
        let most = self.first.iter().copied().fold(self.then, Duration::max);
        asked.map_or(pause, |asked| pause.max(asked.min(most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TABLE: RetryTable =
        RetryTable { first: &[SECOND, Duration::from_secs(30)], then: Duration::from_secs(100) };

    #[test]
    fn pauses_follow_the_table_and_end_in_its_last() {
        let pauses = [0, 1, 2, 3, 4, u32::MAX].map(|attempts| TABLE.pause(attempts, 0.0, None).as_secs());
        assert_eq!(pauses, [1, 1, 30, 100, 100, 100]);
    }

    #[test]
    fn chance_only_adds_and_no_more_than_its_share() {
        assert_eq!(TABLE.pause(3, 1.0, None), Duration::from_secs(110));
        assert_eq!(TABLE.pause(3, 0.5, None), Duration::from_secs(105));
        assert_eq!(TABLE.pause(3, f64::INFINITY, None), Duration::from_secs(110));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_within_the_table() {
        let asked = |seconds| TABLE.pause(2, 0.0, Some(Duration::from_secs(seconds))).as_secs();
        assert_eq!([0, 29, 31, 100, 101, u64::MAX].map(asked), [30, 30, 31, 100, 100, 100]);
    }
}
