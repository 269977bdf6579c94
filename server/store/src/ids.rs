//! Where ids come from: UUIDv7, rising within a lane even inside one millisecond, from a seeded generator.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use relay_domain::Timestamp;
use uuid::Uuid;

/// Makes ids. One per lane, so that the order of ids is the order of commits.
pub(crate) struct IdSource {
    rng: StdRng,
    last_millis: u64,
    low: u128,
}

/// Bits below the time and the version: 12 + 62.
const LOW_BITS: u32 = 74;
const LOW_MASK: u128 = (1 << LOW_BITS) - 1;

impl IdSource {
    pub(crate) fn new(seed: u64) -> IdSource {
        IdSource { rng: StdRng::seed_from_u64(seed), last_millis: 0, low: 0 }
    }

    /// Counts on from this id, if it is beyond the last one: another process may have made it by a clock that was set back
    /// since.
    pub(crate) fn count_from(&mut self, last: Uuid) {
        let bits = last.as_u128();
        let millis = u64::try_from(bits >> 80).unwrap_or(0);
        let low = ((bits >> 64) & 0xfff) << 62 | (bits & ((1 << 62) - 1));
        if (millis, low) > (self.last_millis, self.low) {
            (self.last_millis, self.low) = (millis, low);
        }
    }

    /// The next id. A clock that stands still or was set back counts on from the last id.
    pub(crate) fn next<Id: From<Uuid>>(&mut self, now: Timestamp) -> Id {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        let step = u128::from(self.rng.next_u32()) + 1;
        if millis > self.last_millis {
            self.last_millis = millis;
            let random = (u128::from(self.rng.next_u64()) << 64) | u128::from(self.rng.next_u64());
            // The top bit stays free, so that counting on does not overflow within a millisecond.
            self.low = random & (LOW_MASK >> 1);
        } else if self.low + step <= LOW_MASK {
            self.low += step;
        } else {
            self.last_millis += 1;
            self.low = step;
        }
        Id::from(self.assemble())
    }

    fn assemble(&self) -> Uuid {
        let high12 = self.low >> 62;
        let low62 = self.low & ((1 << 62) - 1);
        let time = u128::from(self.last_millis & 0xffff_ffff_ffff);
        Uuid::from_u128((time << 80) | (0x7 << 76) | (high12 << 64) | (0b10 << 62) | low62)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_count_on_from_what_another_process_has_made() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let mut before = IdSource::new(7);
        let given: Vec<Uuid> = (0..1_000).map(|_| before.next(now)).collect();
        let last = *given.last().unwrap();
        for back in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(7_200)] {
            let mut ids = IdSource::new(9);
            ids.count_from(last);
            ids.count_from(given[0]);
            let mut before = last;
            for _ in 0..1_000 {
                let next: Uuid = ids.next(now.minus(back));
                assert!(next > before, "{next} after {before}");
                before = next;
            }
        }
    }

    #[test]
    fn ids_rise_within_a_millisecond_and_when_the_clock_goes_back() {
        let mut ids = IdSource::new(7);
        let mut now = Timestamp::from_millis(1_800_000_000_000);
        let mut last: Uuid = ids.next(now);
        for round in 0..10_000u64 {
            now = if round % 3 == 0 {
                now.plus(Duration::from_micros(700))
            } else {
                now.minus(Duration::from_micros(9))
            };
            let next: Uuid = ids.next(now);
            assert!(next > last, "{next} after {last}");
            assert_eq!(next.get_version_num(), 7);
            assert_eq!(next.get_variant(), uuid::Variant::RFC4122);
            last = next;
        }
    }
}
