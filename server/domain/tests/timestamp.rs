//! Promises of an instant: its milliseconds never lie in its future, and no arithmetic overflows.

use std::time::Duration;

use proptest::prelude::*;
use relay_domain::Timestamp;

#[test]
fn milliseconds_are_rounded_towards_the_past() {
    for (nanos, millis) in
        [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)]
    {
        assert_eq!(Timestamp::from_nanos(nanos).millis(), millis, "{nanos}");
    }
}

#[test]
fn it_is_shown_in_seconds_with_its_sign() {
    let shown = |nanos| Timestamp::from_nanos(nanos).to_string();
    assert_eq!(shown(1_750_000_000_000_000_001), "1750000000.000000001");
    assert_eq!(shown(0), "0.000000000");
    assert_eq!(shown(-1), "-0.000000001");
    assert_eq!(shown(-1_500_000_000), "-1.500000000");
    assert_eq!(shown(i64::MIN), "-9223372036.854775808");
}

#[test]
fn what_does_not_fit_is_clamped() {
    let (first, last) = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
    assert_eq!(Timestamp::from_millis(i64::MAX), last);
    assert_eq!(Timestamp::from_millis(i64::MIN), first);
    assert_eq!(Timestamp::EPOCH.plus(Duration::MAX), last);
    assert_eq!(first.minus(Duration::MAX), first);
    assert_eq!(last.since(first), Duration::from_nanos(i64::MAX.unsigned_abs()));
}

proptest! {
    #[test]
    fn milliseconds_round_trip_and_never_lie_in_the_future(nanos in any::<i64>()) {
        let instant = Timestamp::from_nanos(nanos);
        let rounded = Timestamp::from_millis(instant.millis());
        prop_assert!(rounded <= instant);
        prop_assert_eq!(rounded.millis(), instant.millis().max(i64::MIN / 1_000_000 - 1));
        prop_assert!(instant.since(rounded) < Duration::from_millis(1));
    }

    #[test]
    fn later_and_earlier_undo_each_other(nanos in -1_i64 << 61..1 << 61, span in 0_u64..1 << 61) {
        let (instant, span) = (Timestamp::from_nanos(nanos), Duration::from_nanos(span));
        prop_assert_eq!(instant.plus(span).minus(span), instant);
        prop_assert_eq!(instant.plus(span).since(instant), span);
        prop_assert_eq!(instant.since(instant.plus(span)), Duration::ZERO);
    }

    #[test]
    fn no_arithmetic_overflows(a in any::<i64>(), b in any::<i64>(), span in any::<Duration>()) {
        let (a, b) = (Timestamp::from_nanos(a), Timestamp::from_nanos(b));
        prop_assert!(a.plus(span) >= a && a.minus(span) <= a);
        prop_assert_eq!(a.since(b) == Duration::ZERO, a <= b);
    }
}
