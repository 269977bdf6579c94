//! A restore that dies between any two of its steps leaves what was there, or a hub that does not start.

use super::*;
use crate::app::offline::manage;
use crate::app::opened::{OpenStoreError, Opened};
use crate::app::{Answer, backup};
use crate::control::{PlanNumbers, Verb};

struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    /// A data directory with two accounts, and a backup that knows the first of them.
    async fn new() -> Scratch {
        let scratch = Scratch { dir: tempfile::tempdir().unwrap() };
        scratch.create("Before").await;
        backup(&scratch.data(), &scratch.folder(), |_| {}).unwrap();
        scratch.create("After").await;
        scratch
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("backup")
    }

    async fn create(&self, name: &str) {
        let (name, plan, numbers) = (name.to_owned(), "free".to_owned(), PlanNumbers::default());
        let answer = manage(&self.data(), Verb::AccountCreate { name, plan, numbers, zone: None }).await;
        assert!(matches!(answer, Ok(Answer::AccountCreated(_))), "{answer:?}");
    }

    async fn accounts(&self) -> Vec<String> {
        match manage(&self.data(), Verb::AccountList).await.unwrap() {
            Answer::Accounts { accounts } => accounts.into_iter().map(|account| account.name).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn refuses_to_start(&self) -> bool {
        let refused = Opened::open_alone(&self.data()).err();
        matches!(&refused, Some(error @ OpenStoreError::Store(OpenError::Older { .. }))
            if error.to_string().contains("run `relay-hub restore`"))
    }

    /// Everything that only moves files; then the machine dies.
    fn put_in_place(&self) {
        let copy = Copy::check(&self.folder()).unwrap();
        let known = Known::look(&self.data(), Some(&copy)).unwrap();
        let floor = Mark { incarnation: known.incarnation, commits: known.commits };
        let mut report = RestoreReport::begin(&self.data(), RestoreMode::Do, Some(&copy), &known);
        put_in_place(&self.data(), Some(&copy), &known, floor, &mut report).unwrap();
    }

    fn restore(&self, from: Option<&Path>) -> RestoreReport {
        restore(&self.data(), from, RestoreMode::Do).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_only_arrived_changes_nothing() {
    let scratch = Scratch::new().await;
    Copy::check(&scratch.folder()).unwrap().bring(&scratch.data()).unwrap();
    assert_eq!(scratch.accounts().await, ["Before", "After"]);
    scratch.restore(Some(&scratch.folder()));
    assert_eq!(scratch.accounts().await, ["Before"]);
    assert!(!scratch.data().join("relay.db.restoring").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_change_to_the_last_no_hub_starts() {
    let scratch = Scratch::new().await;
    let continuity = data_dir::continuity_path(&scratch.data());
    // The old database is still in place.
    drop(Continuity::begin(&continuity, Mark { incarnation: 2, commits: 9 }, []).unwrap());
    assert!(scratch.refuses_to_start());
    // It is aside, and nothing in its place.
    copy::put_database_aside(&scratch.data(), 2).unwrap();
    assert!(scratch.refuses_to_start());
    assert!(matches!(restore(&scratch.data(), None, RestoreMode::Do), Err(RestoreError::NothingHere(_))));
    // The copy is in place, and nothing is held yet.
    scratch.put_in_place();
    assert!(scratch.refuses_to_start());
    // Either way on is good, and the incarnations of those that died are not used again.
    assert_eq!(scratch.restore(None).incarnation, 4);
    assert_eq!(scratch.accounts().await, ["Before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_restore_again_after_a_crash_keeps_both_databases() {
    let scratch = Scratch::new().await;
    scratch.put_in_place();
    let report = scratch.restore(Some(&scratch.folder()));
    assert_eq!(report.incarnation, 3);
    assert_eq!(scratch.accounts().await, ["Before"]);
    for aside in ["relay.db.before-restore-2", "relay.db.before-restore-3"] {
        assert!(scratch.data().join(aside).exists(), "{aside}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_goes_with_its_database_and_never_to_another() {
    let scratch = Scratch::new().await;
    std::fs::write(scratch.data().join("relay.db-wal"), "of the old one").unwrap();
    scratch.restore(Some(&scratch.folder()));
    let aside = scratch.data().join("relay.db.before-restore-2-wal");
    assert_eq!(std::fs::read(aside).unwrap(), b"of the old one");
    assert_eq!(scratch.accounts().await, ["Before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_beside_the_database_is_put_aside_and_said() {
    let scratch = Scratch::new().await;
    std::fs::write(data_dir::continuity_path(&scratch.data()), "dear").unwrap();
    let refused = Opened::open_alone(&scratch.data()).err().unwrap();
    assert!(refused.to_string().contains("run `relay-hub restore`"), "{refused}");
    let report = scratch.restore(None);
    assert!(report.put_aside[0].ends_with("continuity.ndjson.before-restore-2"), "{report:?}");
    assert!(report.warnings[0].contains("nobody knows"), "{report:?}");
    assert_eq!(scratch.accounts().await, ["Before", "After"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_fails_leaves_nothing_behind() {
    let scratch = Scratch::new().await;
    let folder = scratch.dir.path().join("second");
    std::fs::remove_file(data_dir::secrets_path(&scratch.data())).unwrap();
    assert!(backup(&scratch.data(), &folder, |_| {}).is_err());
    std::fs::write(data_dir::secrets_path(&scratch.data()), "{}").unwrap();
    std::fs::write(data_dir::database_path(&scratch.data()), "no database").unwrap();
    assert!(backup(&scratch.data(), &folder, |_| {}).is_err());
    assert!(!folder.exists());
}
