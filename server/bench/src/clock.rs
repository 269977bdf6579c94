//! The monotonic clock that all processes of this machine share: instants of one are compared with those of another.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Microseconds since some moment before all of them began.
pub fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}

/// From an instant of [`now_us`] until now.
pub fn since(us: u64) -> Duration {
    Duration::from_micros(now_us().saturating_sub(us))
}

/// A number to call that carries an instant: an Austrian mobile number of 14 digits, the longest that is one, whose last
/// nine are microseconds (they go round after a quarter of an hour).
pub fn stamped_number(at_us: u64) -> String {
    format!("{STAMPED}{:09}", at_us % ROUND)
}

/// How long ago the instant in such a number was.
pub fn age_us(number: &str) -> Option<u64> {
    let stamp: u64 = number.strip_prefix(STAMPED)?.parse().ok()?;
    Some((now_us() % ROUND + ROUND - stamp) % ROUND)
}

const STAMPED: &str = "+43660";
const ROUND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamped_number_tells_how_old_it_is() {
        let second_ago = stamped_number(now_us() - 1_000_000);
        assert_eq!(second_ago.len(), 15);
        let age = age_us(&second_ago).unwrap();
        assert!((1_000_000..60_000_000).contains(&age), "{age}");
        assert_eq!(age_us("+15550100000"), None);
    }
}
