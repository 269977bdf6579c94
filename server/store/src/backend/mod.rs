//! The database behind the store: the only place that names a backend.
//!
//! [`Conn`] has one variant today; PostgreSQL becomes the second. So nothing outside this folder may use what
//! only one of them can: no upserts, no multi-row values, ids as bytes, instants as integers.

mod backup;
#[cfg(test)]
mod columns;
mod condition;
mod counted;
mod inspect;
mod sqlite;
mod statement;
mod trouble;

pub use backup::{BackupError, backup};
#[cfg(test)]
pub(crate) use columns::assert_names_the_columns;
pub(crate) use condition::condition;
pub(crate) use counted::counted;
pub use inspect::{Depth, InspectError, Inspection, OpenElsewhere, inspect};
pub(crate) use sqlite::{
    Checkpointer, begin, commit, open_reader, open_writer, others_wrote, reading, rollback, rows_written,
    wal_bytes,
};
pub use sqlite::{Durability, OpenError};
pub(crate) use statement::{Words, words};
pub(crate) use trouble::{Trouble, classify};

/// A connection to whichever backend the store was opened on.
#[derive(diesel::MultiConnection)]
pub(crate) enum Conn {
    /// Embedded SQLite.
    Sqlite(diesel::SqliteConnection),
}

/// diesel's name for it, in the types of boxed queries.
pub(crate) type Backend = <Conn as diesel::Connection>::Backend;
