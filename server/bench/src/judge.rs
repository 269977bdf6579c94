//! The ledger's verdict after a row: a figure of a hub that lost something or sent it twice is none.

use std::path::Path;

use relay_ledger::{Counts, Ledger, Options};
use rusqlite::{Connection, OpenFlags, Row};
use uuid::Uuid;

use crate::run::Failed;

/// Whether everything has to have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nothing may be under way.
    Yes,
    /// Messages wait or are with phones that report nothing.
    No,
}

/// Reads what clients, radios and carriers have logged, and what the database of a stopped hub holds; an error is what
/// is not clean.
pub fn judge(database: &Path, log: &Path, settled: Settled) -> Result<Counts, Failed> {
    let mut ledger = Ledger::new(Options::default());
    ledger.read_file(log).map_err(Failed::because)?;
    ledger.read_lines("database", observed(database).map_err(Failed::because)?);
    if settled == Settled::Yes {
        ledger.read_lines("bench", [r#"{"log":"client","kind":"settled","at_ms":0}"#]);
    }
    let verdict = ledger.judge();
    if verdict.is_clean() {
        Ok(verdict.counts)
    } else {
        Err(Failed(format!("the ledger is not clean: {verdict}")))
    }
}

fn observed(database: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut outbound = connection
        .prepare("SELECT id, device_id, rank, dispatched_at, uncertain_at IS NOT NULL FROM outbound")?;
    let mut lines = outbound.query_map([], message)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut inbound = connection.prepare("SELECT device_id, sender, body FROM inbound")?;
    for line in inbound.query_map([], text)? {
        lines.push(line?);
    }
    Ok(lines)
}

fn message(row: &Row<'_>) -> rusqlite::Result<String> {
    let (id, device) = (uuid(row, 0)?, uuid(row, 1)?);
    let (status, stage) = match row.get::<_, i64>(2)? {
        0 => ("QUEUED", None),
        1 => ("DISPATCHED", None),
        2 => ("FAILED", Some("unknown")),
        3 => ("FAILED", Some("expired")),
        4 => ("FAILED", Some("canceled")),
        5 => ("SENT", None),
        6 => ("FAILED", Some("hub")),
        7 => ("FAILED", Some("radio")),
        8 => ("FAILED", Some("receipt")),
        _ => ("DELIVERED", None),
    };
    let dispatched_at_ns = row.get::<_, Option<i64>>(3)?;
    Ok(serde_json::json!({
        "log": "client", "kind": "observed", "id": id, "device": device, "status": status,
        "dispatched_at_ns": dispatched_at_ns, "failure_stage": stage, "uncertain": row.get::<_, bool>(4)?,
    })
    .to_string())
}

fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    let (from, body) = (row.get::<_, String>(1)?, row.get::<_, String>(2)?);
    let inbound = serde_json::json!({
        "log": "client", "kind": "inbound", "device": uuid(row, 0)?, "from": from, "body": body,
    });
    Ok(inbound.to_string())
}

fn uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

/// Batches that the lane has committed, by its own counter.
pub fn commits(database: &Path) -> Result<u64, Failed> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let counted = connection.and_then(|connection| {
        connection.query_row("SELECT commits FROM hub_state", [], |row| row.get::<_, i64>(0))
    });
    counted.map(i64::unsigned_abs).map_err(Failed::because)
}
