//! Promises of a message's state: it is the highest of the facts seen, whatever order they come in.

use proptest::prelude::*;
use relay_domain::Timestamp;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure, FailureClass, MessageState, Rank};

fn instant(second: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(second).expect("small") * 1_000)
}

fn failure(code: &str) -> Failure {
    Failure { class: FailureClass::Permanent, code: code.into(), reason: format!("Because of {code}") }
}

/// The seven facts that lift a message, and the two that do not.
fn kinds() -> Vec<FactKind> {
    let stages = [
        FailedAt::Unknown,
        FailedAt::Deadline,
        FailedAt::Cancel,
        FailedAt::Hub,
        FailedAt::Radio,
        FailedAt::Receipt,
    ];
    let failures = stages.map(|stage| FactKind::Failed(stage, failure(&format!("{stage:?}"))));
    let mut kinds = vec![FactKind::Sent, FactKind::Delivered, FactKind::Uncertain, FactKind::TooLate];
    kinds.extend(failures);
    kinds
}

/// A stream of facts as one journal writes it: each number once, instants in any order.
fn journals() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec((0..kinds().len(), 0_u64..50, 1_u64..4), 1..10).prop_map(|facts| {
        let mut up_seq = 0;
        let fact = |(kind, second, step): (usize, u64, u64)| {
            up_seq += step;
            let mut kind = kinds()[kind].clone();
            // Two failures at one stage may differ in their reason: the lowest number decides.
            if let FactKind::Failed(_, failure) = &mut kind {
                failure.reason = format!("{} in event {up_seq}", failure.reason);
            }
            Fact { kind, at: instant(second), up_seq }
        };
        facts.into_iter().map(fact).collect()
    })
}

/// Facts in order, and the same ones shuffled, some of them several times.
fn shuffled() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    journals().prop_flat_map(|facts| {
        let repeats = prop::collection::vec(1_usize..4, facts.len());
        (Just(facts), repeats).prop_flat_map(|(facts, repeats)| {
            let many: Vec<Fact> = facts
                .iter()
                .zip(&repeats)
                .flat_map(|(fact, times)| std::iter::repeat_n(fact.clone(), *times))
                .collect();
            (Just(facts), Just(many).prop_shuffle())
        })
    })
}

fn end_of<'a>(start: &MessageState, facts: impl IntoIterator<Item = &'a Fact>) -> MessageState {
    let mut state = start.clone();
    for fact in facts {
        state.absorb(fact);
    }
    state
}

/// The rule itself, over the whole set at once.
fn highest(start: &MessageState, facts: &[Fact]) -> MessageState {
    let earliest = |wanted: &FactKind| facts.iter().filter(|f| f.kind == *wanted).map(|f| f.at).min();
    let lifting = facts.iter().filter_map(|fact| Some((fact.kind.rank()?, fact)));
    let top = lifting.max_by_key(|(rank, fact)| (*rank, std::cmp::Reverse(fact.up_seq)));
    let mut end = start.clone();
    if let Some((rank, fact)) = top.filter(|(rank, _)| *rank > start.rank) {
        (end.rank, end.at, end.up_seq) = (rank, fact.at, fact.up_seq);
        end.failure = match &fact.kind {
            FactKind::Failed(_, failure) => Some(failure.clone()),
            _ => None,
        };
    }
    end.sent_at = earliest(&FactKind::Sent);
    end.uncertain_at = earliest(&FactKind::Uncertain);
    end
}

#[test]
fn the_order_of_ranks_is_the_documented_one() {
    let documented = [
        ("Queued", 0),
        ("Dispatched", 1),
        ("FailedUnknown", 2),
        ("Expired", 3),
        ("Canceled", 4),
        ("Sent", 5),
        ("FailedHub", 6),
        ("FailedRadio", 7),
        ("FailedReceipt", 8),
        ("Delivered", 9),
    ];
    assert_eq!(
        Rank::ALL.map(|rank| (format!("{rank:?}"), rank.number())),
        documented.map(|(n, r)| (n.into(), r))
    );
    assert!(Rank::ALL.is_sorted());
}

#[test]
fn every_rank_and_class_comes_back_from_the_database() {
    for rank in Rank::ALL {
        assert_eq!(Rank::from_number(rank.number()), Some(rank));
    }
    for stray in [i16::MIN, -1, 10, i16::MAX] {
        assert_eq!(Rank::from_number(stray), None);
    }
    for class in FailureClass::ALL {
        assert_eq!(FailureClass::from_word(class.word()), Some(class));
    }
    assert_eq!(FailureClass::from_word("Permanent"), None);
}

#[test]
fn order_of_facts_expired_canceled_and_unknown_are_strict_in_both_orders() {
    let fact =
        |stage, up_seq| Fact { kind: FactKind::Failed(stage, failure("x")), at: instant(up_seq), up_seq };
    let pairs = [
        (FailedAt::Unknown, FailedAt::Deadline, Rank::Expired),
        (FailedAt::Deadline, FailedAt::Cancel, Rank::Canceled),
        (FailedAt::Unknown, FailedAt::Cancel, Rank::Canceled),
    ];
    for (low, high, rank) in pairs {
        // Whichever has the lower number, and whichever is seen first.
        for (low, high) in [(fact(low, 1), fact(high, 2)), (fact(low, 2), fact(high, 1))] {
            for facts in [[&low, &high], [&high, &low]] {
                let end = end_of(&MessageState::new(Rank::Dispatched, instant(0)), facts);
                assert_eq!((end.rank, end.at, end.up_seq), (rank, high.at, high.up_seq));
            }
        }
    }
}

#[test]
fn a_later_truth_wins_over_a_failure() {
    let mut state = MessageState::new(Rank::Dispatched, instant(0));
    let unknown = FactKind::Failed(FailedAt::Unknown, Failure::outcome_unknown("the phone was replaced"));
    assert!(state.absorb(&Fact { kind: unknown, at: instant(9), up_seq: 0 }));
    assert!(state.rank.is_failure() && state.failure.is_some());
    assert!(state.absorb(&Fact { kind: FactKind::Sent, at: instant(2), up_seq: 7 }));
    assert_eq!((state.rank, state.failure.clone()), (Rank::Sent, None));
    assert!(state.absorb(&Fact { kind: FactKind::Delivered, at: instant(3), up_seq: 8 }));
    assert_eq!((state.rank, state.sent_at), (Rank::Delivered, Some(instant(2))));
}

#[test]
fn uncertainty_ends_nothing_and_ends_with_the_first_answer() {
    let mut state = MessageState::new(Rank::Dispatched, instant(0));
    assert!(!state.absorb(&Fact { kind: FactKind::Uncertain, at: instant(5), up_seq: 3 }));
    assert!(state.is_uncertain() && !state.has_ended());
    assert!(state.absorb(&Fact { kind: FactKind::Sent, at: instant(6), up_seq: 4 }));
    assert!(!state.is_uncertain() && state.has_ended());
}

#[test]
fn a_cancel_that_came_too_late_changes_nothing() {
    let before = MessageState::new(Rank::Sent, instant(1));
    let mut after = before.clone();
    assert!(!after.absorb(&Fact { kind: FactKind::TooLate, at: instant(2), up_seq: 9 }));
    assert_eq!(before, after);
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_end_in_the_same_state(
        (facts, shuffled) in shuffled(),
        start in prop::sample::select(vec![Rank::Queued, Rank::Dispatched]),
    ) {
        let start = MessageState::new(start, instant(0));
        let end = highest(&start, &facts);
        prop_assert_eq!(&end_of(&start, &facts), &end);
        prop_assert_eq!(&end_of(&start, &shuffled), &end);
    }

    #[test]
    fn a_notice_is_due_only_when_the_rank_rises((_, shuffled) in shuffled()) {
        let mut state = MessageState::new(Rank::Dispatched, instant(0));
        let mut rises = 0;
        for fact in &shuffled {
            let before = state.rank;
            let rose = state.absorb(fact);
            prop_assert_eq!(rose, state.rank > before);
            prop_assert!(state.rank >= before);
            rises += usize::from(rose);
        }
        prop_assert!(rises <= Rank::ALL.len());
        // Once more: everything is known, nothing rises.
        for fact in &shuffled {
            prop_assert!(!state.absorb(fact));
        }
    }

    #[test]
    fn a_reason_stands_exactly_beside_a_failure((_, shuffled) in shuffled()) {
        let mut state = MessageState::new(Rank::Queued, instant(0));
        for fact in &shuffled {
            state.absorb(fact);
            prop_assert_eq!(state.failure.is_some(), state.rank.is_failure());
        }
    }
}
