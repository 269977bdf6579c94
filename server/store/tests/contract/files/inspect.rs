//! The look that changes nothing: it says what is in a database, whoever has it open or left it, and leaves every
//! byte as it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use relay_domain::plan::PlanName;
use relay_store::{Depth, InspectError, Inspection, OpenElsewhere, inspect};

use crate::bench::{Bench, START};

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// Looks into a database that nobody has open, and sees to it that nothing was changed.
fn look(path: &Path, depth: Depth) -> Result<Inspection, InspectError> {
    let before = files(path.parent().unwrap());
    let found = inspect(path, OpenElsewhere::Free, depth);
    assert!(files(path.parent().unwrap()) == before, "a look changes nothing");
    found
}

/// The database as a hub that is killed leaves it, in a folder of its own.
fn killed(bench: &Bench) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files(bench.path().parent().unwrap()) {
        std::fs::write(copy.path().join(name), bytes).unwrap();
    }
    copy
}

#[tokio::test]
async fn a_database_that_was_closed_in_order_is_read_without_a_file_beside_it() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.advance(Duration::from_secs(60));
    bench.accept(&key, "x").await;
    let newest = bench.now();
    let copy = killed(&bench);
    let path = copy.path().join("relay.db");
    close_in_order(&path);
    assert_eq!(files(copy.path()).len(), 1);
    let found = look(&path, Depth::EveryPage).unwrap();
    assert_eq!(found.newest_at, Some(newest));
    assert_eq!((found.phones, found.pending.len(), found.unknown.len()), (1, 0, 0));
    assert!(found.damage.is_empty() && found.applied.contains(&"0001".to_owned()), "{found:?}");
}

fn close_in_order(path: &Path) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

#[tokio::test]
async fn a_database_that_a_killed_hub_left_is_read_with_its_log() {
    let bench = Bench::open();
    bench.account(PlanName::Pro).await;
    let copy = killed(&bench);
    let path = copy.path().join("relay.db");
    assert!(
        std::fs::metadata(copy.path().join("relay.db-wal")).unwrap().len() > 0,
        "something is in the log alone"
    );
    let found = look(&path, Depth::EveryPage).unwrap();
    assert_eq!(found.newest_at, Some(START));
    assert!(found.damage.is_empty(), "{found:?}");
    std::fs::remove_file(copy.path().join("relay.db-shm")).unwrap();
    let refused = look(&path, Depth::Glance).unwrap_err();
    assert!(matches!(refused, InspectError::Unfinished(_)), "{refused}");
}

#[tokio::test]
async fn a_running_store_goes_on_while_it_is_looked_into() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.accept(&key, "x").await;
    let names = |files: BTreeMap<String, Vec<u8>>| files.into_keys().collect::<Vec<_>>();
    let before = names(files(bench.path().parent().unwrap()));
    let found = inspect(&bench.path(), OpenElsewhere::Held, Depth::Glance).unwrap();
    assert_eq!((found.newest_at, found.phones), (Some(bench.now()), 1));
    assert_eq!(names(files(bench.path().parent().unwrap())), before);
    bench.accept(&key, "still accepted").await;
}

#[tokio::test]
async fn a_held_database_without_its_log_is_being_opened_and_is_left_alone() {
    let bench = Bench::open();
    let copy = killed(&bench);
    let path = copy.path().join("relay.db");
    close_in_order(&path);
    let refused = inspect(&path, OpenElsewhere::Held, Depth::Glance).unwrap_err();
    assert!(matches!(refused, InspectError::Busy(_)), "{refused}");
    assert_eq!(files(copy.path()).len(), 1);
}

#[tokio::test]
async fn migrations_of_a_newer_program_and_missing_ones_are_named() {
    let bench = Bench::open();
    let copy = killed(&bench);
    let path = copy.path().join("relay.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let forge = "DELETE FROM __diesel_schema_migrations WHERE version = '0001'; \
                 INSERT INTO __diesel_schema_migrations (version) VALUES ('9999');";
    conn.batch_execute(forge).unwrap();
    drop(conn);
    let found = look(&path, Depth::Glance).unwrap();
    assert_eq!(found.unknown, ["9999"]);
    assert!(found.pending.contains(&"0001".to_owned()));
    assert_eq!(found.newest_at, None, "what a newer program means by its tables is not guessed");
}

#[derive(QueryableByName)]
struct Leaf {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

#[tokio::test]
async fn damage_is_found_by_a_thorough_look_alone() {
    let bench = Bench::open();
    for _ in 0..200 {
        bench.account(PlanName::Pro).await;
    }
    let copy = killed(&bench);
    let path = copy.path().join("relay.db");
    close_in_order(&path);
    // The oldest accounts: no glance falls there.
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let leaf =
        "SELECT pgoffset AS place FROM dbstat WHERE name = 'account' AND pagetype = 'leaf' ORDER BY path";
    let leaves: Vec<Leaf> = sql_query(leaf).load(&mut conn).unwrap();
    let place = usize::try_from(leaves[0].place).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[place..place + 512].fill(0xee);
    std::fs::write(&path, bytes).unwrap();
    assert!(look(&path, Depth::Glance).unwrap().damage.is_empty());
    let found = look(&path, Depth::EveryPage).unwrap();
    assert!(!found.damage.is_empty());
}

#[test]
fn what_is_absent_or_no_database_is_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a folder? 100% #1");
    std::fs::create_dir(&path).unwrap();
    let path = path.join("relay.db");
    assert!(matches!(look(&path, Depth::Glance).unwrap_err(), InspectError::Absent(_)));
    std::fs::write(&path, "Dear reader, this is no database at all.\n".repeat(64)).unwrap();
    let refused = look(&path, Depth::Glance).unwrap_err();
    assert!(
        matches!(&refused, InspectError::Unreadable { why, .. } if why.contains("not a database")),
        "{refused}"
    );
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        look(&path, Depth::Glance).unwrap().applied.len(),
        0,
        "an empty file is a database without tables"
    );
}
