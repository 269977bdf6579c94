//! `relay-hub backup`: a copy of everything that cannot be made anew, while the hub runs or not.
//!
//! The database is read by this process as one reader more; nobody asks the hub, and nobody is held up.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use relay_domain::Clock as _;
use relay_store::{InspectError, Inspection, OpenElsewhere};

use super::data_dir;
use super::manifest::{self, Manifest};
use crate::clock::SystemClock;
use crate::http::instant::write as instant;

/// A hub that starts or stops has its database for itself for a moment; migrations may take longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries, and between two looks at how far the copy is.
const PAUSE: Duration = Duration::from_millis(200);

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It holds something.
    #[error(
        "the folder `{0}` is not empty: give a new one for each backup, so that a failed one never spoils the one before"
    )]
    NotEmpty(PathBuf),
    /// It, or what goes into it, cannot be made.
    #[error("cannot write `{path}`: {error}; give a new folder on a disk with room for it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is nothing to copy.
    #[error("there is no database `{0}`: name the hub's data directory with --data-dir (RELAY_DATA_DIR)")]
    NoDatabase(PathBuf),
    /// There are no secrets.
    #[error(
        "cannot read the secrets `{path}`: {error}; without them no API key and no phone works after a restore, so nothing \
         was copied. Run this as the user who runs the hub"
    )]
    Secrets {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The database, or its copy.
    #[error(transparent)]
    Store(#[from] relay_store::BackupError),
}

/// How far the copying is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Bytes written.
    pub bytes: u64,
    /// About how many it will be.
    pub of: u64,
}

/// Writes a backup into a folder that does not exist or is empty, and tells every so often how far it is. What failed
/// leaves nothing behind.
pub fn backup(data_dir: &Path, folder: &Path, progress: impl FnMut(Copied)) -> Result<Manifest, BackupError> {
    let database = data_dir::database_path(data_dir);
    if !database.exists() {
        return Err(BackupError::NoDatabase(database));
    }
    let secrets = data_dir::secrets_path(data_dir);
    let secrets = std::fs::read(&secrets).map_err(|error| BackupError::Secrets { path: secrets, error })?;
    let made = make_folder(folder)?;
    let written = write(&database, &secrets, folder, progress);
    if written.is_err() {
        // Names that this run has written; whatever else came in meanwhile is somebody's.
        for name in
            [manifest::DATABASE, "relay.db-journal", manifest::SECRETS, "backup.new", manifest::MANIFEST]
        {
            let _not_there = std::fs::remove_file(folder.join(name));
        }
        if made == Made::New {
            let _not_empty = std::fs::remove_dir(folder);
        }
    }
    written
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    New,
    Before,
}

fn make_folder(folder: &Path) -> Result<Made, BackupError> {
    let file = |error| BackupError::File { path: folder.to_owned(), error };
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(file)?;
            Ok(Made::Before)
        }
        Ok(false) => Err(BackupError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file)?;
            Ok(Made::New)
        }
        Err(error) => Err(file(error)),
    }
}

fn write(
    database: &Path,
    secrets: &[u8],
    folder: &Path,
    progress: impl FnMut(Copied),
) -> Result<Manifest, BackupError> {
    let copy = folder.join(manifest::DATABASE);
    let made_at = instant(SystemClock::start().now());
    let found = copy_watched(database, &copy, progress)?;
    let path = folder.join(manifest::SECRETS);
    manifest::write_file(&path, secrets).map_err(|error| BackupError::File { path, error })?;
    let bytes = size(&copy);
    let manifest = Manifest::new(made_at, found.mark.unwrap_or_default(), found.phones, bytes);
    manifest
        .write(folder)
        .map_err(|error| BackupError::File { path: folder.join(manifest::MANIFEST), error })?;
    // A new folder is a name in its parent.
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let _not_ours = std::fs::File::open(parent).and_then(|parent| parent.sync_all());
    }
    Ok(manifest)
}

/// Copies on a thread of its own, so that this one can tell how far it is.
fn copy_watched(
    database: &Path,
    copy: &Path,
    mut progress: impl FnMut(Copied),
) -> Result<Inspection, BackupError> {
    std::thread::scope(|scope| {
        let (tell, told) = channel();
        scope.spawn(move || {
            // Whoever asked is gone only by a panic.
            let _gone = tell.send(copy_patiently(database, copy));
        });
        loop {
            match told.recv_timeout(PAUSE) {
                Ok(copied) => return copied,
                Err(RecvTimeoutError::Timeout) => {
                    progress(Copied { bytes: size(copy), of: size(database) });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let error = io::Error::other("the copying ended without a word");
                    return Err(BackupError::File { path: copy.to_owned(), error });
                }
            }
        }
    })
}

fn copy_patiently(database: &Path, copy: &Path) -> Result<Inspection, BackupError> {
    let started = Instant::now();
    loop {
        match relay_store::backup(database, OpenElsewhere::Perhaps, copy) {
            Err(relay_store::BackupError::Source(InspectError::Busy(_))) if started.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            copied => return Ok(copied?),
        }
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
