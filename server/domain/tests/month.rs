//! Promises of the calendar month that a monthly cap counts in: it is the one that walking day by day finds.

use relay_domain::Timestamp;
use relay_domain::month::{self, Zone};

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
    let of = |nanos| month::of(Timestamp::from_nanos(nanos), &Zone::UTC);
    let mut first = 0;
    for (year, number) in (1970..2262).flat_map(|year| (1..=12).map(move |number| (year, number))) {
        let next = first + days_in(year, number) * DAY;
        assert_eq!((of(first), of(next - 1)), (year * 100 + number, year * 100 + number));
        for within in [first, next - 1] {
            assert_eq!(month::ends_at(Timestamp::from_nanos(within), &Zone::UTC).nanos(), next);
        }
        first = next;
    }
    assert_eq!((of(i64::MAX), of(i64::MIN)), (226_204, 167_709));
    assert_eq!(month::ends_at(Timestamp::from_nanos(i64::MAX), &Zone::UTC).nanos(), i64::MAX);
}

#[test]
fn a_month_ends_at_the_zones_midnight_whatever_its_offset_then() {
    for (zone, end, hours) in [
        ("UTC", "2026-11-01", 0),
        ("Asia/Manila", "2026-11-01", -8),
        // Daylight saving ends on the first of November at two: midnight is still summer's.
        ("America/New_York", "2026-11-01", 4),
        ("America/New_York", "2026-12-01", 5),
        // The day had no midnight: its first instant is one o'clock.
        ("America/Sao_Paulo", "2012-11-01", 2),
        ("pacific/kiritimati", "2026-11-01", -14),
    ] {
        let zone = Zone::parse(zone).unwrap();
        let midnight: jiff::civil::Date = end.parse().unwrap();
        let utc = midnight.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
        let first = Timestamp::from_millis((utc + hours * 3600) * 1000);
        let last = Timestamp::from_nanos(first.nanos() - 1);
        let number = i32::from(midnight.year()) * 100 + i32::from(midnight.month());
        assert_eq!((month::of(last, &zone), month::of(first, &zone)), (number - 1, number), "{zone:?}");
        assert_eq!(month::ends_at(last, &zone), first, "{zone:?}");
    }
}

#[test]
fn a_zone_is_known_by_its_name_and_an_unknown_one_is_told_with_the_remedy() {
    assert_eq!(Zone::default().name(), "UTC");
    assert_eq!(Zone::parse("asia/manila").unwrap().name(), "Asia/Manila");
    for bad in ["", "Manila", "+08:00", "Mars/Olympus"] {
        let refused = Zone::parse(bad).unwrap_err().to_string();
        assert!(refused.contains(&format!("`{bad}`")) && refused.contains("Asia/Manila"), "{refused}");
    }
}
