//! A journal in memory, with the crashes that a file system would play.
//!
//! For load (thousands of phones in one process) and for crash tests: it holds the very bytes that a file
//! would, so a torn tail here is a torn tail there. Durable means "survives [`MemoryJournal::crash`]".

use std::sync::{Arc, Mutex, PoisonError};

use super::{Journal, JournalError, Record, codec};

/// The journal.
#[derive(Debug, Default, Clone)]
pub struct MemoryJournal {
    durable: Vec<u8>,
    pending: Vec<u8>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    /// The machine stops: what was not flushed is gone, except for the first `torn_bytes` of it, which reached
    /// the disk as a torn tail.
    pub fn crash(&mut self, torn_bytes: usize) {
        let pending = std::mem::take(&mut self.pending);
        if let Ok(frame) = codec::encode_group(&pending)
            && !pending.is_empty()
        {
            // One byte short at most: the whole frame would be a flush that happened.
            let torn = torn_bytes.min(frame.len() - 1);
            self.durable.extend_from_slice(&frame[..torn]);
        }
    }

    /// Bytes that a crash would lose.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Bytes that a crash would keep.
    pub fn durable_bytes(&self) -> usize {
        self.durable.len()
    }
}

impl Journal for MemoryJournal {
    fn load(&mut self) -> Result<Vec<Record>, JournalError> {
        self.pending.clear();
        let scan = codec::scan(&self.durable)?;
        self.durable.truncate(scan.whole_bytes);
        Ok(scan.records)
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        codec::encode_record(record, &mut self.pending)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if !self.pending.is_empty() {
            let frame = codec::encode_group(&self.pending)?;
            self.durable.extend_from_slice(&frame);
            self.pending.clear();
        }
        Ok(())
    }

    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError> {
        self.durable = codec::encode_all(records)?;
        self.pending.clear();
        Ok(())
    }
}

/// A memory journal that outlives the phone that writes it, as a disk outlives a process.
#[derive(Debug, Default, Clone)]
pub struct SharedMemoryJournal(Arc<Mutex<MemoryJournal>>);

impl SharedMemoryJournal {
    /// An empty journal.
    pub fn new() -> SharedMemoryJournal {
        SharedMemoryJournal::default()
    }

    /// Works on the journal inside. A panic elsewhere leaves bytes that are as whole as a crash leaves them.
    pub fn with<T>(&self, work: impl FnOnce(&mut MemoryJournal) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Journal for SharedMemoryJournal {
    fn load(&mut self) -> Result<Vec<Record>, JournalError> {
        self.with(Journal::load)
    }
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.with(|journal| journal.append(record))
    }
    fn flush(&mut self) -> Result<(), JournalError> {
        self.with(Journal::flush)
    }
    fn compact(&mut self, records: &[Record]) -> Result<(), JournalError> {
        self.with(|journal| journal.compact(records))
    }
}
