//! Bare commits: the rows that the hub writes, through prepared statements, with the hub's schema and the hub's way of
//! flushing, and no thought.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::load::fleet::Done;
use crate::run::{Failed, tell};

/// The hub's own bound.
const MOST_IN_A_BATCH: usize = 256;
/// As often as the hub moves the log into the database, beside the commits.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(200);

/// Opens a hub's database as its lane does.
pub fn open(database: &Path) -> Result<Connection, Failed> {
    let connection = Connection::open(database).map_err(Failed::because)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;",
        )
        .map_err(Failed::because)?;
    checkpoint_beside(database)?;
    Ok(connection)
}

fn checkpoint_beside(database: &Path) -> Result<(), Failed> {
    let beside = Connection::open(database).map_err(Failed::because)?;
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(CHECKPOINT_EVERY);
            // Refused while somebody else does it.
            let _busy = beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    });
    Ok(())
}

/// A row to insert, and who waits for it.
pub struct Insert {
    pub id: Uuid,
    pub device: Uuid,
    pub to: String,
    pub text: String,
    pub done: oneshot::Sender<()>,
}

/// A thread that inserts what waits, commits, and answers everyone.
pub fn writer(database: &Path) -> Result<Sender<Insert>, Failed> {
    let connection = open(database)?;
    let (asked, waiting) = channel();
    std::thread::spawn(move || {
        if let Err(error) = write(&connection, &waiting) {
            eprintln!("ceiling: {error}");
            std::process::exit(1);
        }
    });
    Ok(asked)
}

fn write(connection: &Connection, waiting: &Receiver<Insert>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare(OUTBOUND)?;
    while let Ok(first) = waiting.recv() {
        let batch: Vec<Insert> =
            std::iter::once(first).chain(waiting.try_iter()).take(MOST_IN_A_BATCH).collect();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for row in &batch {
            let (id, device) = (row.id.as_bytes().as_slice(), row.device.as_bytes().as_slice());
            insert.execute(params![id, device, row.to, row.text])?;
        }
        connection.execute_batch("COMMIT")?;
        for row in batch {
            let _gone = row.done.send(());
        }
    }
    Ok(())
}

const OUTBOUND: &str = "INSERT INTO outbound (id, account_id, device_id, key_id, line_id, sim_id, slot, recipient, \
     recipient_normal, body, parts, priority, turn, created_at, rank, rank_at, rank_seq) \
     VALUES (?1, ?2, ?2, ?2, ?2, ?2, 0, ?3, ?3, ?4, 1, 1, 1, 1, 0, 1, 0)";

/// Inserts rows of inbound messages.
pub fn inbound(database: &Path, count: u64, batch: u64) -> Result<(), Failed> {
    let done = insert_inbound(&open(database)?, count, batch.max(1)).map_err(Failed::because)?;
    tell(&done)
}

fn insert_inbound(connection: &Connection, count: u64, batch: u64) -> rusqlite::Result<Done> {
    let devices = devices(connection)?;
    let mut insert = connection.prepare(INBOUND)?;
    let began = Instant::now();
    for (n, device) in (0..count).zip(devices.iter().cycle()) {
        if n % batch == 0 {
            connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        let id = Uuid::now_v7();
        insert.execute(params![
            id.as_bytes().as_slice(),
            device,
            crate::load::posts::TEXT,
            n.cast_signed()
        ])?;
        if n % batch == batch - 1 || n == count - 1 {
            connection.execute_batch("COMMIT")?;
        }
    }
    Ok(Done { count, seconds: began.elapsed().as_secs_f64() })
}

const INBOUND: &str = "INSERT INTO inbound (id, account_id, device_id, sim_id, slot, number, sender, sender_normal, body, \
     parts, digest, source, journal_id, up_seq, received_at, created_at) \
     VALUES (?1, ?2, ?2, ?2, 0, '+15550000010', '+436641234567', '+436641234567', ?3, 1, 'digest', 'broadcast', ?2, ?4, ?4, ?4)";

/// Writes what the return of a fleet writes: each device's row, and its queued message dispatched.
pub fn resume(database: &Path, batch: u64) -> Result<(), Failed> {
    let done = update_all(&open(database)?, batch.max(1)).map_err(Failed::because)?;
    tell(&done)
}

fn update_all(connection: &Connection, batch: u64) -> rusqlite::Result<Done> {
    let devices = devices(connection)?;
    let mut stream = connection.prepare(
        "UPDATE device_stream SET epoch = epoch + 1, connected = 1, journal_id = ?1, down_seq = 1, in_flight = 1, \
         queued = 0, last_seen_at = 1 WHERE device_id = ?1",
    )?;
    let mut message = connection.prepare(
        "UPDATE outbound SET rank = 1, journal_id = ?1, down_seq = 1, dispatched_at = 1 WHERE device_id = ?1 AND rank = 0",
    )?;
    let began = Instant::now();
    // A session opens and its message is dispatched one after the other: two changes, and so two batches.
    for statement in [&mut stream, &mut message] {
        for some in devices.chunks(usize::try_from(batch).unwrap_or(1)) {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for device in some {
                statement.execute(params![device])?;
            }
            connection.execute_batch("COMMIT")?;
        }
    }
    Ok(Done { count: devices.len() as u64, seconds: began.elapsed().as_secs_f64() })
}

fn devices(connection: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    connection.prepare("SELECT id FROM device")?.query_map([], |row| row.get(0))?.collect()
}
