//! A storm: a whole fleet loses its links at once, or its hub, and comes back while messages flow.

use android_bridge::sim::CarrierProfile;
use tokio::task::JoinSet;

use crate::support::fleet::{Installation, Line};
use crate::support::{HubOptions, eventually};

const PHONES: usize = 200;
const TO: &str = "+436601234567";

async fn send_from_all(lines: &[Line], what: &str) {
    let mut sending = JoinSet::new();
    for line in lines {
        let (customer, body) = (line.customer.clone(), what.to_owned());
        sending.spawn(async move { customer.send(TO, &body).await.expect("the message is accepted") });
    }
    sending.join_all().await;
}

async fn all_online(town: &Installation, lines: &[Line]) {
    for line in lines {
        line.online().await;
    }
    eventually("the hub shows them all", || async {
        let devices = town.hub.manage(&["device", "list"]);
        let online =
            devices["devices"].as_array()?.iter().filter(|device| device["status"] == "online").count();
        (online == lines.len()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_lost_its_links_or_its_hub_comes_back_whole() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut lines = Vec::with_capacity(PHONES);
    for _ in 0..PHONES {
        lines.push(town.line(CarrierProfile::quick()).await);
    }
    all_online(&town, &lines).await;
    send_from_all(&lines, "before the storm").await;
    for line in &lines {
        line.phone().go_offline().await;
    }
    send_from_all(&lines, "while nobody is there").await;
    for line in &lines {
        line.phone().go_online().await;
    }
    all_online(&town, &lines).await;
    for round in 0..3 {
        send_from_all(&lines, &format!("right before hub {round} goes")).await;
        if round == 1 {
            assert!(town.hub.terminate().success());
        } else {
            town.hub.kill();
        }
        town.hub.restart().await;
        all_online(&town, &lines).await;
    }
    town.until_delivered(5 * PHONES).await;
    let counts = town.judge().await;
    assert_eq!((counts.accepted, counts.submits), (5 * PHONES as u64, 5 * PHONES as u64));
}
