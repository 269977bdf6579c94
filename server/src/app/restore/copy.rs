//! The files of a backup on their way into the data directory. Nothing is overwritten and nothing deleted: what was
//! there is renamed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use relay_store::{Inspection, OpenElsewhere};

use super::RestoreError;
use super::known::whole;
use crate::app::data_dir;
use crate::app::manifest::{self, Manifest};

/// Files that SQLite keeps beside a database; they belong to it and to no other.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// A backup that was looked at.
pub(super) struct Copy {
    folder: PathBuf,
    manifest: Manifest,
    inspection: Inspection,
    /// `None` where the backup has none.
    secrets: Option<Vec<u8>>,
}

impl Copy {
    /// Reads its manifest, every page of its database, and its secrets.
    pub(super) fn check(folder: &Path) -> Result<Copy, RestoreError> {
        let manifest = Manifest::read(folder)?;
        let database = folder.join(manifest::DATABASE);
        let inspection = whole(&database, OpenElsewhere::Free)?;
        if inspection.mark.unwrap_or_default() != manifest.mark() {
            return Err(RestoreError::Mixed(database));
        }
        let path = folder.join(manifest::SECRETS);
        let secrets = match std::fs::read(&path) {
            Ok(secrets) => Some(secrets),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(RestoreError::File { path, error }),
        };
        Ok(Copy { folder: folder.to_owned(), manifest, inspection, secrets })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(super) fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Whether secrets will be there afterwards.
    pub(super) fn has_secrets(&self) -> bool {
        self.secrets.is_some()
    }

    /// Brings the database into the data directory under another name, flushed: the long step, before anything changes.
    pub(super) fn bring(&self, data_dir: &Path) -> Result<PathBuf, RestoreError> {
        let arriving = data_dir.join("relay.db.restoring");
        let file = |error| RestoreError::File { path: arriving.clone(), error };
        let mut from = File::open(self.folder.join(manifest::DATABASE)).map_err(file)?;
        let mut options = OpenOptions::new();
        let mut to =
            options.create(true).truncate(true).write(true).mode(0o600).open(&arriving).map_err(file)?;
        io::copy(&mut from, &mut to).and_then(|_| to.sync_all()).map_err(file)?;
        Ok(arriving)
    }

    /// The secrets belong to the database: its keys' digests and its phones' tokens are made with them.
    pub(super) fn place_secrets(
        &self,
        data_dir: &Path,
        incarnation: u32,
    ) -> Result<Option<PathBuf>, RestoreError> {
        let path = data_dir::secrets_path(data_dir);
        let file = |error| RestoreError::File { path: path.clone(), error };
        let Some(secrets) = &self.secrets else { return Ok(None) };
        let aside = match std::fs::read(&path) {
            Ok(current) if current == *secrets => return Ok(None),
            Ok(_) => put_aside(&path, incarnation)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(file(error)),
        };
        let beside = path.with_extension("new");
        manifest::write_file(&beside, secrets)
            .and_then(|()| std::fs::rename(&beside, &path))
            .and_then(|()| File::open(data_dir)?.sync_all())
            .map_err(file)?;
        Ok(aside)
    }
}

/// The current database with its log. The database goes first: a log without its database is nobody's, while a
/// database without its log would be an older one.
pub(super) fn put_database_aside(data_dir: &Path, incarnation: u32) -> Result<Vec<PathBuf>, RestoreError> {
    let database = data_dir::database_path(data_dir);
    let aside = free_name(&database, incarnation);
    let mut moved = Vec::new();
    for suffix in BESIDE {
        let (from, to) = (with(&database, suffix), with(&aside, suffix));
        match std::fs::rename(&from, &to) {
            Ok(()) => moved.push(to),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(RestoreError::File { path: to, error }),
        }
    }
    flush(data_dir)?;
    Ok(moved)
}

/// Puts the database that was brought in its place.
pub(super) fn place_database(arriving: &Path, data_dir: &Path) -> Result<(), RestoreError> {
    let path = data_dir::database_path(data_dir);
    std::fs::rename(arriving, &path).map_err(|error| RestoreError::File { path, error })?;
    flush(data_dir)
}

/// Renames a file out of the way, if it is there.
pub(super) fn put_aside(path: &Path, incarnation: u32) -> Result<Option<PathBuf>, RestoreError> {
    let aside = free_name(path, incarnation);
    match std::fs::rename(path, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RestoreError::File { path: aside, error }),
    }
}

/// A name that nothing has: an incarnation comes twice only where everything that knew it is gone.
fn free_name(path: &Path, incarnation: u32) -> PathBuf {
    let name = with(path, &format!(".before-restore-{incarnation}"));
    let is_free = |name: &PathBuf| BESIDE.iter().all(|suffix| !with(name, suffix).exists());
    let others = (2..).map(|n: u32| with(&name, &format!(".{n}")));
    std::iter::once(name.clone()).chain(others).find(is_free).unwrap_or(name)
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn flush(folder: &Path) -> Result<(), RestoreError> {
    let flushed = File::open(folder).and_then(|folder| folder.sync_all());
    flushed.map_err(|error| RestoreError::File { path: folder.to_owned(), error })
}
