//! A look into a database that changes nothing: what `doctor` knows of it.
//!
//! SQLite itself makes files beside a database that it merely reads, so the way it is opened depends on who else has
//! it open. The caller says whether a hub does; that cannot be seen from here.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use relay_domain::Timestamp;

use super::sqlite::known_migrations;
use crate::rows::hub_state::Mark;

/// Findings of a thorough look that are told; after the first few the remedy is the same.
const MOST_FINDINGS: usize = 5;

/// Who else has the database open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenElsewhere {
    /// A hub or a management command holds the data directory.
    Held,
    /// Nobody does.
    Free,
    /// Nobody does and nobody will: the caller holds the data directory.
    Ours,
    /// It may be opened or closed meanwhile: SQLite makes the files beside it that one more reader needs.
    Perhaps,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A few rows.
    Glance,
    /// Every page, for damage: takes as long as reading the file.
    EveryPage,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Migrations that were applied, oldest first.
    pub applied: Vec<String>,
    /// Migrations of this program that were not, in their order.
    pub pending: Vec<String>,
    /// Applied ones that this program does not know: a newer one was here.
    pub unknown: Vec<String>,
    /// The newest instant that the hub wrote down; `None` if no hub ever ran on it.
    pub newest_at: Option<Timestamp>,
    /// How far it has come; `None` before a hub counted.
    pub mark: Option<Mark>,
    /// Phones that are paired and not revoked.
    pub phones: u64,
    /// What is damaged; nothing after a glance.
    pub damage: Vec<String>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is no file.
    #[error("there is no database `{0}` yet")]
    Absent(PathBuf),
    /// It cannot be looked at without making files.
    #[error(
        "the database `{0}` was left by a hub that could not close it, and its `-shm` file is gone: only the next \
         start can put it in order"
    )]
    Unfinished(PathBuf),
    /// It is being opened or closed.
    #[error("another process is opening or closing the database `{0}`")]
    Busy(PathBuf),
    /// It cannot be read.
    #[error("the database `{path}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        why: String,
    },
}

/// Looks into the database at `path`.
pub fn inspect(path: &Path, elsewhere: OpenElsewhere, depth: Depth) -> Result<Inspection, InspectError> {
    let unreadable = |why: String| InspectError::Unreadable { path: path.to_owned(), why };
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Err(InspectError::Absent(path.to_owned())),
        Err(error) => return Err(unreadable(error.to_string())),
    }
    let uri = uri(path, elsewhere)?;
    let index = beside(path, "-shm");
    let made = elsewhere == OpenElsewhere::Ours && !index.exists();
    let found = SqliteConnection::establish(&uri)
        .map_err(|error| unreadable(error.to_string()))
        .and_then(|mut conn| look(&mut conn, depth).map_err(|error| unreadable(error.to_string())));
    if made {
        // The log's index, which SQLite makes anew whenever it is not there.
        let _not_made = std::fs::remove_file(index);
    }
    found
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The way to open it that makes nothing and changes nothing.
pub(super) fn uri(path: &Path, elsewhere: OpenElsewhere) -> Result<String, InspectError> {
    let text = path.to_str().ok_or_else(|| InspectError::Unreadable {
        path: path.to_owned(),
        why: "the path is not UTF-8".into(),
    })?;
    // Of a URI's signs a path can hold these three.
    let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let length = |suffix: &str| std::fs::metadata(beside(path, suffix)).ok().map(|metadata| metadata.len());
    let how = match (elsewhere, length("-wal"), length("-shm")) {
        (OpenElsewhere::Perhaps, _, _) => "mode=ro",
        // One more reader among the hub's own: everything is there already.
        (OpenElsewhere::Held, Some(_), Some(_)) => "mode=ro",
        // Its holder is making them or taking them away.
        (OpenElsewhere::Held, _, _) => return Err(InspectError::Busy(path.to_owned())),
        // Closed in order, so the file is everything; SQLite needs no lock and no file beside it.
        (OpenElsewhere::Free | OpenElsewhere::Ours, None | Some(0), _) => "mode=ro&immutable=1",
        // Left by a killed hub: the log counts, and its index is rebuilt in memory instead of in the file.
        (OpenElsewhere::Free | OpenElsewhere::Ours, Some(_), Some(_)) => "mode=ro&readonly_shm=1",
        // A log that was put here without its index, which is made and taken away again.
        (OpenElsewhere::Ours, Some(_), None) => "mode=ro",
        (OpenElsewhere::Free, Some(_), None) => return Err(InspectError::Unfinished(path.to_owned())),
    };
    Ok(format!("file:{escaped}?{how}"))
}

/// Ids rise with time, so each of these is one step down an index.
const NEWEST: &str = "\
    SELECT max(at) AS number FROM (SELECT alive_at AS at FROM hub_state \
    UNION ALL SELECT * FROM (SELECT created_at FROM account ORDER BY id DESC LIMIT 1) \
    UNION ALL SELECT * FROM (SELECT created_at FROM outbound ORDER BY id DESC LIMIT 1) \
    UNION ALL SELECT * FROM (SELECT created_at FROM inbound ORDER BY id DESC LIMIT 1))";

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn look(conn: &mut SqliteConnection, depth: Depth) -> QueryResult<Inspection> {
    conn.batch_execute("PRAGMA query_only = 1")?;
    let known = known_migrations().map_err(diesel::result::Error::QueryBuilderError)?;
    let tables = words(conn, "SELECT name AS word FROM sqlite_master WHERE type = 'table'")?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    let applied = match has("__diesel_schema_migrations") {
        true => words(conn, "SELECT version AS word FROM __diesel_schema_migrations ORDER BY version")?,
        false => Vec::new(),
    };
    let pending = known.iter().filter(|version| !applied.contains(version)).cloned().collect();
    let unknown: Vec<String> = applied.iter().filter(|version| !known.contains(version)).cloned().collect();
    // A newer schema may have moved anything: then these are not asked for.
    let readable = unknown.is_empty() && has("hub_state") && has("device_stream");
    let (newest, phones) = match readable {
        true => (
            number(conn, NEWEST)?,
            number(conn, "SELECT count(*) AS number FROM device_stream WHERE paired <> 0")?,
        ),
        false => (0, 0),
    };
    Ok(Inspection {
        applied,
        pending,
        unknown,
        newest_at: Some(Timestamp::from_nanos(newest)).filter(|instant| *instant > Timestamp::EPOCH),
        mark: readable.then(|| mark(conn)).transpose()?,
        phones: u64::try_from(phones).unwrap_or(0),
        damage: match depth {
            Depth::Glance => Vec::new(),
            Depth::EveryPage => damage(conn),
        },
    })
}

/// A page that cannot be read at all ends the check with an error, which is a finding too.
fn damage(conn: &mut SqliteConnection) -> Vec<String> {
    match words(conn, "SELECT quick_check AS word FROM pragma_quick_check") {
        Ok(found) => found.into_iter().filter(|word| word != "ok").take(MOST_FINDINGS).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// A database of before commits were counted has come to none.
fn mark(conn: &mut SqliteConnection) -> QueryResult<Mark> {
    let counted = words(conn, "SELECT name AS word FROM pragma_table_info('hub_state')")?;
    let commits = match counted.iter().any(|column| column == "commits") {
        true => number(conn, "SELECT commits AS number FROM hub_state")?,
        false => 0,
    };
    let incarnation = number(conn, "SELECT incarnation AS number FROM hub_state")?;
    Ok(Mark {
        incarnation: u32::try_from(incarnation).unwrap_or(0),
        commits: u64::try_from(commits).unwrap_or(0),
    })
}

fn words(conn: &mut SqliteConnection, query: &str) -> QueryResult<Vec<String>> {
    let rows: Vec<Word> = diesel::sql_query(query).load(conn)?;
    Ok(rows.into_iter().map(|row| row.word).collect())
}

fn number(conn: &mut SqliteConnection, query: &str) -> QueryResult<i64> {
    let rows: Vec<Number> = diesel::sql_query(query).load(conn)?;
    Ok(rows.first().map_or(0, |row| row.number))
}
