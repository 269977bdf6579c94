//! The database's file: one of a newer version is refused and left as it is, and readers see only commits.

mod inspect;

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use relay_domain::plan::PlanName;
use relay_domain::{Clock, Timestamp};
use relay_store::changes::CreateAccount;
use relay_store::queries::ListAccounts;
use relay_store::{Announce, Effect, Mark, OpenError, Store, StoreConfig};

use crate::bench::Bench;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }
}

impl Announce for Still {
    fn announce(&self, _: Effect) {}
}

fn config() -> StoreConfig {
    StoreConfig {
        clock: Arc::new(Still),
        seed: 1,
        at_least: Mark::default(),
        announce: Arc::new(Still),
        on_fatal: Arc::new(|_| {}),
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    Store::open(&path, config()).unwrap().close();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')").unwrap();
    drop(conn);
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(&path, config()).err().expect("it is refused");
    assert!(matches!(&refused, OpenError::Newer { newest, .. } if newest == "99991231000000"), "{refused}");
    assert!(refused.to_string().contains("start that version or a later one"), "{refused}");
    assert!(std::fs::read(&path).unwrap() == before, "not a byte has changed");
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_path_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let letter = b"Dear reader, this is no database at all.\n".repeat(64);
    std::fs::write(&path, &letter).unwrap();
    let refused = Store::open(&path, config()).err().expect("it is refused");
    assert!(refused.to_string().contains("relay.db"), "{refused}");
    assert!(std::fs::read(&path).unwrap() == letter);
}

#[test]
fn a_database_of_the_first_version_keeps_its_rows_and_gets_normal_forms_as_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(include_str!("../../../../migrations/sqlite/0001_first/up.sql")).unwrap();
    conn.batch_execute(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT \
         NULL DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO __diesel_schema_migrations (version) VALUES ('0001');
         INSERT INTO device VALUES (x'01', x'02', 'Office', 1, 1, NULL, '', '', 1);
         INSERT INTO outbound (id, account_id, device_id, key_id, line_id, sim_id, slot, recipient, body, parts, \
         priority, turn, created_at, rank, rank_at, rank_seq) VALUES (x'03', x'02', x'01', x'04', x'05', x'06', 0, \
         '+2310776000000', 'x', 1, 1, 0, 1, 0, 1, 0);
         INSERT INTO inbound (id, account_id, device_id, slot, sender, body, parts, digest, source, journal_id, \
         up_seq, received_at, created_at) VALUES (x'07', x'02', x'01', 0, 'My Bank', 'x', 1, '', '', x'08', 1, 1, 1)",
    )
    .unwrap();
    Store::open(&path, config()).unwrap().close();
    let mut told =
        |sql: &str| sql_query(format!("SELECT ({sql}) AS told")).get_result::<Told>(&mut conn).unwrap().told;
    assert_eq!(told("SELECT recipient_normal FROM outbound"), "+2310776000000");
    assert_eq!(told("SELECT sender_normal FROM inbound"), "My Bank");
    assert_eq!(
        told("SELECT name || coalesce(deleted_at, ', not deleted') FROM device"),
        "Office, not deleted"
    );
}

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    told: String,
}

#[tokio::test]
async fn opening_twice_changes_nothing() {
    let bench = Bench::open();
    bench.account(PlanName::Pro).await;
    let before = bench.tables();
    let bench = bench.reopen().await;
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn the_read_pool_sees_only_what_is_committed() {
    let bench = Bench::open();
    bench.account(PlanName::Pro).await;
    let mut writer = SqliteConnection::establish(bench.path().to_str().unwrap()).unwrap();
    writer
        .batch_execute("BEGIN IMMEDIATE; UPDATE account SET name = 'not yet'; DELETE FROM device;")
        .unwrap();
    assert_eq!(bench.ask(ListAccounts).await[0].name, "Acme");
    writer.batch_execute("ROLLBACK").unwrap();
    let created = bench
        .api(CreateAccount {
            name: "Late".into(),
            plan: PlanName::Pro.plan(),
            zone: relay_domain::month::Zone::UTC,
        })
        .await;
    assert!(bench.ask(ListAccounts).await.contains(&created), "an answer means that everyone can read it");
}

#[tokio::test]
async fn what_is_answered_is_there_after_a_restart() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    let bench = bench.reopen().await;
    assert_eq!(bench.message(&message).await, message);
}

#[test]
fn sqlite_was_built_as_the_store_wants_it() {
    #[derive(QueryableByName)]
    struct OptionSet {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let set: Vec<OptionSet> = sql_query("PRAGMA compile_options").load(&mut conn).unwrap();
    let is_set = |name: &str| set.iter().any(|option| option.compile_options == name);
    for (name, wanted) in
        [("ENABLE_QPSG", true), ("DEFAULT_MEMSTATUS=0", true), ("ENABLE_MEMORY_MANAGEMENT", false)]
    {
        assert_eq!(is_set(name), wanted, "{name}: the reasons are in `.cargo/config.toml`");
    }
}
