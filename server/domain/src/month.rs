//! Calendar months in an account's time zone: what a monthly cap counts in.
//!
//! The zones' rules are compiled in, so that they are the same on every machine and reading one touches no file.

use std::fmt;

use jiff::tz::TimeZone;

use crate::Timestamp;

/// A time zone by its IANA name, `Asia/Manila`.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// No zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{0}`: write an IANA name, such as UTC, Asia/Manila or Europe/Berlin")]
pub struct UnknownZone(pub String);

impl Zone {
    /// Universal time, the default.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The zone of this name; upper and lower case are the same.
    pub fn parse(name: &str) -> Result<Zone, UnknownZone> {
        TimeZone::get(name).map(Zone).map_err(|_| UnknownZone(name.to_owned()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::UTC
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The month of an instant as year × 100 + month, `202604`.
pub fn of(instant: Timestamp, zone: &Zone) -> i32 {
    let date = civil(instant, zone);
    i32::from(date.year()) * 100 + i32::from(date.month())
}

/// When the month of an instant ends: the first instant of the next one.
pub fn ends_at(instant: Timestamp, zone: &Zone) -> Timestamp {
    let first = civil(instant, zone).first_of_month();
    let next = first.checked_add(jiff::Span::new().months(1)).and_then(|date| date.to_zoned(zone.0.clone()));
    let nanos = next.map(|next| next.timestamp().as_nanosecond()).unwrap_or(i128::MAX);
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

fn civil(instant: Timestamp, zone: &Zone) -> jiff::civil::Date {
    // Every instant of a `Timestamp` is one of jiff's: its range is the wider.
    let instant = jiff::Timestamp::from_nanosecond(i128::from(instant.nanos())).unwrap_or_default();
    zone.0.to_datetime(instant).date()
}
