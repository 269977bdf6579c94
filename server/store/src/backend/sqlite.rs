//! Embedded SQLite: opening, transactions, checkpoints.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, Words as _, words};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The write-ahead log's file is cut back to this size when a longer log was begun anew; what it keeps is written over,
/// which needs no new blocks of the disk.
const WAL_KEPT_BYTES: u64 = 64 * 1024 * 1024;

/// Whether a commit reaches the disk before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// WAL with `synchronous=FULL`: every commit is flushed.
    Full,
    /// `synchronous=OFF`, for the simulation on a memory file system only.
    Simulated,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made or opened.
    #[error("cannot open the database `{path}`: {why}; check that the folder exists and that you own it")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// It was written by a newer version.
    #[error(
        "the database `{path}` was written by a newer relay-hub (it knows migration `{newest}`, this one does \
         not): start that version or a later one; nothing was changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// A migration that this version does not know.
        newest: String,
    },
    /// It is older than it is known to have been: files were put back.
    #[error(
        "the database `{path}` is older than this hub has known it, or missing: files were put back by hand. With the \
         hub stopped, run `relay-hub restore` (with `--from FOLDER` for a backup of `relay-hub backup`), which makes \
         that safe; until then nothing is changed and nothing is sent"
    )]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// A migration or a setting failed.
    #[error(
        "cannot prepare the database `{path}`: {why}; look at the disk with `relay-hub doctor --thorough`, and if the \
         file is damaged run `relay-hub restore --from` the newest backup"
    )]
    Prepare {
        /// The file.
        path: PathBuf,
        /// What the database said.
        why: String,
    },
}

/// Opens the one writing connection and brings the schema up to date.
pub(crate) fn open_writer(path: &Path, durability: Durability) -> Result<Conn, OpenError> {
    // Made by us first, so that it is never readable by others, not even for a moment.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| OpenError::File { path: path.to_owned(), why: error.to_string() })?;
    let mut conn = establish(path)?;
    refuse_newer(&mut conn, path)?;
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Simulated => "OFF",
    };
    // Checkpoints belong to `Checkpointer`: inside a commit they would be its latency.
    conn.batch_execute(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0; \
         PRAGMA journal_size_limit = {WAL_KEPT_BYTES}; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -65536;"
    ))
    .map_err(prepare(path))?;
    conn.run_pending_migrations(MIGRATIONS)
        .map_err(|error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() })?;
    Ok(Conn::Sqlite(conn))
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(path: &Path) -> Result<Conn, OpenError> {
    let mut conn = establish(path)?;
    conn.batch_execute(
        "PRAGMA query_only = 1; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
    )
    .map_err(prepare(path))?;
    Ok(Conn::Sqlite(conn))
}

fn establish(path: &Path) -> Result<SqliteConnection, OpenError> {
    let file = |why: String| OpenError::File { path: path.to_owned(), why };
    let text = path.to_str().ok_or_else(|| file("the path is not UTF-8".into()))?;
    SqliteConnection::establish(text).map_err(|error| file(error.to_string()))
}

fn prepare(path: &Path) -> impl Fn(diesel::result::Error) -> OpenError + '_ {
    |error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() }
}

/// Looks before it touches: `run_pending_migrations` answers Ok on a database from the future.
fn refuse_newer(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let known = known_migrations()
        .map_err(|error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() })?;
    let table = diesel::sql_query(
        "SELECT name AS version FROM sqlite_master WHERE type = 'table' AND name = '__diesel_schema_migrations'",
    );
    if table.load::<Applied>(conn).map_err(prepare(path))?.is_empty() {
        return Ok(());
    }
    let applied: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version DESC")
            .load(conn)
            .map_err(prepare(path))?;
    let unknown = applied.into_iter().find(|applied| !known.contains(&applied.version));
    match unknown {
        Some(applied) => Err(OpenError::Newer { path: path.to_owned(), newest: applied.version }),
        None => Ok(()),
    }
}

/// The versions of this program's migrations, oldest first.
pub(super) fn known_migrations() -> diesel::migration::Result<Vec<String>> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations()?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

type Transactions = AnsiTransactionManager;

/// Opens the batch's transaction, taking the write lock at once: a later upgrade could fail half-way.
pub(crate) fn begin(conn: &mut Conn) -> QueryResult<()> {
    let Conn::Sqlite(sqlite) = conn;
    if depth(sqlite) == 0 {
        Transactions::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
    } else {
        Transactions::begin_transaction(sqlite)
    }
}

/// Commits what [`begin`] opened: the batch, or the savepoint inside it.
pub(crate) fn commit(conn: &mut Conn) -> QueryResult<()> {
    let Conn::Sqlite(sqlite) = conn;
    Transactions::commit_transaction(sqlite)
}

/// Takes back what [`begin`] opened.
pub(crate) fn rollback(conn: &mut Conn) -> QueryResult<()> {
    let Conn::Sqlite(sqlite) = conn;
    Transactions::rollback_transaction(sqlite)
}

words!(BeginReading = "BEGIN");
words!(EndReading = "COMMIT");
words!(BreakOff = "ROLLBACK");

/// Asks within one transaction that only reads. Its words are kept prepared, unlike those of diesel's transactions.
pub(crate) fn reading<T>(conn: &mut Conn, ask: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    BeginReading::with([]).run(conn)?;
    let answer = ask(conn);
    let ended = EndReading::with([]).run(conn).or_else(|_| BreakOff::with([]).run(conn));
    // Where SQLite itself has ended it, there is an error that says more.
    answer.and_then(|answer| ended.map(|_| answer))
}

words!(RowsWritten = "SELECT total_changes()");

/// Rows that this connection has written since it was opened, what was rolled back included.
pub(crate) fn rows_written(conn: &mut Conn) -> QueryResult<i64> {
    RowsWritten::with([]).answering::<BigInt>().first(conn).map(Option::unwrap_or_default)
}

words!(DataVersion = "PRAGMA data_version");

/// Whether another connection has committed since this one was asked last; asked inside a transaction, nobody else can
/// until it ends.
pub(crate) fn others_wrote(conn: &mut Conn, seen: &mut Option<i64>) -> QueryResult<bool> {
    let version = DataVersion::with([]).answering::<BigInt>().first(conn)?;
    let same = version.is_some() && *seen == version;
    *seen = version;
    Ok(!same)
}

fn depth(sqlite: &mut SqliteConnection) -> u32 {
    match Transactions::transaction_manager_status_mut(sqlite) {
        diesel::connection::TransactionManagerStatus::Valid(status) => {
            status.transaction_depth().map_or(0, std::num::NonZeroU32::get)
        }
        diesel::connection::TransactionManagerStatus::InError => 0,
    }
}

/// Size of the write-ahead log.
pub(crate) fn wal_bytes(path: &Path) -> u64 {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).map_or(0, |metadata| metadata.len())
}

#[derive(diesel::QueryableByName)]
struct Checkpointed {
    #[diesel(sql_type = Integer)]
    log: i32,
}

/// Moves the write-ahead log into the database, off the commit path.
pub(crate) struct Checkpointer {
    conn: SqliteConnection,
    /// The database's file. SQLite flushes it only at the end of a checkpoint that nobody has written behind, so under
    /// load the writer would meet all of it at once. Never closed: whoever closes any handle of a file loses all locks
    /// that the process holds on it, those of SQLite too.
    file: ManuallyDrop<File>,
}

impl Checkpointer {
    /// Opens a connection of its own.
    pub(crate) fn open(path: &Path) -> Result<Checkpointer, OpenError> {
        let mut conn = establish(path)?;
        conn.batch_execute("PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL;").map_err(prepare(path))?;
        let file = File::options().write(true).open(path);
        let file = file.map_err(|error| OpenError::File { path: path.to_owned(), why: error.to_string() })?;
        Ok(Checkpointer { conn, file: ManuallyDrop::new(file) })
    }

    /// Moves what no reader holds; waits for nobody. Answers the length of the log in pages, -1 while another checkpoint
    /// runs.
    pub(crate) fn passive(&mut self) -> QueryResult<i32> {
        let pass = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)");
        pass.get_result(&mut self.conn).map(|Checkpointed { log }| log)
    }

    /// Flushes what was moved.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl Conn {
    /// Moves what is left of the log, so that the next transaction begins it anew, unless a reader stands in the way: then
    /// it is tried again later. Called by the writer alone, between batches.
    pub(crate) fn finish_wal(&mut self) -> QueryResult<()> {
        let Conn::Sqlite(sqlite) = self;
        sqlite.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Moves everything and cuts the log back to nothing, unless a reader stands in the way: then it is tried again
    /// later. Called by the writer alone, between batches.
    pub(crate) fn truncate_wal(&mut self) -> QueryResult<()> {
        let Conn::Sqlite(sqlite) = self;
        // With a time-out the call would block for all of it while a reader is open.
        sqlite.batch_execute("PRAGMA busy_timeout = 0")?;
        let outcome = sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)");
        sqlite.batch_execute("PRAGMA busy_timeout = 5000")?;
        outcome
    }
}
