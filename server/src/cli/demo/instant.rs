//! The API's instants, read: as milliseconds to subtract, and as a clock to show.

use relay_domain::Timestamp;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

const NANOS_PER_MILLI: i128 = 1_000_000;
const MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Unix milliseconds of an RFC 3339 instant.
pub(super) fn millis(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLI)).ok()
}

/// An instant to the millisecond, UTC, as the API writes it.
pub(super) fn write(at: Timestamp) -> String {
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.nanos()));
    date.ok().and_then(|date| date.format(MILLIS).ok()).unwrap_or_else(|| at.to_string())
}

/// What a clock on the wall shows (UTC).
pub(super) fn clock(text: &str) -> &str {
    let (_, time) = text.split_once('T').unwrap_or(("", text));
    time.trim_end_matches('Z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_subtracted_and_shown() {
        assert_eq!(millis("2026-04-25T08:00:00.250Z"), Some(1_777_104_000_250));
        assert_eq!(millis("yesterday"), None);
        assert_eq!(clock("2026-04-25T08:00:00.250Z"), "08:00:00.250");
        assert_eq!(write(Timestamp::from_millis(1_777_104_000_250)), "2026-04-25T08:00:00.250Z");
    }
}
