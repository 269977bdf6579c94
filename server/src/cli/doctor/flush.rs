//! How long the disk takes to promise that something is safe: the time of every accepted message.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::finding::Finding;

const CHECK: &str = "disk";
/// Enough for a median and a worst.
const FLUSHES: usize = 50;
/// On a disk that needs seconds, fewer say as much.
const PATIENCE: Duration = Duration::from_secs(3);
/// About what a commit of one message adds to the log.
const BYTES: [u8; 4096] = [0x5a; 4096];

/// No disk can flush faster than this; what answers so fast has only promised to.
const TOO_GOOD: Duration = Duration::from_micros(20);
/// Customers feel it beyond this.
const SLOW: Duration = Duration::from_millis(50);
/// A customer's program gives up beyond this.
const HICCUP: Duration = Duration::from_secs(1);

/// Flushes small writes to a file in the folder, and removes it again. `stop` ends it early.
pub(super) fn measure(folder: &Path, stop: &AtomicBool) -> io::Result<Vec<Duration>> {
    // A file with a name: some file systems do not bother to flush one that nobody could find again.
    let mut file = tempfile::Builder::new().prefix(".doctor-").tempfile_in(folder)?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < FLUSHES && begun.elapsed() < PATIENCE && !stop.load(Ordering::Relaxed) {
        file.write_all(&BYTES)?;
        let flushing = Instant::now();
        file.as_file().sync_data()?;
        times.push(flushing.elapsed());
    }
    file.close()?;
    Ok(times)
}

/// What the times mean.
pub(super) fn judge(measured: io::Result<Vec<Duration>>) -> Finding {
    let mut times = match measured {
        Ok(times) => times,
        Err(error) => {
            let finding = format!("a file in the data directory cannot be written and flushed: {error}");
            return Finding::fail(
                CHECK,
                finding,
                "look at `df -h`, `df -i` and `dmesg`: the disk may be full or failing",
            );
        }
    };
    times.sort_unstable();
    let (Some(median), Some(worst)) = (times.get(times.len() / 2), times.last()) else {
        return Finding::ok(CHECK, "not measured: interrupted");
    };
    let measured =
        format!("a flush takes {} (median of {}; worst {})", shown(*median), times.len(), shown(*worst));
    if *median < TOO_GOOD {
        let finding = format!("{measured}: faster than any disk, so it may be promised and not done");
        return Finding::warn(CHECK, finding, LYING);
    }
    // A lane of commits: one flush each, for all messages that wait at that moment.
    let commits = 1.0 / median.as_secs_f64();
    let rate = match commits {
        few if few < 10.0 => format!("{few:.1}"),
        many => format!("{many:.0}"),
    };
    let finding = format!(
        "{measured}: a customer who sends one message at a time gets at most {rate} a second; those sent at once share a flush"
    );
    match (median, worst) {
        (median, _) if *median > SLOW => Finding::warn(CHECK, finding, FASTER),
        (_, worst) if *worst > HICCUP => Finding::warn(CHECK, finding, CALMER),
        _ => Finding::ok(CHECK, finding),
    }
}

const LYING: &str = "after a power cut accepted messages could be missing: if this is a virtual machine, let its disk honour \
                     flushes (no `cache=unsafe`); if it is memory (tmpfs), move the data directory to a disk";
const FASTER: &str = "put the data directory on a local SSD with --data-dir (RELAY_DATA_DIR); a network disk or a busy neighbour \
                      may be the reason (`iostat -x 1`)";
const CALMER: &str = "now and then answers wait that long: see what else uses the disk (`iostat -x 1`), and whether it is failing \
                      (`dmesg`, `smartctl -a`)";

/// Not measured, and why.
pub(super) fn passed_over(why: &str) -> Finding {
    Finding::ok(CHECK, format!("not measured: {why}"))
}

fn shown(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..1_000 => format!("{micros} µs"),
        _ => format!("{:.1} ms", time.as_secs_f64() * 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    fn times(micros: &[u64]) -> io::Result<Vec<Duration>> {
        Ok(micros.iter().map(|micros| Duration::from_micros(*micros)).collect())
    }

    #[test]
    fn an_ordinary_disk_is_good_and_says_its_rate() {
        let finding = judge(times(&[1_000, 2_000, 40_000]));
        assert_eq!(finding.level, Level::Ok);
        for part in ["2.0 ms (median of 3; worst 40.0 ms)", "at most 500 a second"] {
            assert!(finding.finding.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn a_disk_that_is_too_fast_to_be_true_warns() {
        let finding = judge(times(&[5, 6, 7, 900]));
        assert!(finding.level == Level::Warn && finding.finding.contains("7 µs"), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("cache=unsafe"));
    }

    #[test]
    fn a_slow_disk_and_one_with_hiccups_warn() {
        let slow = judge(times(&[200_000, 250_000, 300_000]));
        assert!(slow.level == Level::Warn && slow.finding.contains("at most 4.0 a second"), "{slow:?}");
        let hiccup = judge(times(&[1_000, 1_000, 1_500_000]));
        assert!(hiccup.level == Level::Warn && hiccup.finding.contains("1500.0 ms"), "{hiccup:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_fails() {
        let scratch = tempfile::tempdir().unwrap();
        let finding = judge(measure(&scratch.path().join("nowhere"), &AtomicBool::new(false)));
        assert_eq!(finding.level, Level::Fail);
    }

    #[test]
    fn measuring_leaves_nothing_behind_even_when_it_is_stopped() {
        let scratch = tempfile::tempdir().unwrap();
        let measured = measure(scratch.path(), &AtomicBool::new(false)).unwrap();
        assert!(!measured.is_empty() && measured.len() <= FLUSHES);
        assert!(measure(scratch.path(), &AtomicBool::new(true)).unwrap().is_empty());
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
