//! Promises of the device's token bucket, held against a model that shares nothing with it: credit in
//! nanoseconds that grows by one each nanosecond, as far as the burst goes, and pays one interval for a message.

use proptest::prelude::*;
use relay_domain::Timestamp;
use relay_domain::bucket::{earliest, left, rescale, settled, take};
use relay_domain::plan::{PlanName, Quota};

const MINUTE: i64 = 60_000_000_000;
/// A day in 2025: instants as large as those in production.
const START: Timestamp = Timestamp::from_nanos(1_750_000_000_000_000_000);

fn quota(burst: u32, refill_per_minute: u32) -> Quota {
    Quota::new(burst, refill_per_minute).expect("both are positive")
}

/// The documented plans, the smallest, one whose interval is rounded, the fastest, and a huge custom burst.
fn quotas() -> Vec<Quota> {
    let mut quotas: Vec<Quota> = PlanName::ALL.into_iter().map(|name| name.plan().quota).collect();
    quotas.extend([quota(1, 1), quota(3, 7), quota(1, 60_000), quota(20, 60_000), quota(1_000_000, 500)]);
    quotas
}

fn any_quota() -> impl Strategy<Value = Quota> {
    prop_oneof![proptest::sample::select(quotas()), (1_u32..40, 1_u32..200).prop_map(|(b, r)| quota(b, r))]
}

/// Waits that matter to any plan: nothing, a nanosecond, about an interval, about a burst.
fn waits() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => Just(0_i64),
        1 => Just(1_i64),
        3 => 0..MINUTE / 20,
        2 => 0..2 * MINUTE,
        1 => 0..3_000 * MINUTE,
    ]
}

/// A plan and a deficit anywhere between a full bucket and a little more than an empty one, or exactly on a token.
fn drained() -> impl Strategy<Value = (Quota, i64)> {
    (any_quota(), -10_i64..1_050, any::<bool>()).prop_map(|(quota, per_mille, on_token)| {
        let deficit =
            i128::from(nanos(quota)) * i128::from(quota.burst.get()) * i128::from(per_mille) / 1_000;
        let deficit = i64::try_from(deficit).expect("plans fill in a few days");
        (quota, if on_token { deficit / nanos(quota) * nanos(quota) } else { deficit })
    })
}

fn nanos(quota: Quota) -> i64 {
    i64::try_from(quota.interval().as_nanos()).expect("an interval is at most a minute")
}

fn after(instant: Timestamp, nanos: i64) -> Timestamp {
    Timestamp::from_nanos(instant.nanos() + nanos)
}

/// What a process that starts anew has: the number in the row.
fn reloaded(quota: Quota, arrival: Timestamp, now: Timestamp) -> Timestamp {
    settled(quota, Timestamp::from_nanos(arrival.nanos()), now)
}

/// How many takes succeed at this very instant, counted up to `limit`.
fn takes(quota: Quota, mut arrival: Timestamp, now: Timestamp, limit: u32) -> u32 {
    let mut count = 0;
    while count < limit {
        match take(quota, arrival, now) {
            Ok(next) => (arrival, count) = (next, count + 1),
            Err(_) => break,
        }
    }
    count
}

fn assert_windows(quota: Quota, dispatched: &[i64]) -> Result<(), TestCaseError> {
    for (first, from) in dispatched.iter().enumerate() {
        for (last, to) in dispatched.iter().enumerate().skip(first) {
            let count = i64::try_from(last - first + 1).expect("few messages");
            let allowed = i64::from(quota.burst.get()) + (to - from) / nanos(quota);
            prop_assert!(count <= allowed, "{count} messages in {} ns, {allowed} allowed", to - from);
        }
    }
    Ok(())
}

#[test]
fn a_fresh_bucket_gives_exactly_its_burst() {
    for quota in quotas() {
        let burst = quota.burst.get();
        for arrival in [Timestamp::EPOCH, START] {
            assert_eq!(takes(quota, arrival, START, burst + 2), burst, "{quota:?}");
        }
    }
}

#[test]
fn a_plan_of_seven_a_minute_never_gives_eight() {
    let quota = quota(1, 7);
    let mut arrival = START;
    let mut count = 0;
    // The first message starts the minute, seven more must not fit before it is over.
    for at in (0..MINUTE).step_by(1_000_003) {
        if let Ok(next) = take(quota, arrival, after(START, at)) {
            (arrival, count) = (next, count + 1);
        }
    }
    assert_eq!(count, 7);
}

#[test]
fn a_burst_that_no_calendar_holds_neither_panics_nor_blocks() {
    let quota = quota(u32::MAX, 1);
    assert!(take(quota, START, START).is_ok());
    assert!(left(quota, START, START) > 100_000_000);
    let arrival = rescale(quota, self::quota(5, 1), Timestamp::from_nanos(i64::MAX), START);
    assert_eq!(arrival, after(START, 5 * MINUTE));
}

#[test]
fn a_clock_before_1970_stands_still_at_the_epoch() {
    let early = Timestamp::from_nanos(-MINUTE);
    assert_eq!(take(quota(5, 1), early, early), Ok(Timestamp::from_nanos(MINUTE)));
}

#[test]
fn a_clock_set_back_an_hour_blocks_for_the_burst_at_most() {
    for quota in quotas() {
        let ahead = after(START, 60 * MINUTE + 10_000 * MINUTE);
        let arrival = settled(quota, ahead, START);
        let full = START.plus(quota.interval() * quota.burst.get());
        assert!(arrival <= full);
        assert_eq!(takes(quota, arrival, full, 2), quota.burst.get().min(2));
    }
}

#[test]
fn a_clock_set_forward_counts_as_elapsed() {
    let quota = quota(5, 1);
    let empty = START.plus(quota.interval() * 5);
    let restarted = after(START, 3 * MINUTE);
    assert_eq!(left(quota, reloaded(quota, empty, restarted), restarted), 3);
}

#[test]
fn rescaling_to_the_same_plan_on_every_reconnect_starves_nobody() {
    let quota = quota(1, 1);
    let mut arrival = take(quota, START, START).unwrap();
    for second in 1..60 {
        arrival = rescale(quota, quota, arrival, after(START, second * 1_000_000_000));
    }
    assert!(take(quota, arrival, after(START, MINUTE)).is_ok());
}

#[test]
fn an_upgrade_gives_no_fresh_burst_and_a_downgrade_does_not_owe() {
    let (free, pro) = (PlanName::Free.plan().quota, PlanName::Pro.plan().quota);
    let used_four = START.plus(free.interval() * 4);
    assert_eq!(left(pro, rescale(free, pro, used_four, START), START), 96);
    let used_ninety = START.plus(pro.interval() * 90);
    let down = rescale(pro, free, used_ninety, START);
    assert_eq!(left(free, down, START), 0);
    assert_eq!(take(free, down, START), Err(after(START, MINUTE)));
}

#[test]
fn no_instant_and_no_plan_overflows() {
    let instants =
        [i64::MIN, i64::MIN + 1, -1, 0, 1, START.nanos(), i64::MAX - MINUTE, i64::MAX - 1, i64::MAX];
    let extremes = [1, 2, 7, 60_000, u32::MAX - 1, u32::MAX];
    for (burst, refill) in extremes.into_iter().flat_map(|b| extremes.map(|r| (b, r))) {
        let quota = quota(burst, refill);
        for (arrival, now) in instants.into_iter().flat_map(|a| instants.map(|n| (a, n))) {
            let (arrival, now) = (Timestamp::from_nanos(arrival), Timestamp::from_nanos(now));
            let _ = take(quota, arrival, now);
            let _ = settled(quota, arrival, now);
            assert!(left(quota, arrival, now) <= burst);
            let _ = rescale(quota, self::quota(5, 1), arrival, now);
            let _ = rescale(self::quota(5, 1), quota, arrival, now);
        }
    }
}

proptest! {
    #[test]
    fn it_decides_exactly_as_credit_would_through_rests_and_restarts(
        quota in any_quota(),
        steps in prop::collection::vec((waits(), any::<bool>()), 1..150),
    ) {
        let interval = nanos(quota);
        let most = i128::from(interval) * i128::from(quota.burst.get());
        let (mut credit, mut now, mut arrival) = (most, START, Timestamp::EPOCH);
        let mut dispatched = Vec::new();
        for (wait, restart) in steps {
            now = after(now, wait);
            credit = (credit + i128::from(wait)).min(most);
            if restart {
                arrival = reloaded(quota, arrival, now);
            }
            prop_assert_eq!(i128::from(left(quota, arrival, now)), credit / i128::from(interval));
            match take(quota, arrival, now) {
                Ok(next) => {
                    prop_assert!(credit >= i128::from(interval));
                    credit -= i128::from(interval);
                    arrival = next;
                    dispatched.push(now.nanos());
                }
                Err(until) => {
                    let missing = i128::from(interval) - credit;
                    prop_assert!(missing > 0);
                    prop_assert_eq!(i128::from(until.nanos()), i128::from(now.nanos()) + missing);
                }
            }
        }
        assert_windows(quota, &dispatched)?;
    }

    #[test]
    fn a_refusal_names_the_very_nanosecond((quota, deficit) in drained()) {
        let arrival = settled(quota, after(START, deficit), START);
        if let Err(until) = take(quota, arrival, START) {
            prop_assert!(until > START);
            prop_assert!(take(quota, arrival, until).is_ok());
            prop_assert_eq!(take(quota, arrival, after(until, -1)), Err(until));
        }
    }

    #[test]
    fn whoever_leaves_the_moment_a_token_exists_gets_the_whole_rate(quota in any_quota()) {
        let (mut arrival, mut now, mut count) = (START, START, 0_u32);
        for _ in 0..quota.burst.get().min(500) + 50 {
            now = match take(quota, arrival, now) {
                Ok(next) => { arrival = next; now }
                Err(until) => {
                    arrival = take(quota, arrival, until).expect("the instant it named");
                    until
                }
            };
            count += 1;
        }
        let waited = i64::from(count.saturating_sub(quota.burst.get())) * nanos(quota);
        prop_assert_eq!(now, after(START, waited));
    }

    #[test]
    fn left_is_how_many_leave_now((quota, deficit) in drained()) {
        let arrival = after(START, deficit);
        let left = left(quota, arrival, START);
        let limit = 300;
        prop_assert_eq!(takes(quota, arrival, START, limit), left.min(limit));
    }

    #[test]
    fn a_rest_of_any_length_saves_no_more_than_a_burst(quota in any_quota(), rest in 0..i64::MAX / 4) {
        let now = after(START, rest);
        prop_assert_eq!(left(quota, START, now), quota.burst.get());
        let limit = quota.burst.get().min(2_000) + 1;
        prop_assert_eq!(takes(quota, START, now, limit), quota.burst.get().min(limit));
    }

    #[test]
    fn a_change_of_plan_leaves_what_was_used_used((old, deficit) in drained(), new in any_quota()) {
        let arrival = after(START, deficit);
        let used = old.burst.get() - left(old, arrival, START);
        let left = left(new, rescale(old, new, arrival, START), START);
        prop_assert_eq!(left, new.burst.get().saturating_sub(used));
    }

    /// Plans whose interval divides a minute, so that the sum over plans is exact in whole numbers.
    #[test]
    fn no_series_of_plan_changes_exceeds_what_the_plans_allow(
        steps in prop::collection::vec((waits(), prop::option::weighted(0.1, 0_usize..5)), 1..120),
    ) {
        let plans = [quota(5, 1), quota(50, 20), quota(100, 50), quota(1, 60_000), quota(2, 1)];
        let (mut plan, mut now, mut arrival) = (plans[0], START, START);
        // Per message sent: what was allowed up to then, in messages × minutes-of-nanoseconds, and how many left.
        let mut allowed = 0_i128;
        let mut sent: Vec<(i128, i128)> = Vec::new();
        for (wait, change) in steps {
            now = after(now, wait);
            allowed += i128::from(wait) * i128::from(plan.refill_per_minute.get());
            if let Some(new) = change.map(|index| plans[index]) {
                arrival = rescale(plan, new, arrival, now);
                allowed += i128::from(MINUTE) * i128::from(new.burst.get().saturating_sub(plan.burst.get()));
                plan = new;
            }
            while let Ok(next) = take(plan, arrival, now) {
                arrival = next;
                sent.push((allowed, i128::from(plan.burst.get())));
            }
        }
        for (first, (from, burst)) in sent.iter().enumerate() {
            for (last, (to, _)) in sent.iter().enumerate().skip(first) {
                let count = i128::try_from(last - first + 1).expect("few messages");
                prop_assert!((count - burst) * i128::from(MINUTE) <= to - from);
            }
        }
    }

    #[test]
    fn a_stepped_clock_never_blocks_longer_than_a_burst_takes(
        (quota, deficit) in drained(), step in -10_000 * MINUTE..10_000 * MINUTE,
    ) {
        let stored = after(START, deficit);
        let now = after(START, step);
        let arrival = settled(quota, stored, now);
        let full = now.plus(quota.interval() * quota.burst.get());
        prop_assert!((now..=full).contains(&arrival));
        if step < 0 {
            prop_assert!(left(quota, arrival, now) <= left(quota, stored, START), "set back, it forgave");
        }
        if let Err(until) = take(quota, arrival, now) {
            prop_assert!(until <= now.plus(quota.interval()));
            prop_assert!(take(quota, arrival, until).is_ok());
        }
    }
}

proptest! {
    #[test]
    fn the_instant_foretold_is_the_one_at_which_a_message_leaves(
        (quota, deficit) in drained(),
        ahead in 0_u32..60,
    ) {
        let arrival = reloaded(quota, after(START, deficit), START);
        let foretold = earliest(quota, arrival, START, ahead);
        let (mut arrival, mut now) = (arrival, START);
        for _ in 0..=ahead {
            arrival = take(quota, arrival, now).unwrap_or_else(|until| {
                now = until;
                take(quota, arrival, now).expect("a token exists when it was said to")
            });
        }
        prop_assert_eq!(foretold, now);
    }
}
