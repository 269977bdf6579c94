//! Calendar months, for the monthly cap.

use crate::Timestamp;

/// The UTC month of an instant as year × 100 + month, `202604`.
pub fn of(instant: Timestamp) -> i32 {
    let days = instant.nanos().div_euclid(86_400_000_000_000);
    // Days to civil date, proleptic Gregorian: years are counted from March so that the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    i32::try_from(year * 100 + month).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_change_at_midnight_utc() {
        let day = 86_400_000i64;
        for (days, month) in [
            (0, 197001),
            (30, 197001),
            (31, 197002),
            (58, 197002),
            (59, 197003),
            (11_016, 200002),
            (11_017, 200003),
        ] {
            assert_eq!(of(Timestamp::from_millis(days * day)), month, "day {days}");
            assert_eq!(of(Timestamp::from_millis(days * day + day - 1)), month, "last of day {days}");
        }
        assert_eq!(of(Timestamp::from_millis(1_785_542_399_999)), 202607);
        assert_eq!(of(Timestamp::from_millis(1_785_542_400_000)), 202608);
        assert_eq!(of(Timestamp::from_millis(-1)), 196912);
    }
}
