//! The small file beside the database that outlives a restore: how far the hub has come, and how its devices stand.
//!
//! A database that was put back by hand, or by a disk that lost its newest writes, looks as good as any; only
//! something beside it can tell that it is old. The file also knows what a copy of the database cannot: who was
//! paired, unpaired or revoked after it was made. [`Continuity`] writes it, [`read`] reads it; `lines` has its words.
//! It knows neither the database nor who restores.
//!
//! ```text
//! {"format":"relay-hub continuity","version":1,"incarnation":1,"commits":4711}        one line of 256 bytes
//! {"device":"0190…","generation":3,"phone":"paired"}
//! {"device":"0190…","generation":3,"phone":"leaving","by_ns":1795327200000000000}
//! {"device":"0190…","generation":4,"phone":"revoked"}                                 the later line of a device counts
//! ```

mod lines;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use relay_domain::DeviceId;

pub use self::read::{Record, read};
use crate::relay::standing::{Mark, Standing, StandingLog};

/// A file that has grown to this is written anew with one line a device: some eight thousand pairings, unpairs and
/// revocations after a start.
const REWRITE_AT_BYTES: u64 = 1024 * 1024;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContinuityError {
    /// It cannot be read or written.
    #[error(
        "cannot use `{path}`: {error}; check that the data directory is yours and that its disk has room"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A later version wrote it.
    #[error(
        "`{path}` was written by a newer relay-hub (its version is {version}): start that version or a later one; nothing \
         was changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// It is none of ours, or was changed.
    #[error(
        "`{path}` is damaged or none of the hub's ({why}): with the hub stopped, run `relay-hub restore`, which puts it \
         aside and writes a new one; nothing was changed"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// The file of a hub whose data directory this process holds.
pub struct Continuity {
    path: PathBuf,
    written: Mutex<Written>,
}

/// What is in the file.
struct Written {
    file: File,
    mark: Mark,
    standings: BTreeMap<DeviceId, Standing>,
    /// Where the next line begins. Behind it may lie what a failed write left.
    end: u64,
}

impl Continuity {
    /// Writes the file anew, durably: a crash leaves the one before or this one.
    pub fn begin(
        path: &Path,
        mark: Mark,
        standings: impl IntoIterator<Item = Standing>,
    ) -> Result<Continuity, ContinuityError> {
        let standings = standings.into_iter().map(|standing| (standing.device_id, standing)).collect();
        let written = Written::create(path, mark, standings)
            .map_err(|error| ContinuityError::File { path: path.to_owned(), error })?;
        Ok(Continuity { path: path.to_owned(), written: Mutex::new(written) })
    }

    /// Writes down how far the database has come, if that changed. `mark` must not be ahead of the database, also not
    /// after a power failure; this line may be behind, so it is not flushed.
    pub fn come_to(&self, mark: Mark) -> io::Result<()> {
        let mut written = self.written();
        if written.mark != mark {
            written.file.write_all_at(&lines::header(mark), 0)?;
            written.mark = mark;
        }
        Ok(())
    }

    /// Nothing is left half changed by a panic: each step stands for itself.
    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandingLog for Continuity {
    fn note(&self, standing: Standing) -> io::Result<()> {
        let mut written = self.written();
        let before = written.standings.get(&standing.device_id).copied();
        let kept = read::later(before, standing);
        if before == Some(kept) {
            return Ok(());
        }
        if written.end >= REWRITE_AT_BYTES {
            let mut standings = written.standings.clone();
            standings.insert(standing.device_id, kept);
            *written = Written::create(&self.path, written.mark, standings)?;
            return Ok(());
        }
        written.append(&kept)?;
        written.standings.insert(standing.device_id, kept);
        Ok(())
    }
}

impl Written {
    /// Beside and renamed, with the folder flushed: the file is never half there.
    fn create(path: &Path, mark: Mark, standings: BTreeMap<DeviceId, Standing>) -> io::Result<Written> {
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        let mut text = lines::header(mark).to_vec();
        standings.values().for_each(|standing| lines::push(&mut text, standing));
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Written { file, mark, standings, end: text.len() as u64 })
    }

    /// What a failed write left behind is written over by the next line, and a reader takes it for a torn one.
    fn append(&mut self, standing: &Standing) -> io::Result<()> {
        let mut line = Vec::new();
        lines::push(&mut line, standing);
        self.file.set_len(self.end)?;
        self.file.write_all_at(&line, self.end)?;
        self.file.sync_data()?;
        self.end += line.len() as u64;
        Ok(())
    }
}
