//! Never from the wrong number: a text leaves from the SIM that its line is bound to, or it waits or fails.

use android_bridge::handset::Paired;
use android_bridge::sim::{CarrierProfile, demo_sim};
use android_bridge::{Identity, Phone, PhoneConfig};
use device_protocol::Sim;
use serde_json::Value;

use crate::support::fleet::{Installation, connected};
use crate::support::hub::run;
use crate::support::{Customer, HubOptions, eventually};

const TO: &str = "+436601234567";
const STRANGER: &str = "+15559999999";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_queued_waits_while_another_sim_sits_in_the_slot() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().go_offline().await;
    eventually("offline", || async { line.shown().await.filter(|device| device["status"] == "OFFLINE") })
        .await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(line.send(TO, &format!("queued {n}")).await);
    }
    line.phone().swap_sim(0, Some(demo_sim(0, STRANGER))).await;
    line.phone().go_online().await;
    line.settled().await;
    // Whoever takes one more looks at the head of the queue: nothing leaves.
    ids.push(line.send(TO, "one more").await);
    for id in &ids {
        let message = line.customer.message(id).await.unwrap();
        assert_eq!((&message["status"], &message["failureReason"]), (&"QUEUED".into(), &Value::Null));
        assert_eq!(town.submits_of(id), 0);
    }
    line.phone().swap_sim(0, Some(demo_sim(0, &line.number))).await;
    for id in &ids {
        line.customer.until_status(id, "DELIVERED").await;
    }
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_phone_has_taken_is_refused_before_the_radio() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().set_service(false).await;
    let id = line.send(TO, "taken, and waiting for service").await;
    line.until("has it", |phone| phone.unfinished == 1).await;
    line.phone().swap_sim(0, Some(demo_sim(0, STRANGER))).await;
    line.phone().set_service(true).await;
    let failed = line.customer.until_status(&id, "FAILED").await;
    assert!(failed["failureReason"].as_str().unwrap().contains("Another SIM"), "{failed}");
    assert_eq!(town.submits_of(&id), 0);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_slot_sends_nothing() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().swap_sim(0, None).await;
    line.settled().await;
    eventually("no SIM is shown", || async {
        line.shown().await.filter(|device| device["sims"].as_array().is_some_and(Vec::is_empty))
    })
    .await;
    let id = line.send(TO, "nobody can send this").await;
    assert_eq!(line.customer.message(&id).await.unwrap()["status"], "QUEUED");
    line.phone().swap_sim(0, Some(demo_sim(0, &line.number))).await;
    line.customer.until_status(&id, "DELIVERED").await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sim_that_does_not_know_its_number_gets_one_and_so_does_what_it_received() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.kill().await;
    let quiet = PhoneConfig {
        storage: android_bridge::Storage::Folder(town.path("quiet")),
        sims: vec![Sim { number: None, ..demo_sim(0, "+15551112222") }],
        identity: Identity::Paired(town.pair_again(&line.name).await, Paired::JustNow),
        ..line.config().clone()
    };
    let phone = Phone::start(quiet).await.unwrap();
    connected(&phone).await;
    line.adopt(&mut town, phone);
    line.phone().receive_sms(0, TO, "to an unknown number").await;
    line.until("journalled", |phone| phone.counts.inbound == 1).await;
    line.settled().await;
    let (status, _, errors) = run(town.hub.data_dir(), &["key", "create", &line.name, "--slot", "0"]);
    assert!(!status.success() && errors.contains("number"), "the error names what is missing: {errors}");
    let set = town.hub.manage(&["device", "sim", "set", &line.name, "0", "+15551112222"]);
    assert_eq!(set["inbound_numbered"], 1);
    let customer = Customer::new(town.hub.url(""), &town.key(&line.name, 0));
    let listed = customer.list("/api/v1/inbound").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["body"], "to an unknown number");
    let id = customer.send(TO, "from the number that was set").await.unwrap();
    customer.until_status(&id, "DELIVERED").await;
    let first = line.customer.list("/api/v1/inbound").await;
    assert!(first.is_empty(), "the line's first number received nothing: {first:?}");
    customer.observe_everything().await;
    town.hear(&customer);
    town.judge().await;
}
