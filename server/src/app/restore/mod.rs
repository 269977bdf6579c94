//! `relay-hub restore`: makes a hub of files that are older than what the hub has known, or of a backup.
//!
//! Nothing here is sent. A new incarnation begins: what the old database had waiting or on its way is held until its
//! phone has told what it had, and what the file beside the database knows of devices is done again. The order of the
//! steps is the point: `Continuity` is written first, with an incarnation that no database has, so that until the last
//! step has committed every start is refused with the words `run relay-hub restore`.

mod copy;
mod known;
mod report;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use relay_domain::{Clock, DeviceId};
use relay_store::changes::{RestoreHub, RestoreVerdict};
use relay_store::queries::{Devices, ListDevices, Standings};
use relay_store::{CommitError, Durability, InspectError, Mark, OpenError, ReadError, Writer};

use self::copy::Copy;
use self::known::Known;
pub use self::report::{DeviceNamed, HeldShown, RestoreReport};
use super::data_dir::{self, DataDir, DataDirError};
use super::manifest::ManifestError;
use crate::clock::SystemClock;
use crate::continuity::{Continuity, ContinuityError};

/// Whether it is done or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreMode {
    /// It is done.
    Do,
    /// It is told what would be done.
    Tell,
}

/// Why nothing was restored, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A hub runs.
    #[error(
        "a hub runs on the data directory `{0}`: stop it first, then run `relay-hub restore` again; nothing was changed"
    )]
    HubRuns(PathBuf),
    /// Neither a database nor a backup.
    #[error(
        "there is no database `{0}`: name a backup with --from FOLDER, or put the files of one there; nothing was changed"
    )]
    NothingHere(PathBuf),
    /// The folder of the backup.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The database that is to be used.
    #[error("{0}; nothing was changed. Restore another backup with --from FOLDER")]
    Unreadable(#[from] InspectError),
    /// It is damaged.
    #[error(
        "the database `{path}` is damaged ({why}); nothing was changed. Restore another backup with --from FOLDER"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is not the one that the manifest speaks of.
    #[error(
        "the database `{0}` is not the one that its `backup.json` speaks of: files of two backups were mixed; nothing was \
         changed. Restore another backup"
    )]
    Mixed(PathBuf),
    /// A newer version wrote it.
    #[error(
        "the database `{path}` was written by a newer relay-hub (it knows migration `{newest}`, this one does not): restore \
         it with that version or a later one; nothing was changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// A migration that this version does not know.
        newest: String,
    },
    /// The file beside the database.
    #[error(transparent)]
    Continuity(#[from] ContinuityError),
    /// A file could not be put where it belongs.
    #[error("cannot write `{path}`: {error}; make room on the disk or look at its rights, then {AGAIN}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("{0}; then {AGAIN}")]
    Open(#[from] OpenError),
    /// The last step.
    #[error(
        "the database did not take the restore ({0}); look at the disk with `relay-hub doctor`, then {AGAIN}"
    )]
    Commit(#[from] CommitError),
    /// What came of it could not be read.
    #[error(
        "the database was restored and cannot be read ({0}); look at the disk with `relay-hub doctor`, then {AGAIN}"
    )]
    Read(#[from] ReadError),
}

/// The hub does not start half restored.
const AGAIN: &str = "run the same `relay-hub restore` again: until it has ended well the hub does not start";

/// Restores the data directory: from the backup in a folder, or the files that lie in it.
pub fn restore(
    data_dir: &Path,
    from: Option<&Path>,
    mode: RestoreMode,
) -> Result<RestoreReport, RestoreError> {
    if from.is_none() && !data_dir::database_path(data_dir).exists() {
        return Err(RestoreError::NothingHere(data_dir::database_path(data_dir)));
    }
    // Before anything is made: a slip in --from must not leave a data directory behind.
    let copy = from.map(Copy::check).transpose()?;
    let held = match mode {
        RestoreMode::Tell if data_dir::is_held(data_dir) => {
            return Err(RestoreError::HubRuns(data_dir.to_owned()));
        }
        RestoreMode::Tell => None,
        RestoreMode::Do => Some(DataDir::open(data_dir).map_err(|error| match error {
            DataDirError::InUse(path) => RestoreError::HubRuns(path),
            error => error.into(),
        })?),
    };
    let known = Known::look(data_dir, copy.as_ref())?;
    let mut report = RestoreReport::begin(data_dir, mode, copy.as_ref(), &known);
    if held.is_some() {
        let floor = Mark { incarnation: known.incarnation, commits: known.commits };
        put_in_place(data_dir, copy.as_ref(), &known, floor, &mut report)?;
        begin_again(data_dir, known, floor, &mut report)?;
    }
    Ok(report)
}

/// Everything that only moves files. The database is the last of them.
fn put_in_place(
    data_dir: &Path,
    copy: Option<&Copy>,
    known: &Known,
    floor: Mark,
    report: &mut RestoreReport,
) -> Result<(), RestoreError> {
    let arriving = copy.map(|copy| copy.bring(data_dir)).transpose()?;
    let path = data_dir::continuity_path(data_dir);
    if known.is_record_damaged() {
        report.put_aside.extend(copy::put_aside(&path, floor.incarnation)?);
    }
    // From here on no database is new enough, until the last step has made one so.
    drop(Continuity::begin(&path, floor, known.standings().iter().copied())?);
    if let (Some(copy), Some(arriving)) = (copy, arriving) {
        report.put_aside.extend(copy::put_database_aside(data_dir, floor.incarnation)?);
        // While no database is in place: old secrets with a new database would fit nothing.
        report.put_aside.extend(copy.place_secrets(data_dir, floor.incarnation)?);
        copy::place_database(&arriving, data_dir)?;
    }
    Ok(())
}

/// Begins the incarnation: the change that makes the database newer than everything before.
fn begin_again(
    data_dir: &Path,
    known: Known,
    floor: Mark,
    report: &mut RestoreReport,
) -> Result<(), RestoreError> {
    let clock = Arc::new(SystemClock::start()) as Arc<dyn Clock>;
    let database = data_dir::database_path(data_dir);
    let mut writer = Writer::open(&database, Durability::Full, clock, rand::random())?;
    writer.count_from(floor.commits);
    let incarnation = floor.incarnation;
    let change = RestoreHub { incarnation, standings: known.standings().to_vec() };
    let (verdict, _nobody_listens) = writer.commit_one(change);
    let verdict: RestoreVerdict = verdict?;
    let mark = Mark { incarnation, commits: writer.mark().commits };
    let standings = writer.ask(Standings { device_id: None })?;
    drop(Continuity::begin(&data_dir::continuity_path(data_dir), mark, standings)?);
    let devices = writer.ask(ListDevices { account_id: None, which: Devices::All })?;
    let names: Vec<(DeviceId, String)> = devices.into_iter().map(|device| (device.id, device.name)).collect();
    report.found(verdict, &names);
    Ok(())
}
