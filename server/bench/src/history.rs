//! A past: millions of messages that were delivered long ago, written straight into a stopped hub's database, as the hub
//! would have left them.

use std::collections::HashMap;
use std::path::Path;

use relay_domain::Clock as _;
use relay_hub::clock::SystemClock;
use rusqlite::{Connection, params};
use uuid::{NoContext, Timestamp, Uuid};

use crate::load::posts::TEXT;
use crate::run::Failed;
use crate::seed::{self, Installation};

/// Rows in one transaction.
const BATCH: u64 = 50_000;
/// The oldest message.
const DAYS: u64 = 90;
const DAY_NANOS: u64 = 24 * 60 * 60 * 1_000_000_000;
const SECOND_NANOS: i64 = 1_000_000_000;
/// Whom the messages went to: so many people in all.
const RECIPIENTS: u64 = 100_000;

/// What a key is bound to.
struct Line {
    account: Vec<u8>,
    device: Vec<u8>,
    key: Vec<u8>,
    line: Vec<u8>,
    sim: Vec<u8>,
}

/// The number of the n-th message's recipient.
pub fn recipient(n: u64) -> String {
    // A large odd stride: a line's messages go to people far apart.
    format!("+43664{:07}", n.wrapping_mul(7_919) % RECIPIENTS)
}

/// Writes so many delivered messages, spread over all lines and three months, each with its two reports.
pub fn write(installation: &Installation, count: u64) -> Result<(), Failed> {
    let lines = seed::read(&installation.lines)?;
    fill(&installation.database(), &lines, count).map_err(Failed::because)
}

fn fill(database: &Path, of: &[seed::Line], count: u64) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    // It is made from nothing if this process dies.
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;")?;
    let lines = of.iter().map(|line| find(&connection, line)).collect::<rusqlite::Result<Vec<_>>>()?;
    let begin = SystemClock::start().now().nanos().cast_unsigned() - DAYS * DAY_NANOS;
    let step = DAYS * DAY_NANOS / count.max(1);
    let mut message = connection.prepare(
        "INSERT INTO outbound (id, account_id, device_id, key_id, line_id, sim_id, slot, recipient, recipient_normal, \
         body, parts, priority, turn, created_at, rank, rank_at, rank_seq, journal_id, down_seq, dispatched_at, sent_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?7, ?8, 1, 1, 1, ?9, 9, ?9, ?10, ?3, ?10, ?9, ?9)",
    )?;
    let mut report = connection.prepare(
        "INSERT INTO timeline (message_id, recorded_at, entry, up_seq, kind, happened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?2)",
    )?;
    let mut numbers: HashMap<usize, u64> = HashMap::new();
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for n in first..count.min(first + BATCH) {
            let which = usize::try_from(n).unwrap_or(0) % lines.len();
            let (line, at) = (&lines[which], (begin + n * step).cast_signed());
            let number = numbers.entry(which).or_default();
            *number += 1;
            let (seconds, nanos) = (at / SECOND_NANOS, u32::try_from(at % SECOND_NANOS).unwrap_or(0));
            let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds.cast_unsigned(), nanos));
            let id = id.as_bytes().as_slice();
            message.execute(params![
                id,
                line.account,
                line.device,
                line.key,
                line.line,
                line.sim,
                recipient(n),
                TEXT,
                at,
                number.cast_signed()
            ])?;
            for (entry, kind) in [(0, "sent"), (1, "delivered")] {
                report.execute(params![id, at + entry, entry, number.cast_signed(), kind])?;
            }
        }
        connection.execute_batch("COMMIT")?;
        eprint!("\r  {} of {count} messages written", count.min(first + BATCH));
    }
    eprintln!();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}

fn find(connection: &Connection, line: &seed::Line) -> rusqlite::Result<Line> {
    let found = "SELECT line.account_id, device_id, api_key.id, line.id, sim_id \
         FROM line JOIN api_key ON line_id = line.id WHERE device_id = ?1";
    connection.prepare_cached(found)?.query_row([line.device.as_bytes().as_slice()], |row| {
        Ok(Line {
            account: row.get(0)?,
            device: row.get(1)?,
            key: row.get(2)?,
            line: row.get(3)?,
            sim: row.get(4)?,
        })
    })
}
