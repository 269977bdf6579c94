//! Promises of SIM recognition: a customer's line stays on its SIM, and a stranger's SIM is never taken for it.

use std::collections::HashSet;

use proptest::prelude::*;
use relay_domain::SimId;
use relay_domain::sim::SimReport;
use relay_domain::sim::{KnownSim, SimFacts, recognise};

fn id(number: u8) -> SimId {
    SimId::from_bytes([number; 16])
}

/// Facts from a short form: ICCID, subscription, number; zero is unknown.
fn facts(iccid: u8, subscription: i64, number: u8) -> SimFacts {
    SimFacts {
        iccid_hash: (iccid != 0).then(|| format!("iccid-{iccid}")),
        subscription_id: (subscription != 0).then_some(subscription),
        number: (number != 0).then(|| format!("+63917000000{number}")),
    }
}

fn known(number: u8, slot: u8, facts: SimFacts) -> KnownSim {
    KnownSim { id: id(number), slot, inserted: true, facts }
}

fn removed(number: u8, slot: u8, facts: SimFacts) -> KnownSim {
    KnownSim { inserted: false, ..known(number, slot, facts) }
}

fn reported(slot: u8, facts: SimFacts) -> SimReport {
    SimReport { slot, facts, carrier: None, is_default: false }
}

#[test]
fn two_sims_that_swap_slots_keep_their_names() {
    for each in [
        |n: u8| facts(n, 0, 0),
        |n: u8| facts(0, i64::from(n), 0),
        |n: u8| facts(0, 0, n),
        |n: u8| facts(n, i64::from(n), n),
    ] {
        let before = [known(1, 0, each(1)), known(2, 1, each(2))];
        let after = [reported(0, each(2)), reported(1, each(1))];
        assert_eq!(recognise(&before, &after), [Some(id(2)), Some(id(1))]);
    }
}

#[test]
fn a_sim_that_tells_nothing_stays_the_one_in_its_slot() {
    let before = [known(1, 0, facts(1, 1, 1)), known(2, 1, SimFacts::default())];
    let after = [reported(0, SimFacts::default()), reported(1, facts(0, 7, 0))];
    assert_eq!(recognise(&before, &after), [Some(id(1)), Some(id(2))]);
}

#[test]
fn a_sim_that_tells_nothing_in_another_slot_is_a_new_one() {
    let before = [known(1, 0, facts(1, 1, 1)), removed(2, 1, facts(2, 2, 2))];
    assert_eq!(recognise(&before, &[reported(1, SimFacts::default())]), [None]);
}

#[test]
fn another_sim_in_the_slot_is_a_new_one() {
    let before = [known(1, 0, facts(1, 1, 1))];
    for stranger in
        [facts(2, 1, 1), facts(2, 0, 0), facts(0, 2, 0), facts(0, 0, 2), facts(0, 2, 1), facts(0, 1, 2)]
    {
        assert_eq!(recognise(&before, &[reported(0, stranger)]), [None]);
    }
}

#[test]
fn a_sim_that_comes_back_is_known_again() {
    let before = [removed(1, 0, facts(1, 0, 0)), known(2, 0, facts(2, 0, 0))];
    assert_eq!(recognise(&before, &[reported(0, facts(1, 5, 0))]), [Some(id(1))]);
}

#[test]
fn the_iccid_decides_where_both_know_it() {
    let before = [known(1, 0, facts(1, 1, 1))];
    assert_eq!(recognise(&before, &[reported(1, facts(1, 9, 9))]), [Some(id(1))]);
}

#[test]
fn two_sims_of_one_number_do_not_swap_names() {
    let before = [known(1, 0, facts(0, 0, 1)), known(2, 1, facts(0, 0, 1))];
    for after in [[0, 1], [1, 0]] {
        let answers = recognise(&before, &after.map(|slot| reported(slot, facts(0, 0, 1))));
        assert_eq!(answers, after.map(|slot| Some(id(slot + 1))));
    }
}

#[test]
fn a_new_sim_of_the_same_number_does_not_take_the_name_of_the_one_that_stayed() {
    let before = [known(2, 1, facts(0, 0, 1))];
    let after = [reported(0, facts(0, 0, 1)), reported(1, facts(0, 0, 1))];
    assert_eq!(recognise(&before, &after), [None, Some(id(2))]);
}

#[test]
fn a_weak_tie_listed_first_does_not_take_what_a_strong_one_is() {
    let before = [known(1, 0, facts(1, 0, 1))];
    let after = [reported(0, facts(0, 0, 1)), reported(1, facts(1, 0, 1))];
    assert_eq!(recognise(&before, &after), [None, Some(id(1))]);
}

#[test]
fn of_two_that_were_taken_out_the_one_of_this_slot_is_back() {
    let before = [removed(1, 0, facts(0, 0, 1)), removed(2, 1, facts(0, 0, 1))];
    for slot in [0, 1] {
        assert_eq!(recognise(&before, &[reported(slot, facts(0, 0, 1))]), [Some(id(slot + 1))]);
    }
}

#[test]
fn of_two_that_may_be_it_the_one_that_is_there_now_is() {
    for before in [
        [removed(1, 0, facts(1, 0, 0)), known(2, 1, facts(1, 0, 0))],
        [known(2, 1, facts(1, 0, 0)), removed(1, 0, facts(1, 0, 0))],
    ] {
        assert_eq!(recognise(&before, &[reported(0, facts(1, 0, 0))]), [Some(id(2))]);
    }
}

#[test]
fn newer_facts_add_to_older_ones() {
    assert_eq!(facts(0, 5, 0).merged(&facts(1, 4, 2)), facts(1, 5, 2));
}

fn any_facts() -> impl Strategy<Value = SimFacts> {
    (0_u8..4, 0_i64..4, 0_u8..4).prop_map(|(iccid, subscription, number)| facts(iccid, subscription, number))
}

fn inventories() -> impl Strategy<Value = Vec<SimReport>> {
    prop::collection::vec((0_u8..3, any_facts()).prop_map(|(slot, facts)| reported(slot, facts)), 0..5)
}

fn pasts() -> impl Strategy<Value = Vec<KnownSim>> {
    prop::collection::vec((0_u8..3, any::<bool>(), any_facts()), 0..6).prop_map(|sims| {
        let sims = (1_u8..).zip(sims);
        sims.map(|(n, (slot, inserted, facts))| KnownSim { id: id(n), slot, inserted, facts }).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_name_is_given_twice_and_none_against_the_facts(known in pasts(), reported in inventories()) {
        let answers = recognise(&known, &reported);
        prop_assert_eq!(answers.len(), reported.len());
        let given: Vec<SimId> = answers.iter().flatten().copied().collect();
        prop_assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len());
        for (answer, sim) in answers.iter().zip(&reported) {
            let was = known.iter().find(|known| Some(known.id) == *answer);
            prop_assert_eq!(was.is_some(), answer.is_some());
            prop_assert!(was.is_none_or(|was| !was.facts.contradicts(&sim.facts)));
        }
    }

    #[test]
    fn an_inventory_that_did_not_change_changes_no_name(facts in prop::collection::vec(any_facts(), 1..3)) {
        let slots = || (0_u8..).zip(&facts);
        let before: Vec<KnownSim> = slots().map(|(slot, facts)| known(slot + 1, slot, facts.clone())).collect();
        let after: Vec<SimReport> = slots().map(|(slot, facts)| reported(slot, facts.clone())).collect();
        let same: Vec<Option<SimId>> = before.iter().map(|sim| Some(sim.id)).collect();
        // Two SIMs with one ICCID do not exist.
        prop_assume!(facts.len() < 2 || facts[0].iccid_hash.is_none() || facts[0].iccid_hash != facts[1].iccid_hash);
        prop_assert_eq!(recognise(&before, &after), same);
    }

    #[test]
    fn to_contradict_is_mutual(a in any_facts(), b in any_facts()) {
        prop_assert_eq!(a.contradicts(&b), b.contradicts(&a));
        prop_assert!(!a.contradicts(&a));
        prop_assert!(!a.clone().merged(&b).contradicts(&a));
    }
}
