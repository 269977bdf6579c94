//! Promises of the calendar month that a monthly cap counts in: it is the one that walking day by day finds.

use relay_domain::{Timestamp, month};

fn days_in(year: i32, month: i32) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[test]
fn each_month_begins_and_ends_to_the_nanosecond_until_instants_end() {
    const DAY: i64 = 86_400_000_000_000;
    let mut first = 0;
    for (year, number) in (1970..2262).flat_map(|year| (1..=12).map(move |number| (year, number))) {
        let next = first + days_in(year, number) * DAY;
        assert_eq!(month::of(Timestamp::from_nanos(first)), year * 100 + number);
        assert_eq!(month::of(Timestamp::from_nanos(next - 1)), year * 100 + number);
        first = next;
    }
    assert_eq!(month::of(Timestamp::from_nanos(i64::MAX)), 226_204);
    assert_eq!(month::of(Timestamp::from_nanos(i64::MIN)), 167_709);
}
