//! A journal in one file of a phone's data folder.
//!
//! Appends gather in memory and go out with one write and one `fdatasync` at the flush: several records, one
//! flush. The file is 0600, because it holds texts and numbers. Dropping a journal writes nothing: what was
//! not flushed was never promised.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, fdatasync, flock, fsync};

use super::{Journal, JournalError, Record, codec};

const FILE_NAME: &str = "journal.log";
const NEXT_NAME: &str = "journal.log.next";

/// The journal.
#[derive(Debug)]
pub struct FileJournal {
    dir: PathBuf,
    file: File,
    pending: Vec<u8>,
    /// Two processes on one journal would send twice; the lock lives as long as the journal.
    lock: File,
}

impl FileJournal {
    /// Opens the journal of a data folder, making both where they are absent.
    pub fn open(dir: &Path) -> Result<FileJournal, JournalError> {
        fs::create_dir_all(dir).map_err(|source| io_error(dir, source))?;
        let lock_path = dir.join("lock");
        let lock = open_private(&lock_path)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(JournalError::InUse(dir.display().to_string()));
        }
        let file = open_private(&dir.join(FILE_NAME))?;
        sync_dir(dir)?;
        Ok(FileJournal { dir: dir.to_path_buf(), file, pending: Vec::new(), lock })
    }

    /// Starts over with an empty journal: after a pairing as another device, or as one that went back.
    pub fn erase(&mut self) -> Result<(), JournalError> {
        self.compact(&[])
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE_NAME)
    }

    fn write_pending(&mut self) -> std::io::Result<()> {
        let frame = codec::encode_group(&self.pending).map_err(std::io::Error::other)?;
        self.file.write_all(&frame)?;
        fdatasync(&self.file)?;
        self.pending.clear();
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let next = self.dir.join(NEXT_NAME);
        // Left over from a crash in the middle of a compaction: it never took the journal's place.
        let _absent_is_fine = fs::remove_file(&next);
        let mut file = OpenOptions::new().create_new(true).append(true).read(true).mode(0o600).open(&next)?;
        file.write_all(bytes)?;
        fsync(&file)?;
        fs::rename(&next, self.path())?;
        fsync(File::open(&self.dir)?)?;
        self.file = file;
        self.pending.clear();
        Ok(())
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        // Said, not left to the closing of the descriptor: a child that this process forks elsewhere holds a copy
        // of it until it executes its program, and with the copy the lock.
        let _closing_unlocks_too = flock(&self.lock, FlockOperation::Unlock);
    }
}

impl Journal for FileJournal {
    fn load(&mut self) -> Result<Vec<Record>, JournalError> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(|source| io_error(&self.path(), source))?;
        let scan = codec::scan(&bytes)?;
        if scan.whole_bytes < bytes.len() {
            let cut = self.file.set_len(scan.whole_bytes as u64);
            cut.and_then(|()| Ok(fdatasync(&self.file)?)).map_err(|source| io_error(&self.path(), source))?;
        }
        Ok(scan.records)
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        codec::encode_record(record, &mut self.pending)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.write_pending().map_err(|source| io_error(&self.path(), source))
    }

    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let bytes = codec::encode_all(records)?;
        self.replace(&bytes).map_err(|source| io_error(&self.path(), source))
    }
}

fn open_private(path: &Path) -> Result<File, JournalError> {
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| io_error(path, source))
}

fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    let synced = File::open(dir).and_then(|dir| Ok(fsync(dir)?));
    synced.map_err(|source| io_error(dir, source))
}

fn io_error(path: &Path, source: std::io::Error) -> JournalError {
    JournalError::Io { path: path.display().to_string(), source }
}
