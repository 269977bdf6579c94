//! A hundred deaths under load: hub and phones are killed in random order, customers never stop, and no message is
//! lost or sent twice.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::fleet::{Installation, seed};
use crate::support::mortal::MortalPhone;
use crate::support::posters::{Pace, Posted, Posters};
use crate::support::{HubOptions, eventually};

const DEATHS: usize = 100;
/// One death in so many is the hub's.
const HUB_DIES_ONCE_IN: usize = 4;
const PHONES: usize = 3;
const POSTERS_A_LINE: usize = 5;
/// Accepted between two deaths, at most: there is always something on its way.
const MOST_ACCEPTED_BETWEEN: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_whose_parts_die_a_hundred_times_keeps_every_promise() {
    let mut dice = StdRng::seed_from_u64(seed());
    // What a phone was submitting when it died is uncertain, and customers here wait for the end of each message.
    let options = HubOptions::default().with(&["--uncertain-after", "1s"]);
    let mut town = Installation::start(options).await;
    let mut phones = Vec::new();
    for _ in 0..PHONES {
        phones.push(MortalPhone::start(&mut town).await);
    }
    let first_words = PHONES;
    let posters = Posters::start(phones.iter().map(|phone| &phone.line), POSTERS_A_LINE, Pace::AfterItsEnd);
    let mut hub_deaths = 0;
    for _ in 0..DEATHS {
        let enough = posters.answered(202) + dice.random_range(1..=MOST_ACCEPTED_BETWEEN);
        posters.until_answered(enough, 202).await;
        if dice.random_range(0..HUB_DIES_ONCE_IN) == 0 {
            hub_deaths += 1;
            town.hub.kill();
            town.hub.restart().await;
            posters.next_era();
        } else {
            phones[dice.random_range(0..PHONES)].die(&town);
        }
    }
    eprintln!("{hub_deaths} of {DEATHS} deaths were the hub's");
    let posted = posters.end().await;
    eventually("nothing is queued or on its way", || async {
        (town.count("QUEUED").await? == 0 && town.count("DISPATCHED").await? == 0).then_some(())
    })
    .await;
    // A receipt that reached a dying phone died with it: SENT is the end of such a message.
    let counts = town.judge_as_it_is().await;
    let accepted = posted.iter().filter_map(Posted::id).count() + first_words;
    assert_eq!(counts.accepted, accepted as u64, "{counts:?}");
    assert!(counts.submits <= counts.accepted + counts.unconfirmed, "{counts:?}");
    // A phone that dies right after its journal's flush has promised a text without having said so in the ledger;
    // that none is stored more often than it arrived is the ledger's own rule.
    assert!(counts.inbound_stored >= counts.inbound_promised, "{counts:?}");
    assert!(counts.inbound_promised > 0, "texts came in meanwhile: {counts:?}");
}
