//! A copy of a database in one step, while traffic flows: SQLite reads one snapshot and writes it out whole.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::inspect::{OpenElsewhere, uri};
use super::{InspectError, Inspection, Trouble, classify, inspect};
use crate::Depth;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Source(#[from] InspectError),
    /// The copy cannot be written.
    #[error("cannot write the copy `{path}`: {why}; give a new folder on a disk with room for it")]
    Copy {
        /// The copy.
        path: PathBuf,
        /// What the system or the database said.
        why: String,
    },
    /// The copy was written and is not whole.
    #[error("the copy `{path}` is damaged: {why}; keep no such copy, look at the disk and make another")]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Whether the source can be read at this moment: a hub that opens or closes it may have it for itself.
fn look_at_source(conn: &mut SqliteConnection, from: &Path) -> Result<(), InspectError> {
    let read = diesel::sql_query("SELECT count(*) FROM sqlite_master").execute(conn);
    read.map(drop).map_err(|error| match classify(&error) {
        Trouble::Busy => InspectError::Busy(from.to_owned()),
        Trouble::DiskFull | Trouble::Io | Trouble::Poison => {
            InspectError::Unreadable { path: from.to_owned(), why: error.to_string() }
        }
    })
}

/// Copies the database at `from` to the new file `to`, flushes it and looks at every page of it. Nobody who writes is
/// held up; the log of a running hub is not cut back meanwhile.
pub fn backup(from: &Path, elsewhere: OpenElsewhere, to: &Path) -> Result<Inspection, BackupError> {
    let copy = |why: String| BackupError::Copy { path: to.to_owned(), why };
    let name = to.to_str().ok_or_else(|| copy("the path is not UTF-8".into()))?;
    if !from.exists() {
        return Err(InspectError::Absent(from.to_owned()).into());
    }
    let source = uri(from, elsewhere)?;
    let unreadable = |why: String| InspectError::Unreadable { path: from.to_owned(), why };
    let mut conn = SqliteConnection::establish(&source).map_err(|error| unreadable(error.to_string()))?;
    conn.batch_execute("PRAGMA busy_timeout = 5000").map_err(|error| unreadable(error.to_string()))?;
    look_at_source(&mut conn, from)?;
    // Made by us first, so that it is never readable by others; SQLite takes an empty file for no file.
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(to)
        .map_err(|error| copy(error.to_string()))?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<diesel::sql_types::Text, _>(name)
        .execute(&mut conn)
        .map_err(|error| copy(error.to_string()))?;
    drop(conn);
    File::open(to).and_then(|file| file.sync_all()).map_err(|error| copy(error.to_string()))?;
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| copy(error.to_string()))?;
    }
    let damaged = |why: String| BackupError::Damaged { path: to.to_owned(), why };
    let found =
        inspect(to, OpenElsewhere::Free, Depth::EveryPage).map_err(|error| damaged(error.to_string()))?;
    match found.damage.first() {
        Some(first) => Err(damaged(first.clone())),
        None => Ok(found),
    }
}
