//! How records lie in a journal: one frame for each flush, so that a group is whole or absent.
//!
//! A frame is a little-endian length, a little-endian CRC-32 of the payload, and the payload: one JSON record
//! a line. A group is written by one write and followed by one flush; the next group is written only after it.
//! So only the last frame can be torn, and a damaged frame with a whole one behind it is damage to something
//! that was durable. That is refused rather than cut: a phone that forgets what it took would send it twice.

use super::{JournalError, record::Record};

/// Bytes before each payload.
pub const HEADER_BYTES: usize = 8;
/// Largest group: bounds what a damaged length can make a reader believe.
pub const MAX_GROUP_BYTES: usize = 16 * 1024 * 1024;

/// Writes a record as a line of a group.
pub fn encode_record(record: &Record, group: &mut Vec<u8>) -> Result<(), JournalError> {
    serde_json::to_writer(&mut *group, record)
        .map_err(|error| JournalError::Unwritable(error.to_string()))?;
    group.push(b'\n');
    Ok(())
}

/// Puts the header before a group.
pub fn encode_group(group: &[u8]) -> Result<Vec<u8>, JournalError> {
    if group.len() > MAX_GROUP_BYTES {
        return Err(JournalError::Unwritable(format!("group of `{}` bytes", group.len())));
    }
    let mut frame = Vec::with_capacity(HEADER_BYTES + group.len());
    frame.extend_from_slice(&(group.len() as u32).to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(group).to_le_bytes());
    frame.extend_from_slice(group);
    Ok(frame)
}

/// What a scan found: the records, and where the last whole frame ends.
#[derive(Debug)]
pub struct Scan {
    /// Every record of every whole frame.
    pub records: Vec<Record>,
    /// Bytes up to the torn tail; the rest is to be cut.
    pub whole_bytes: usize,
}

/// Reads a journal from its bytes.
pub fn scan(bytes: &[u8]) -> Result<Scan, JournalError> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(payload) = frame_at(bytes, at) {
        for line in payload.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let record = serde_json::from_slice(line)
                .map_err(|error| JournalError::Unreadable { at: at as u64, why: error.to_string() })?;
            records.push(record);
        }
        at += HEADER_BYTES + payload.len();
    }
    // A whole frame anywhere behind a damaged one means that the damaged one had been flushed.
    if (at + 1..bytes.len()).any(|behind| frame_at(bytes, behind).is_some()) {
        return Err(JournalError::Damaged { at: at as u64 });
    }
    Ok(Scan { records, whole_bytes: at })
}

fn frame_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let header = bytes.get(at..at.checked_add(HEADER_BYTES)?)?;
    let length = u32::from_le_bytes(header[..4].try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(header[4..].try_into().ok()?);
    if length == 0 || length > MAX_GROUP_BYTES {
        return None;
    }
    let start = at + HEADER_BYTES;
    let payload = bytes.get(start..start.checked_add(length)?)?;
    (crc32fast::hash(payload) == crc).then_some(payload)
}

/// Writes a whole journal: groups of at most half the largest, so that one huge journal is never one huge group.
pub fn encode_all(records: &[Record]) -> Result<Vec<u8>, JournalError> {
    let mut bytes = Vec::new();
    let mut group = Vec::new();
    for record in records {
        encode_record(record, &mut group)?;
        if group.len() > MAX_GROUP_BYTES / 2 {
            bytes.extend_from_slice(&encode_group(&group)?);
            group.clear();
        }
    }
    if !group.is_empty() {
        bytes.extend_from_slice(&encode_group(&group)?);
    }
    Ok(bytes)
}
