//! Instants as text: RFC 3339, written in UTC with milliseconds, read with any offset or as a bare date.

use relay_domain::Timestamp;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, time};
use time::{Date, OffsetDateTime};

const MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Nanoseconds in what the text form leaves out.
const MILLI_NANOS: i64 = 1_000_000;

/// `2026-04-25T08:00:00.000Z`; what is below a millisecond is cut off.
pub fn write(at: Timestamp) -> String {
    // Every instant of a `Timestamp` is a date that can be written.
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.nanos()));
    date.ok().and_then(|date| date.format(MILLIS).ok()).unwrap_or_else(|| at.to_string())
}

/// `2026-04-25T08:00:00Z`; what is below a second is cut off.
pub fn write_seconds(at: Timestamp) -> String {
    let written = write(at);
    written.split_once('.').map_or_else(|| written.clone(), |(whole, _)| format!("{whole}Z"))
}

/// Reads an instant with its offset, for what is to happen then: a bare date would leave open when.
pub fn exact(text: &str) -> Option<Timestamp> {
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(instant.unix_timestamp_nanos()).ok().map(Timestamp::from_nanos)
}

/// Which end of a range an instant stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The range begins with it.
    First,
    /// The range ends with it, and it still belongs to the range.
    Last,
}

/// Reads a date or an instant as the end of an inclusive range.
///
/// A date is the whole UTC day. Instants are shown cut to the millisecond, so an instant without finer digits
/// means its whole millisecond: whoever asks up to the `createdAt` that was shown gets that message too. What lies
/// beyond every instant that there is here, `9999-12-31`, stands for the first or last of them.
pub fn read(text: &str, end: End) -> Option<Timestamp> {
    let (first, length) = match Date::parse(text, DATE) {
        Ok(date) => (date.with_time(time!(0:00)).assume_utc(), 86_400_000 * MILLI_NANOS),
        Err(_) => (OffsetDateTime::parse(text, &Rfc3339).ok()?, 0),
    };
    let first = first.unix_timestamp_nanos().clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    let length = if length == 0 && first % MILLI_NANOS == 0 { MILLI_NANOS } else { length.max(1) };
    match end {
        End::First => Some(Timestamp::from_nanos(first)),
        End::Last => Some(Timestamp::from_nanos(first.saturating_add(length - 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_with_milliseconds_in_utc() {
        assert_eq!(write(Timestamp::from_millis(1_777_104_000_000)), "2026-04-25T08:00:00.000Z");
        assert_eq!(write(Timestamp::from_nanos(1_777_104_000_001_999_999)), "2026-04-25T08:00:00.001Z");
        assert_eq!(write_seconds(Timestamp::from_nanos(1_777_104_000_999_999_999)), "2026-04-25T08:00:00Z");
    }

    #[test]
    fn ranges_hold_both_ends() {
        let eight = 1_777_104_000_000_000_000;
        let nanos = |text, end| read(text, end).map(Timestamp::nanos);
        for text in ["2026-04-25T08:00:00Z", "2026-04-25T08:00:00.000Z", "2026-04-25T10:00:00+02:00"] {
            assert_eq!(nanos(text, End::First), Some(eight), "{text}");
            assert_eq!(nanos(text, End::Last), Some(eight + 999_999), "{text}");
        }
        assert_eq!(nanos("2026-04-25T08:00:00.0000005Z", End::Last), Some(eight + 500));
        let midnight = eight - 8 * 3_600_000_000_000;
        assert_eq!(nanos("2026-04-25", End::First), Some(midnight));
        assert_eq!(nanos("2026-04-25", End::Last), Some(midnight + 86_399_999_999_999));
        for bad in ["", "yesterday", "2026-02-30", "2026-04-25T08:00:00", "2026-04", "1777104000"] {
            assert_eq!(read(bad, End::First), None, "{bad}");
        }
        for end in [End::First, End::Last] {
            assert_eq!(nanos("9999-12-31", end), Some(i64::MAX));
            assert_eq!(nanos("0746-09-20T03:05:07Z", End::First), Some(i64::MIN));
        }
    }
}
