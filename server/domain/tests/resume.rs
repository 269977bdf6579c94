//! Promises of the resume table: each row, and that no hello whatsoever breaks the arithmetic of a stream.

use proptest::prelude::*;
use relay_domain::JournalId;
use relay_domain::resume::{Case, Known, MAX_NUMBER, Presented, Refused, Resume, resume};

fn journal(number: u8) -> JournalId {
    JournalId::from_bytes([number; 16])
}

fn known(up: u64, down: u64) -> Known {
    Known { journal: Some(journal(1)), up, down }
}

/// A hello of the journal that the hub knows.
fn hello(lowest: u64, head: u64, acked: u64, down: u64) -> Presented {
    Presented { journal: journal(1), virgin: false, lowest, head, acked, down }
}

fn other(presented: Presented, virgin: bool) -> Presented {
    Presented { journal: journal(2), virgin, ..presented }
}

fn row(case: Case, up: u64, down: u64) -> Result<Resume, Refused> {
    Ok(Resume { case, up, down })
}

#[test]
fn an_ordinary_reconnect_continues_after_what_is_stored() {
    assert_eq!(resume(&known(7, 9), &hello(3, 8, 6, 9)), row(Case::Ordinary, 7, 9));
    assert_eq!(resume(&known(7, 9), &hello(8, 7, 7, 4)), row(Case::Ordinary, 7, 9));
}

#[test]
fn a_first_journal_is_taken_in_from_its_start() {
    let nobody = Known { journal: None, up: 0, down: 0 };
    assert_eq!(resume(&nobody, &hello(1, 5, 0, 0)), row(Case::First, 0, 0));
    assert_eq!(resume(&nobody, &hello(4, 5, 3, 12)), row(Case::First, 3, 12));
}

#[test]
fn a_virgin_journal_means_that_the_app_was_installed_anew() {
    let presented = other(hello(1, 2, 0, 0), true);
    let answer = resume(&known(7, 9), &presented).unwrap();
    assert_eq!(answer, Resume { case: Case::Reinstalled, up: 0, down: 9 });
    assert!(answer.adopts() && answer.orphans() && !answer.hole(&presented));
}

#[test]
fn a_journal_with_a_past_means_that_the_hub_was_restored() {
    let presented = other(hello(11, 20, 15, 30), false);
    let answer = resume(&known(7, 9), &presented).unwrap();
    assert_eq!(answer, Resume { case: Case::Foreign, up: 10, down: 30 });
    assert!(answer.adopts() && answer.orphans() && answer.hole(&presented));
}

#[test]
fn a_hub_that_lost_its_newest_commits_continues_where_it_is() {
    assert_eq!(resume(&known(7, 9), &hello(3, 12, 10, 9)), row(Case::HubBehind, 7, 9));
    assert_eq!(resume(&known(7, 9), &hello(3, 8, 6, 11)), row(Case::HubBehind, 7, 11));
}

#[test]
fn a_phone_that_went_back_in_time_is_refused() {
    assert_eq!(resume(&known(7, 9), &hello(1, 6, 0, 0)), Err(Refused::WentBack));
    // Even if it has seen newer messages than the hub: no hub that was restored explains both.
    assert_eq!(resume(&known(7, 9), &hello(1, 6, 0, 99)), Err(Refused::WentBack));
}

#[test]
fn only_the_journal_that_the_backup_knew_with_nothing_missing_settles_what_is_held() {
    let cases = [
        (Case::First, false),
        (Case::Reinstalled, false),
        (Case::Foreign, false),
        (Case::Pruned, false),
        (Case::HubBehind, true),
        (Case::Ordinary, true),
    ];
    for (case, settles) in cases {
        assert_eq!(Resume { case, up: 1, down: 1 }.settles_held(), settles, "{case:?}");
    }
}

#[test]
fn what_the_phone_has_pruned_is_a_hole_and_not_waited_for() {
    let presented = hello(9, 12, 10, 9);
    let answer = resume(&known(7, 9), &presented).unwrap();
    assert_eq!(answer, Resume { case: Case::Pruned, up: 8, down: 9 });
    assert!(answer.hole(&presented) && !answer.adopts());
    // One lower, and nothing is missing.
    assert_eq!(resume(&known(7, 9), &hello(8, 12, 10, 9)), row(Case::HubBehind, 7, 9));
}

#[test]
fn numbers_that_contradict_each_other_are_refused() {
    for bad in [hello(0, 5, 0, 0), hello(1, 5, 6, 0), hello(7, 5, 0, 0)] {
        assert_eq!(resume(&known(0, 0), &bad), Err(Refused::Bad), "{bad:?}");
    }
}

#[test]
fn a_phone_that_claims_impossible_numbers_is_refused() {
    for bad in
        [hello(u64::MAX, u64::MAX, 0, 0), hello(1, MAX_NUMBER + 1, 0, 0), hello(1, 5, 0, MAX_NUMBER + 1)]
    {
        assert_eq!(resume(&known(0, 0), &bad), Err(Refused::Bad), "{bad:?}");
        assert_eq!(resume(&known(0, 0), &other(bad, true)), Err(Refused::Bad), "{bad:?}");
    }
    assert!(resume(&known(0, 0), &hello(MAX_NUMBER + 1, MAX_NUMBER, 0, MAX_NUMBER)).is_ok());
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0_u64..12, 1 => MAX_NUMBER - 2..MAX_NUMBER + 3, 1 => u64::MAX - 2..=u64::MAX, 1 => any::<u64>()]
}

fn hellos() -> impl Strategy<Value = Presented> {
    (1_u8..3, any::<bool>(), numbers(), numbers(), numbers(), numbers()).prop_map(
        |(id, virgin, lowest, head, acked, down)| Presented {
            journal: journal(id),
            virgin,
            lowest,
            head,
            acked,
            down,
        },
    )
}

fn rows() -> impl Strategy<Value = Known> {
    (prop::option::of(1_u8..3), numbers(), numbers()).prop_map(|(id, up, down)| Known {
        journal: id.map(journal),
        up,
        down,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_hello_gets_an_answer_that_both_sides_can_go_on_from(known in rows(), presented in hellos()) {
        let Ok(answer) = resume(&known, &presented) else { return Ok(()) };
        // The next event that the hub expects is one that the phone still has, or will write next.
        prop_assert!(answer.up <= presented.head);
        prop_assert!(answer.up + 1 >= presented.lowest);
        // No number that was given out is given out again.
        prop_assert_eq!(answer.down, known.down.max(presented.down));
        // What was stored of a journal is never asked for twice.
        let same = known.journal == Some(presented.journal);
        prop_assert!(!same || answer.up >= known.up);
        prop_assert_eq!(answer.adopts(), !same);
        prop_assert_eq!(answer.orphans(), !same && known.journal.is_some());
        // A hole is told exactly when an event between what is stored and what is kept is missing.
        let stored = if same { known.up } else { 0 };
        prop_assert_eq!(answer.hole(&presented), answer.up > stored);
    }

    #[test]
    fn a_hello_is_refused_only_for_a_reason(known in rows(), presented in hellos()) {
        let Presented { lowest, head, acked, down, .. } = presented;
        let bad = lowest == 0 || acked > head || head > MAX_NUMBER || down > MAX_NUMBER || lowest > head + 1;
        match resume(&known, &presented) {
            Err(Refused::Bad) => prop_assert!(bad),
            Err(Refused::WentBack) => {
                prop_assert!(!bad && known.journal == Some(presented.journal) && head < known.up);
            }
            Ok(_) => prop_assert!(!bad),
        }
    }

    #[test]
    fn saying_hello_again_is_an_ordinary_reconnect(known in rows(), presented in hellos()) {
        if let Ok(first) = resume(&known, &presented) {
            let row = Known { journal: Some(presented.journal), up: first.up, down: first.down };
            let again = resume(&row, &presented).expect("nothing changed");
            prop_assert_eq!((again.up, again.down), (first.up, first.down));
            prop_assert!(matches!(again.case, Case::Ordinary | Case::HubBehind));
        }
    }
}
