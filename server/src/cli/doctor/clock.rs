//! Can the wall clock be believed? Offline nobody knows the time; but a clock can be caught lying.

use std::time::Duration;

use relay_domain::Timestamp;
use time::OffsetDateTime;
use tokio::process::Command;
use tokio::time::timeout;

use super::finding::Finding;

const CHECK: &str = "clock";
/// 2026-01-01: this program is not older.
const EARLIEST: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// 2100-01-01: and will not be run for so long.
const LATEST: Timestamp = Timestamp::from_millis(4_102_444_800_000);
/// The hub's clock is read once at its start, and a synchronised one may be slewed meanwhile.
const LEEWAY: Duration = Duration::from_secs(5);
/// `timedatectl` asks a service, which may have to be started.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether something keeps the clock right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synchronised {
    /// The kernel says that it is.
    Yes,
    /// The kernel says that it is not.
    No,
    /// There is nobody to ask.
    Unknown,
}

/// Asks the system.
pub(super) async fn synchronised() -> Synchronised {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]).kill_on_drop(true);
    match timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) => match output.stdout.trim_ascii() {
            b"yes" => Synchronised::Yes,
            b"no" => Synchronised::No,
            _ => Synchronised::Unknown,
        },
        Ok(Err(_)) | Err(_) => Synchronised::Unknown,
    }
}

/// The wall clock against the calendar, against what the hub wrote down, and who keeps it right.
pub(super) fn judge(now: Timestamp, newest: Option<Timestamp>, synchronised: Synchronised) -> Finding {
    const SET: &str = "set the clock and have it kept: `timedatectl set-ntp true`, or install chrony";
    if now < EARLIEST || now > LATEST {
        let finding = format!("it is {}, says the clock, and that cannot be", shown(now));
        return Finding::fail(CHECK, finding, SET);
    }
    if let Some(newest) = newest.filter(|newest| *newest > now.plus(LEEWAY)) {
        let finding = format!(
            "it is {}, says the clock, but the newest entry in the database is of {}, {} later: one of the two was wrong",
            shown(now),
            shown(newest),
            span(newest.since(now))
        );
        let remedy = format!(
            "{SET}; then restart a running hub, which counts on from the time of its start. If the clock is right now, it \
             was ahead before, and what the hub wrote then keeps its instants"
        );
        return Finding::fail(CHECK, finding, remedy);
    }
    let finding = format!("it is {}", shown(now));
    match synchronised {
        Synchronised::Yes => Finding::ok(CHECK, finding + ", synchronised"),
        Synchronised::Unknown => Finding::ok(
            CHECK,
            finding + "; whether it is synchronised cannot be seen from here (no timedatectl)",
        ),
        Synchronised::No => Finding::warn(CHECK, finding + ", and nothing keeps it right", SET),
    }
}

/// To the second, in UTC.
pub(super) fn shown(instant: Timestamp) -> String {
    match OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant.nanos())) {
        Ok(time) => {
            let (hour, minute, second) = time.to_hms();
            format!("{} {hour:02}:{minute:02}:{second:02} UTC", time.date())
        }
        Err(_) => instant.to_string(),
    }
}

fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    /// 2026-11-22 06:00:00 UTC.
    const NOW: Timestamp = Timestamp::from_millis(1_795_327_200_000);

    #[test]
    fn a_sane_clock_is_good_and_says_whether_it_is_kept_right() {
        let finding = judge(NOW, Some(NOW), Synchronised::Yes);
        assert_eq!(finding, Finding::ok("clock", "it is 2026-11-22 06:00:00 UTC, synchronised"));
        assert!(judge(NOW, None, Synchronised::Unknown).finding.contains("cannot be seen"));
        assert_eq!(judge(NOW, None, Synchronised::Unknown).level, Level::Ok);
        let unkept = judge(NOW, None, Synchronised::No);
        assert!(unkept.level == Level::Warn && unkept.remedy.unwrap().contains("set-ntp"));
    }

    #[test]
    fn a_year_that_cannot_be_fails() {
        for millis in [0, 1_700_000_000_000, 5_000_000_000_000] {
            let finding = judge(Timestamp::from_millis(millis), None, Synchronised::Yes);
            assert_eq!(finding.level, Level::Fail, "{finding:?}");
        }
    }

    #[test]
    fn a_clock_behind_the_newest_entry_fails_with_both_instants() {
        let ahead = |seconds| NOW.plus(Duration::from_secs(seconds));
        assert_eq!(judge(NOW, Some(ahead(4)), Synchronised::Yes).level, Level::Ok);
        let finding = judge(NOW, Some(ahead(3 * 3_600)), Synchronised::Yes);
        assert_eq!(finding.level, Level::Fail);
        for part in ["06:00:00", "09:00:00", "3 h later"] {
            assert!(finding.finding.contains(part), "{finding:?}");
        }
    }
}
