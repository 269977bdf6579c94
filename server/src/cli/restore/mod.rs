//! `relay-hub restore`

mod report;

use std::path::PathBuf;

use super::exit::Exit;
use super::output;
use crate::app::{self, RestoreMode};
use crate::config::{DataSettings, SettingsFile};

const EXAMPLES: &str = "\
Examples (with the hub stopped):
  relay-hub restore --from /backups/relay-2026-11-26             from a folder of `relay-hub backup`
  relay-hub restore --from /backups/relay-2026-11-26 --dry-run   only say what would be done
  relay-hub restore                                              files were put back into the data directory by hand

Nothing is deleted: the database that was there is renamed, and its new name is told. Nothing is sent twice: what
waited when the backup was made is held until its phone has told what it had; see `relay-hub held list`. What was
accepted after the backup is lost, as far as no phone knows of it.

When files are put back by hand, remove relay.db-wal and relay.db-shm first, unless they are of the same copy.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Restore {
    /// A folder of `relay-hub backup`; without it, what lies in the data directory is made good
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// Change nothing: say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    data: DataSettings,
    /// It may say where the data directory is.
    #[command(flatten)]
    _file: SettingsFile,
    /// Answer with one JSON object, for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(restore: &Restore) -> Exit {
    crate::telemetry::start("warn", crate::telemetry::LogForm::Human);
    let mode = if restore.dry_run { RestoreMode::Tell } else { RestoreMode::Do };
    match app::restore(&restore.data.data_dir, restore.from.as_deref(), mode) {
        Ok(report) if restore.json => {
            output::object(&report);
            Exit::Done
        }
        Ok(report) => {
            report::lines(&report).into_iter().for_each(output::say);
            Exit::Done
        }
        Err(error) => {
            output::complain(&error);
            if restore.json {
                output::refused(&error);
            }
            Exit::from(&error)
        }
    }
}
