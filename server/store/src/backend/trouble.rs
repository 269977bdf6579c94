//! What a database error means for the batch that met it.
//!
//! diesel hands SQLite's conditions over as `Unknown` with a message, so they are recognised by their text, here
//! and nowhere else; a test provokes each.

use diesel::result::Error;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The disk is full: the whole batch fails, nobody is guilty, it may pass.
    DiskFull,
    /// Locked by someone else: the whole batch fails, it will pass.
    Busy,
    /// The file cannot be written or read: nothing more can be promised.
    Io,
    /// One change did what the schema forbids: a bug of ours, and only that change is refused.
    Poison,
}

/// Recognises an error.
pub(crate) fn classify(error: &Error) -> Trouble {
    let text = match error {
        Error::DatabaseError(_, info) => info.message(),
        Error::RollbackErrorOnCommit { commit_error, .. } => return classify(commit_error),
        _ => return Trouble::Poison,
    };
    const TABLE: [(&str, Trouble); 8] = [
        ("database or disk is full", Trouble::DiskFull),
        ("database is locked", Trouble::Busy),
        ("database table is locked", Trouble::Busy),
        ("database schema is locked", Trouble::Busy),
        ("disk I/O error", Trouble::Io),
        ("attempt to write a readonly database", Trouble::Io),
        ("unable to open database file", Trouble::Io),
        ("database disk image is malformed", Trouble::Io),
    ];
    TABLE.iter().find(|(known, _)| text.contains(known)).map_or(Trouble::Poison, |(_, trouble)| *trouble)
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::result::DatabaseErrorKind;
    use diesel::{Connection, SqliteConnection};

    use super::*;

    fn at(dir: &tempfile::TempDir) -> SqliteConnection {
        let path = dir.path().join("t.db");
        SqliteConnection::establish(path.to_str().unwrap()).unwrap()
    }

    #[test]
    fn a_full_disk_is_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = at(&dir);
        conn.batch_execute("CREATE TABLE t (x); PRAGMA max_page_count = 2;").unwrap();
        let error = conn.batch_execute("INSERT INTO t VALUES (zeroblob(100000))").unwrap_err();
        assert_eq!(classify(&error), Trouble::DiskFull, "{error}");
    }

    #[test]
    fn a_locked_database_is_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let (mut one, mut two) = (at(&dir), at(&dir));
        one.batch_execute("CREATE TABLE t (x); BEGIN EXCLUSIVE").unwrap();
        let error = two.batch_execute("INSERT INTO t VALUES (1)").unwrap_err();
        assert_eq!(classify(&error), Trouble::Busy, "{error}");
    }

    #[test]
    fn a_read_only_database_is_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = at(&dir);
        conn.batch_execute("CREATE TABLE t (x); PRAGMA query_only = 1").unwrap();
        let error = conn.batch_execute("INSERT INTO t VALUES (1)").unwrap_err();
        assert_eq!(classify(&error), Trouble::Io, "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_any_more_is_recognised() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = at(&dir);
        conn.batch_execute("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(20000))").unwrap();
        drop(conn);
        let path = dir.path().join("t.db");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let error = at(&dir).batch_execute("INSERT INTO t VALUES (1)").unwrap_err();
        assert_eq!(classify(&error), Trouble::Io, "{error}");
    }

    #[test]
    fn an_io_error_is_recognised_by_its_text() {
        // SQLite's own sentence for SQLITE_IOERR; provoking one needs a failing disk.
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new("disk I/O error".to_owned()));
        assert_eq!(classify(&error), Trouble::Io);
    }

    #[test]
    fn a_broken_rule_of_the_schema_is_poison() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = at(&dir);
        conn.batch_execute("CREATE TABLE t (x NOT NULL)").unwrap();
        let error = conn.batch_execute("INSERT INTO t VALUES (NULL)").unwrap_err();
        assert_eq!(classify(&error), Trouble::Poison, "{error}");
    }
}
