//! The plan's bucket, judged from outside: in every window at most burst + rate × time. Owns the arithmetic;
//! knows nothing of how a hub keeps its bucket. Plans and instants of dispatch come in, overruns go out.

/// What a token costs, in the unit of a level: nanoseconds × tokens a minute.
const TOKEN: i128 = 60_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// A plan in force from an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub burst: u32,
    pub refill_per_minute: u32,
    pub at_ms: i64,
}

/// A bucket that refills continuously and holds `burst` tokens. It is full exactly when no window that ends
/// now is used at all, so that one pass over sorted instants finds every window that overruns.
struct Bucket {
    plan: Plan,
    level: i128,
    at_ns: i64,
}

impl Plan {
    fn capacity(&self) -> i128 {
        i128::from(self.burst) * TOKEN
    }

    /// A token is a nanosecond's refill cheaper than it should be: a hub counts in whole nanoseconds, and
    /// may be off by one with each token.
    fn cost(&self) -> i128 {
        (TOKEN - i128::from(self.refill_per_minute)).max(0)
    }
}

impl Bucket {
    fn refill(&mut self, now_ns: i64) {
        // Sorted instants never go back; a plan change logged late may lie before the last of them.
        let elapsed = i128::from(now_ns) - i128::from(self.at_ns);
        if elapsed > 0 {
            let refilled = self.level + elapsed * i128::from(self.plan.refill_per_minute);
            self.level = refilled.min(self.plan.capacity());
            self.at_ns = now_ns;
        }
    }

    /// Tokens used stay used, up to the new burst: neither a fresh burst by changing plans nor a debt.
    fn change(&mut self, plan: Plan) {
        self.refill(plan.at_ms.saturating_mul(NS_PER_MS));
        let used = self.plan.capacity() - self.level;
        self.level = plan.capacity() - used.min(plan.capacity());
        self.plan = plan;
    }

    /// A dispatch that finds no token is not charged: each overrun is one token too many.
    fn take(&mut self, now_ns: i64) -> bool {
        self.refill(now_ns);
        let cost = self.plan.cost();
        let granted = self.level >= cost;
        if granted {
            self.level -= cost;
        }
        granted
    }
}

/// The instants among `dispatched_ns` for which no token was there. Before the first plan change the first
/// plan counts; without a plan there is nothing to judge.
pub(crate) fn overruns(mut plans: Vec<Plan>, mut dispatched_ns: Vec<i64>) -> Vec<i64> {
    plans.sort_by_key(|plan| plan.at_ms); // stable: of two in one millisecond the later line wins
    dispatched_ns.sort_unstable();
    let mut changes = plans.into_iter().peekable();
    let Some((first, at_ns)) = changes.next().zip(dispatched_ns.first().copied()) else {
        return Vec::new();
    };
    let mut bucket = Bucket { plan: first, level: first.capacity(), at_ns };
    let mut overruns = Vec::new();
    for now_ns in dispatched_ns {
        while let Some(plan) = changes.next_if(|plan| plan.at_ms.saturating_mul(NS_PER_MS) <= now_ns) {
            bucket.change(plan);
        }
        if !bucket.take(now_ns) {
            overruns.push(now_ns);
        }
    }
    overruns
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    fn plan(burst: u32, refill_per_minute: u32, at_ms: i64) -> Plan {
        Plan { burst, refill_per_minute, at_ms }
    }

    #[test]
    fn a_burst_and_then_the_rate_are_allowed() {
        let instants: Vec<i64> = [0; 5].into_iter().chain((1..20).map(|minute| minute * MINUTE)).collect();
        assert!(overruns(vec![plan(5, 1, 0)], instants).is_empty());
    }

    #[test]
    fn the_sixth_of_a_burst_of_five_is_caught() {
        assert_eq!(overruns(vec![plan(5, 1, 0)], vec![9; 6]), [9]);
    }

    #[test]
    fn a_token_is_not_there_before_its_instant() {
        let early = MINUTE - 10;
        assert_eq!(overruns(vec![plan(1, 1, 0)], vec![0, early, MINUTE]), [early]);
    }

    #[test]
    fn a_nanosecond_of_rounding_with_each_token_is_tolerated() {
        // 7 a minute is 8,571,428,571.43 ns: a hub that counts whole nanoseconds drifts by 0.43 a token.
        let interval = MINUTE / 7;
        let instants: Vec<i64> = (0..1000).map(|n| n * interval).collect();
        assert!(overruns(vec![plan(1, 7, 0)], instants.clone()).is_empty());
        let faster: Vec<i64> = (0..1000).map(|n| n * (interval - 2)).collect();
        assert!(!overruns(vec![plan(1, 7, 0)], faster).is_empty());
    }

    #[test]
    fn changing_the_plan_gives_no_fresh_burst() {
        let plans = vec![plan(5, 1, 0), plan(5, 1, 1), plan(50, 20, 2)];
        // Five used before the changes stay used: 45 are left of the 50.
        let instants: Vec<i64> = [0; 5].into_iter().chain([3_000_000; 45]).collect();
        assert!(overruns(plans.clone(), instants.clone()).is_empty());
        let one_more: Vec<i64> = instants.into_iter().chain([3_000_000]).collect();
        assert_eq!(overruns(plans, one_more), [3_000_000]);
    }

    #[test]
    fn a_smaller_plan_starts_with_no_more_than_an_empty_bucket() {
        let plans = vec![plan(100, 50, 0), plan(5, 1, 1)];
        let instants: Vec<i64> = [0; 100].into_iter().chain([2_000_000, MINUTE + 2_000_000]).collect();
        assert_eq!(overruns(plans, instants), [2_000_000]);
    }

    #[test]
    fn one_pass_finds_what_every_window_finds() {
        // A small generator in place of a dependency: the same numbers in every run.
        let mut seed = 1_u64;
        let mut dice = |sides: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % sides
        };
        for _ in 0..500 {
            let (burst, rate) = (1 + dice(4), 1 + dice(5));
            let mut now = 0;
            let instants: Vec<i64> = (0..12)
                .map(|_| {
                    now += i64::try_from(dice(4) * 15_000_000_000).unwrap();
                    now
                })
                .collect();
            let every_window = instants.iter().enumerate().all(|(i, from)| {
                instants.iter().enumerate().skip(i).all(|(j, to)| {
                    let tokens = (j - i + 1) as i128 - i128::from(burst);
                    tokens * TOKEN <= i128::from(to - from) * i128::from(rate)
                })
            });
            let plan = plan(burst as u32, rate as u32, 0);
            assert_eq!(overruns(vec![plan], instants).is_empty(), every_window);
        }
    }

    #[test]
    fn without_a_plan_or_a_dispatch_nothing_is_judged() {
        assert!(overruns(Vec::new(), vec![0; 9]).is_empty());
        assert!(overruns(vec![plan(5, 1, 0)], Vec::new()).is_empty());
    }
}
