//! Journals: what is durable, what a torn tail costs, and what damage is refused.

mod support;

use std::{fs, os::unix::fs::PermissionsExt};

use android_bridge::{
    book::Book,
    engine::Input,
    journal::{FileJournal, Journal, JournalError, MemoryJournal, Record},
};
use proptest::prelude::*;
use support::{
    id, message,
    rig::{Rig, sms},
};

fn record(n: u64) -> Record {
    Record::Down { down: n }
}

fn filled(groups: &[u64]) -> MemoryJournal {
    let mut journal = MemoryJournal::new();
    for size in groups {
        for n in 0..*size {
            journal.append(&record(n)).expect("memory takes it");
        }
        journal.flush().expect("memory takes it");
    }
    journal
}

#[test]
fn a_file_keeps_what_was_flushed_and_only_that() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = FileJournal::open(dir.path()).unwrap();
    assert!(journal.load().unwrap().is_empty());
    journal.append(&record(1)).unwrap();
    journal.append(&record(2)).unwrap();
    journal.flush().unwrap();
    journal.append(&record(3)).unwrap();
    assert!(matches!(FileJournal::open(dir.path()), Err(JournalError::InUse(_))));
    drop(journal);
    let mut journal = FileJournal::open(dir.path()).unwrap();
    assert_eq!(journal.load().unwrap(), [record(1), record(2)]);
    let mode = fs::metadata(dir.path().join("journal.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_is_replaced_whole_by_compaction_and_goes_on_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = FileJournal::open(dir.path()).unwrap();
    journal.load().unwrap();
    journal.append(&record(1)).unwrap();
    journal.flush().unwrap();
    journal.append(&record(2)).unwrap();
    journal.compact(&[record(7)]).unwrap();
    journal.append(&record(8)).unwrap();
    journal.flush().unwrap();
    drop(journal);
    assert_eq!(FileJournal::open(dir.path()).unwrap().load().unwrap(), [record(7), record(8)]);
}

#[test]
fn a_torn_tail_is_cut_from_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.log");
    let mut journal = FileJournal::open(dir.path()).unwrap();
    journal.append(&record(1)).unwrap();
    journal.flush().unwrap();
    let whole = fs::read(&path).unwrap().len();
    journal.append(&record(2)).unwrap();
    journal.flush().unwrap();
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    for length in whole..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let mut journal = FileJournal::open(dir.path()).unwrap();
        assert_eq!(journal.load().unwrap(), [record(1)]);
        assert_eq!(fs::metadata(&path).unwrap().len() as usize, whole);
    }
}

#[test]
fn damage_before_the_end_is_refused_and_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.log");
    let mut journal = FileJournal::open(dir.path()).unwrap();
    for n in 0..2 {
        journal.append(&record(n)).unwrap();
        journal.flush().unwrap();
    }
    drop(journal);
    let mut bytes = fs::read(&path).unwrap();
    bytes[12] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(FileJournal::open(dir.path()).unwrap().load(), Err(JournalError::Damaged { at: 0 })));
}

#[test]
fn a_compacted_book_is_the_same_book() {
    let mut rig = Rig::new();
    rig.connect();
    for n in 1..=6u128 {
        rig.send(device_protocol::Send { parts: 1 + (n as u16 % 2), ..message(n, n as u64) });
    }
    rig.answer(1, 0, Err("no_signal"));
    rig.answer(2, 0, Ok(()));
    rig.cancel(id(99));
    rig.sms("hello");
    rig.disconnect();
    rig.sms("not uploaded");
    let book = rig.phone.engine().book().clone();
    assert_eq!(Book::replay(book.snapshot()), Some(book));
}

#[test]
fn a_journal_that_grows_is_compacted_between_sessions_and_forgets_only_what_is_acknowledged() {
    const DAY_MS: u64 = 86_400_000;
    let mut rig = Rig::new();
    rig.connect();
    rig.send(message(1, 1));
    rig.answer(1, 0, Ok(()));
    rig.disconnect();
    rig.input(sms("never uploaded until the end"));
    rig.pass(15 * DAY_MS);
    rig.input(Input::Disconnected { code: None });
    let book = rig.phone.engine().book();
    assert_eq!((book.lowest(), book.front.head), (2, 2), "the acknowledged fact is gone, the other stays");
    assert!(book.messages.contains_key(&id(1)), "its id is kept");
    rig.connect();
    rig.send(message(1, 5));
    assert_eq!(rig.submitted.len(), 1);
    assert_eq!(rig.hub.facts_of(id(1)), ["sent", "sent"]);
    rig.disconnect();
    rig.pass(31 * DAY_MS);
    rig.input(Input::Disconnected { code: None });
    assert!(rig.phone.engine().book().messages.is_empty());
    let then = rig.now;
    let mut rig = rig.restart(then);
    rig.connect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_tears_the_tail_the_groups_before_it_are_whole(
        groups in prop::collection::vec(1u64..5, 0..6),
        unflushed in 0u64..5,
        torn in 0usize..400,
    ) {
        let mut journal = filled(&groups);
        let whole = journal.clone().load().unwrap();
        for n in 0..unflushed {
            journal.append(&record(n)).unwrap();
        }
        journal.crash(torn);
        prop_assert_eq!(journal.load().unwrap(), whole.clone());
        // And the journal goes on where the torn tail was.
        journal.append(&record(42)).unwrap();
        journal.flush().unwrap();
        let mut expected = whole;
        expected.push(record(42));
        prop_assert_eq!(journal.load().unwrap(), expected);
    }
}
