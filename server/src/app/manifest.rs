//! The folder of a backup, and the small file that makes it one: written last, so that a folder without it is known to
//! be unfinished.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use relay_store::Mark;
use serde::{Deserialize, Serialize};

/// The copy of the database.
pub(super) const DATABASE: &str = "relay.db";
/// The copy of the secrets.
pub(super) const SECRETS: &str = "secrets.json";
/// The manifest.
pub(super) const MANIFEST: &str = "backup.json";
const FORMAT: &str = "relay-hub backup";
const VERSION: u64 = 1;
/// A manifest has some two hundred bytes; a longer file is none.
const MOST_BYTES: u64 = 64 * 1024;

/// What a backup holds. The file is this in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    version: u64,
    /// When the copying began, RFC 3339: everything that was answered before is in it.
    pub made_at: String,
    /// The hub's incarnation.
    pub incarnation: u32,
    /// Batches that the database had committed.
    pub commits: u64,
    /// Phones that are paired.
    pub phones: u64,
    /// Size of the copy of the database.
    pub database_bytes: u64,
}

/// Why a folder is no backup.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It was not finished, or never was one.
    #[error(
        "`{0}` is no finished backup: it has no `backup.json`, which is written last. Take another backup; if these are \
         files that were copied by hand, put them into the data directory and run `relay-hub restore` without --from"
    )]
    Absent(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{path}`: {error}; check that the folder is there and that you may read it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is none of ours, or damaged.
    #[error("`{path}` is damaged or none of relay-hub's ({why}): take another backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A later version wrote it.
    #[error("`{0}` was written by a newer relay-hub: restore it with that version or a later one")]
    Newer(PathBuf),
}

impl Manifest {
    pub(super) fn new(made_at: String, mark: Mark, phones: u64, database_bytes: u64) -> Manifest {
        let (format, version) = (FORMAT.to_owned(), VERSION);
        let Mark { incarnation, commits } = mark;
        Manifest { format, version, made_at, incarnation, commits, phones, database_bytes }
    }

    /// How far the database had come.
    pub fn mark(&self) -> Mark {
        Mark { incarnation: self.incarnation, commits: self.commits }
    }

    /// Reads the one of a folder.
    pub(super) fn read(folder: &Path) -> Result<Manifest, ManifestError> {
        let path = folder.join(MANIFEST);
        let mut text = Vec::new();
        match File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {
                return Err(ManifestError::Absent(folder.to_owned()));
            }
            Err(error) => return Err(ManifestError::File { path, error }),
        }
        let read: Manifest = match serde_json::from_slice(&text) {
            Ok(read) => read,
            Err(error) => return Err(ManifestError::Damaged { path, why: error.to_string() }),
        };
        if read.format != FORMAT {
            let why = format!("its format is not `{FORMAT}`");
            return Err(ManifestError::Damaged { path, why });
        }
        if read.version > VERSION { Err(ManifestError::Newer(path)) } else { Ok(read) }
    }

    /// Writes it whole or not at all, and flushes the folder.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let beside = folder.join("backup.new");
        write_file(&beside, &text)?;
        std::fs::rename(&beside, folder.join(MANIFEST))?;
        File::open(folder)?.sync_all()
    }
}

/// Writes a new file that only its owner can read, and flushes it.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
