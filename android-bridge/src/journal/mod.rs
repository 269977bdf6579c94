//! Where a phone's records are kept, and what "durable" means there.
//!
//! Owns the trait that the handset writes through. Knows nothing of sessions or radios: records come from the
//! engine's outputs, and go back to it once, when a phone starts.

pub mod codec;
mod failpoint;
mod file;
mod memory;
mod record;

pub use failpoint::{Death, Doomed};
pub use file::FileJournal;
pub use memory::{MemoryJournal, SharedMemoryJournal};
pub use record::Record;

/// Why a journal did not do what it was asked. After any of these the phone stops: going on after a failed
/// flush would promise what is not there.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error("journal `{path}`: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Bytes that had been flushed are damaged: pair the phone again, that starts a new journal.
    #[error(
        "journal is damaged at byte `{at}` before its end: remove the data folder and pair this phone again"
    )]
    Damaged {
        /// Where.
        at: u64,
    },
    /// A whole frame holds a record that this version does not know.
    #[error(
        "journal holds a record at byte `{at}` that this version cannot read ({why}): use the newer version"
    )]
    Unreadable {
        /// Where.
        at: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A record cannot be written.
    #[error("record cannot be written: {0}")]
    Unwritable(String),
    /// Another process has this journal open.
    #[error("journal `{0}` is in use by another process: stop that one first")]
    InUse(String),
    /// A failpoint ended this journal; for tests.
    #[error("killed at journal step `{0}`")]
    Killed(u64),
}

/// A durable, append-only record of one phone.
pub trait Journal {
    /// Everything that is durable, oldest first. Called once, before anything is appended.
    fn load(&mut self) -> Result<Vec<Record>, JournalError>;
    /// Adds a record. It is durable after the next [`Journal::flush`], not before.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;
    /// Makes everything appended durable, as one group.
    fn flush(&mut self) -> Result<(), JournalError>;
    /// Replaces the whole journal by these records, durably and at once or not at all. They say everything
    /// that was appended, flushed or not.
    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError>;
}

impl<J: Journal + ?Sized> Journal for Box<J> {
    fn load(&mut self) -> Result<Vec<Record>, JournalError> {
        (**self).load()
    }
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        (**self).append(record)
    }
    fn flush(&mut self) -> Result<(), JournalError> {
        (**self).flush()
    }
    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError> {
        (**self).compact(records)
    }
}
