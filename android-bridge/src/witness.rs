//! What simulated radios and carriers saw, as NDJSON for an independent judge.
//!
//! Owns the exact lines. Each is one JSON object and one `write(2)` straight to the kernel: it is there even
//! when the process is killed right after, and it is there *before* the radio answers.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use uuid::Uuid;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "log", rename_all = "snake_case")]
pub enum Line {
    /// The radio.
    Radio(RadioLine),
    /// The carrier.
    Carrier(CarrierLine),
}

/// What the radio saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the members are the log's own words")]
pub enum RadioLine {
    /// It was touched.
    Submit { phone: Uuid, journal: Uuid, id: Uuid, to: String, parts: u16, at_ms: i64 },
    /// It answered, for all parts together: `ok`, or the first failing part's code.
    Answer { phone: Uuid, id: Uuid, outcome: String, at_ms: i64 },
}

/// What the carrier saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the members are the log's own words")]
pub enum CarrierLine {
    /// The recipient has it, and the receipt is on its way.
    Delivered { phone: Uuid, id: Uuid, at_ms: i64 },
    /// The recipient has it, and no receipt will come.
    ReceiptLost { phone: Uuid, id: Uuid, at_ms: i64 },
    /// The carrier gave up, and says so.
    ReceiptFailed { phone: Uuid, id: Uuid, at_ms: i64 },
    /// An SMS reached the phone; its journal does not have it yet.
    Arrived { phone: Uuid, slot: u8, from: String, body: String, at_ms: i64 },
    /// The phone's journal has it durably: it must reach the hub.
    Inbound { phone: Uuid, slot: u8, from: String, body: String, at_ms: i64 },
}

/// Where lines go.
pub trait Witness: Send + Sync {
    /// Takes one line. When it returns, the line survives the process.
    fn note(&self, line: &Line);
}

/// A witness that many phones share.
pub type SharedWitness = Arc<dyn Witness>;

/// Sees nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blind;

impl Witness for Blind {
    fn note(&self, _line: &Line) {}
}

/// Writes to a file.
#[derive(Debug)]
pub struct FileWitness {
    file: File,
}

impl FileWitness {
    /// Opens the file for appending, making it where it is absent.
    pub fn open(path: &Path) -> std::io::Result<FileWitness> {
        Ok(FileWitness { file: OpenOptions::new().create(true).append(true).open(path)? })
    }
}

impl Witness for FileWitness {
    fn note(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        // O_APPEND makes one write one line, whoever else writes. A log that cannot be written is no log: the
        // judge would call lost what was only unseen.
        if let Err(error) = (&self.file).write_all(&text) {
            tracing::error!(%error, "the log of the simulated radio cannot be written");
            std::process::abort();
        }
    }
}

/// Keeps lines in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryWitness {
    lines: Mutex<Vec<Line>>,
}

impl MemoryWitness {
    /// Everything seen so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Witness for MemoryWitness {
    fn note(&self, line: &Line) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_to_the_letter() {
        let (phone, journal, id) = (Uuid::nil(), Uuid::nil(), Uuid::nil());
        let nil = Uuid::nil();
        let submit = RadioLine::Submit { phone, journal, id, to: "+1".into(), parts: 2, at_ms: 5 };
        assert_eq!(
            serde_json::to_string(&Line::Radio(submit)).unwrap(),
            format!(
                r#"{{"log":"radio","kind":"submit","phone":"{nil}","journal":"{nil}","id":"{nil}","to":"+1","parts":2,"at_ms":5}}"#
            )
        );
        let answer = RadioLine::Answer { phone, id, outcome: "ok".into(), at_ms: 5 };
        assert_eq!(
            serde_json::to_string(&Line::Radio(answer)).unwrap(),
            format!(
                r#"{{"log":"radio","kind":"answer","phone":"{nil}","id":"{nil}","outcome":"ok","at_ms":5}}"#
            )
        );
        let lost = CarrierLine::ReceiptLost { phone, id, at_ms: 5 };
        assert_eq!(
            serde_json::to_string(&Line::Carrier(lost)).unwrap(),
            format!(r#"{{"log":"carrier","kind":"receipt_lost","phone":"{nil}","id":"{nil}","at_ms":5}}"#)
        );
        let inbound = CarrierLine::Inbound { phone, slot: 0, from: "+2".into(), body: "hi".into(), at_ms: 5 };
        assert_eq!(
            serde_json::to_string(&Line::Carrier(inbound)).unwrap(),
            format!(
                r#"{{"log":"carrier","kind":"inbound","phone":"{nil}","slot":0,"from":"+2","body":"hi","at_ms":5}}"#
            )
        );
    }
}
