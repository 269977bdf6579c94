//! Lengths of time as people write them: `250ms`, `25s`, `10m`, `24h`.

use std::time::Duration;

/// Longer is a slip: no interval of a hub is meant to be seen by nobody.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Reads one.
pub fn parse(text: &str) -> Result<Duration, String> {
    const REMEDY: &str = "write a whole number and a unit, such as 250ms, 25s, 10m or 24h (at most 720h)";
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| REMEDY)?;
    let unit_millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(REMEDY.to_owned()),
    };
    let span = number.checked_mul(unit_millis).map(Duration::from_millis).ok_or(REMEDY)?;
    if span.is_zero() || span > LONGEST { Err(REMEDY.to_owned()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_a_number_and_a_unit() {
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("24h"), Ok(Duration::from_secs(86_400)));
        for bad in [
            "",
            "5",
            "s",
            "1.5s",
            "0s",
            "721h",
            "18446744073709551616s",
            "18446744073709551615h",
            "5 s",
            "５s",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
