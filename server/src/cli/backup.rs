//! `relay-hub backup`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::exit::Exit;
use super::output;
use crate::app::{self, Copied, Manifest};
use crate::config::{DataSettings, SettingsFile};

const EXAMPLES: &str = "\
Examples:
  relay-hub backup /backups/relay-2026-11-26
  relay-hub backup \"/backups/relay-$(date +%F-%H%M)\"     from cron: a new folder each time

The hub may run meanwhile, and nobody is held up. The folder holds the copy of the database, read page by page for
damage, the secrets, and backup.json, which is written last: a folder without it is no backup. Whoever can read the
folder can read every message and send from every phone: keep it as the data directory itself, and on another disk.

Back with it: relay-hub restore --from FOLDER";

/// A log that nobody watches gets a line this often.
const LINE_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Backup {
    /// A new or empty folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    data: DataSettings,
    /// It may say where the data directory is.
    #[command(flatten)]
    _file: SettingsFile,
    /// Answer with one JSON object, for programs
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct BackedUp<'a> {
    answer: &'static str,
    folder: &'a std::path::Path,
    #[serde(flatten)]
    manifest: &'a Manifest,
}

pub(super) fn run(backup: &Backup) -> Exit {
    let folder = backup.folder.as_path();
    let mut meter = Meter::new();
    let done = app::backup(&backup.data.data_dir, folder, |copied| meter.show(copied));
    meter.end();
    match done {
        Ok(manifest) if backup.json => {
            output::object(&BackedUp { answer: "backed_up", folder, manifest: &manifest });
            Exit::Done
        }
        Ok(manifest) => {
            output::say(format!(
                "Backed up into {}: {}, phones: {}. Every page of the copy was read, and is whole.",
                folder.display(),
                megabytes(manifest.database_bytes),
                manifest.phones,
            ));
            output::say(
                "It holds the secrets too: keep it as safe as the data directory, and on another disk.",
            );
            Exit::Done
        }
        Err(error) => {
            output::complain(&error);
            if backup.json {
                output::refused(&error);
            }
            Exit::from(&error)
        }
    }
}

/// How far it is, on standard error: one line that is written over where a person watches.
struct Meter {
    watched: bool,
    shown_at: Instant,
    open_line: bool,
}

impl Meter {
    fn new() -> Meter {
        Meter { watched: std::io::stderr().is_terminal(), shown_at: Instant::now(), open_line: false }
    }

    fn show(&mut self, copied: Copied) {
        let text = said(copied);
        let mut to = std::io::stderr().lock();
        // A closed pipe is nobody's mistake.
        if self.watched {
            let _closed = write!(to, "\r{text:<60}").and_then(|()| to.flush());
            self.open_line = true;
        } else if self.shown_at.elapsed() >= LINE_EVERY {
            let _closed = writeln!(to, "{text}");
            self.shown_at = Instant::now();
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.open_line) {
            let _closed = write!(std::io::stderr().lock(), "\r{:<60}\r", "");
        }
    }
}

/// The copy is made without gaps, so it may end smaller than its source, and is read once it is there.
fn said(Copied { bytes, of }: Copied) -> String {
    match bytes >= of {
        true => format!("Reading the copy: {}", megabytes(bytes)),
        false => format!("Copied {} of about {}", megabytes(bytes), megabytes(of)),
    }
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_megabytes() {
        assert_eq!(said(Copied { bytes: 1_250_000, of: 30_000_000 }), "Copied 1.2 MB of about 30.0 MB");
        assert_eq!(said(Copied { bytes: 30_000_000, of: 30_000_000 }), "Reading the copy: 30.0 MB");
    }
}
