//! The data directory: private, and held by one process at a time.
//!
//! Whoever holds the lock owns the database, the secrets and the control socket's path. The lock is the
//! kernel's, so it dies with its process and never has to be cleaned up.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::config::SETTINGS_FILE;

const LOCK: &str = "hub.lock";
const DATABASE: &str = "relay.db";
const SECRETS: &str = "secrets.json";
const SOCKET: &str = "hub.sock";
const CONTINUITY: &str = "continuity.ndjson";
/// What shows that a folder is a hub's.
const OURS: [&str; 5] = [LOCK, DATABASE, SECRETS, SOCKET, CONTINUITY];
/// Nobody but the owner.
const OWNER_ONLY: u32 = 0o700;

/// The directory, locked. Dropping it gives it free.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The system refused.
    #[error(
        "cannot use the data directory `{path}`: {error}; choose one that is yours with --data-dir (RELAY_DATA_DIR)"
    )]
    File {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Others can look into it, and it is not ours alone.
    #[error(
        "the folder `{0}` holds other files and can be read by others: give the hub a folder of its own with \
         --data-dir (RELAY_DATA_DIR), or close this one with `chmod 700`"
    )]
    Shared(PathBuf),
    /// Another process holds it.
    #[error(
        "the data directory `{0}` is in use by another relay-hub: stop that one first, or choose another \
         directory with --data-dir (RELAY_DATA_DIR)"
    )]
    InUse(PathBuf),
}

/// Where the control socket of a data directory lies, locked or not.
pub fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET)
}

/// Where its database lies, locked or not.
pub fn database_path(data_dir: &Path) -> PathBuf {
    data_dir.join(DATABASE)
}

/// Where its secrets lie, locked or not.
pub fn secrets_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SECRETS)
}

/// Where it is written down what a restore must not forget, locked or not.
pub fn continuity_path(data_dir: &Path) -> PathBuf {
    data_dir.join(CONTINUITY)
}

/// Those of its files that are there.
pub fn files(data_dir: &Path) -> Vec<PathBuf> {
    OURS.iter().map(|name| data_dir.join(name)).filter(|path| path.exists()).collect()
}

/// Whether a process holds it. Makes nothing, and holds nobody up: a shared lock that is given free at once.
pub fn is_held(data_dir: &Path) -> bool {
    let Ok(lock) = File::open(data_dir.join(LOCK)) else { return false };
    matches!(flock(&lock, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
}

impl DataDir {
    /// Makes it if it is not there, closes it to others, and takes the lock without waiting.
    pub fn open(path: &Path) -> Result<DataDir, DataDirError> {
        let file = |error| DataDirError::File { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(path).map_err(file)?;
        close_to_others(path)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        let lock = options.open(path.join(LOCK)).map_err(file)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(DataDir { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(DataDirError::InUse(path.to_owned())),
            Err(error) => Err(file(error.into())),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        database_path(&self.path)
    }

    /// The secrets.
    pub fn secrets(&self) -> PathBuf {
        secrets_path(&self.path)
    }

    /// What a restore must not forget.
    pub fn continuity(&self) -> PathBuf {
        continuity_path(&self.path)
    }

    /// The control socket.
    pub fn socket(&self) -> PathBuf {
        socket_path(&self.path)
    }
}

/// A slip such as `--data-dir /home/me` must not change the rights of a folder that other things live in.
fn close_to_others(path: &Path) -> Result<(), DataDirError> {
    let file = |error| DataDirError::File { path: path.to_owned(), error };
    let mode = std::fs::metadata(path).map_err(file)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    if holds_other_things(path).map_err(file)? {
        return Err(DataDirError::Shared(path.to_owned()));
    }
    std::fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY)).map_err(file)
}

/// Whether a folder that is no hub's holds anything but a settings file, which an operator may have put there
/// before the first start.
pub fn holds_other_things(path: &Path) -> io::Result<bool> {
    if !files(path).is_empty() {
        return Ok(false);
    }
    let mut entries = std::fs::read_dir(path)?;
    Ok(entries.any(|entry| entry.map_or(true, |entry| entry.file_name() != SETTINGS_FILE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_data_directory_is_private_and_held_by_one_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("deep/data");
        let held = DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        let refused = DataDir::open(&path).unwrap_err();
        assert!(matches!(refused, DataDirError::InUse(_)), "{refused}");
        assert!(is_held(&path));
        drop(held);
        assert!(!is_held(&path) && !is_held(scratch.path()));
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn a_folder_of_other_things_keeps_its_rights() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("home");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        std::fs::write(path.join("letter"), "dear").unwrap();
        assert!(matches!(DataDir::open(&path).unwrap_err(), DataDirError::Shared(_)));
        assert_eq!(mode(&path), 0o755);
        std::fs::write(path.join(SETTINGS_FILE), "").unwrap();
        assert!(matches!(DataDir::open(&path).unwrap_err(), DataDirError::Shared(_)));
        // A settings file alone is how an operator prepares a new directory.
        std::fs::remove_file(path.join("letter")).unwrap();
        DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }
}
