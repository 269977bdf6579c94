//! The protocol's golden vectors against the rules that the hub keeps: the resume table, and which SIMs are known
//! to differ. Golden events and poison go over the wire in `it/bad_phones/lines.rs`.

use relay_domain::JournalId;
use relay_domain::resume::{Case, Known, MAX_NUMBER, Presented, Refused, resume};
use relay_domain::sim::SimFacts;
use serde_json::Value;
use uuid::Uuid;

fn golden(text: &str) -> Value {
    serde_json::from_str(text).expect("vectors are JSON")
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn journal(value: &Value) -> Option<JournalId> {
    value.as_str().map(|text| JournalId::from(Uuid::parse_str(text).expect("a UUID")))
}

fn word(case: Case) -> &'static str {
    match case {
        Case::First => "first",
        Case::Reinstalled => "reinstalled",
        Case::Foreign => "foreign",
        Case::Pruned => "pruned",
        Case::HubBehind => "hub_behind",
        Case::Ordinary => "ordinary",
    }
}

#[test]
fn every_row_of_the_resume_table_is_as_the_protocol_pins_it() {
    let golden = golden(include_str!("../../device-protocol/vectors/resume.json"));
    let rows = golden["rows"].as_array().expect("rows");
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        let (name, known, told, expected) = (&row["name"], &row["known"], &row["journal"], &row["expected"]);
        let known = Known {
            journal: journal(&known["journal"]),
            up: number(&known["up"]),
            down: number(&known["down"]),
        };
        let presented = Presented {
            journal: journal(&told["id"]).expect("a journal"),
            virgin: told["virgin"].as_bool().expect("virgin or not"),
            lowest: number(&told["lowest"]),
            head: number(&told["head"]),
            acked: number(&told["acked"]),
            down: number(&told["down"]),
        };
        let case = expected["case"].as_str().expect("a case");
        seen.insert(case.to_owned());
        match resume(&known, &presented) {
            Ok(resumed) => {
                assert_eq!(word(resumed.case), case, "{name}");
                assert_eq!(resumed.up, number(&expected["up"]), "{name}: U");
                assert_eq!(resumed.down, number(&expected["down"]), "{name}: N");
                assert_eq!(resumed.adopts(), expected["adopt"], "{name}: adopts");
                assert_eq!(resumed.orphans(), expected["orphans_uncertain"], "{name}: orphans");
                assert_eq!(resumed.hole(&presented), expected["hole"], "{name}: a hole");
            }
            Err(Refused::Bad) => assert_eq!(case, "bad", "{name}"),
            Err(Refused::WentBack) => assert_eq!(case, "went_back", "{name}"),
        }
    }
    let all = ["bad", "first", "foreign", "hub_behind", "ordinary", "pruned", "reinstalled", "went_back"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all, "every case is pinned");
}

#[test]
fn a_phone_that_lies_about_its_numbers_is_refused_before_they_overflow_anything() {
    let id = JournalId::from(Uuid::nil());
    let fresh = Presented { journal: id, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 };
    let known = Known { journal: None, up: 0, down: 0 };
    for lie in [
        Presented { head: MAX_NUMBER + 1, ..fresh },
        Presented { head: u64::MAX, acked: u64::MAX, ..fresh },
        Presented { down: u64::MAX, ..fresh },
        Presented { lowest: u64::MAX, head: u64::MAX - 1, ..fresh },
    ] {
        assert_eq!(resume(&known, &lie), Err(Refused::Bad), "{lie:?}");
    }
}

#[test]
fn sims_differ_as_the_protocol_pins_it_the_same_both_ways_round() {
    let golden = golden(include_str!("../../device-protocol/vectors/sim_match.json"));
    let facts = |sim: &Value| SimFacts {
        number: sim["number"].as_str().map(str::to_owned),
        subscription_id: sim["subscription_id"].as_i64(),
        iccid_hash: sim["iccid_hash"].as_str().map(str::to_owned),
    };
    let pairs = golden["pairs"].as_array().expect("pairs");
    assert!(!pairs.is_empty());
    for pair in pairs {
        let (a, b) = (facts(&pair["a"]), facts(&pair["b"]));
        assert_eq!(a.contradicts(&b), pair["contradicts"], "{}", pair["name"]);
        assert_eq!(b.contradicts(&a), pair["contradicts"], "{}, the other way round", pair["name"]);
    }
}
