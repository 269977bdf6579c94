//! A disk that turns read-only under the hub: it says 503 and ends rather than lie, and what was accepted is there
//! when the disk can be written again.

use android_bridge::sim::CarrierProfile;
use serde_json::json;

use crate::support::HubOptions;
use crate::support::faulty_disk::{Fault, FaultyDisk};
use crate::support::fleet::Installation;

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_turns_read_only_is_answered_503_and_ends_the_hub() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let line = town.line(CarrierProfile::quick()).await;
    let (delivered, waiting) = (line.send(TO, "delivered before").await, {
        line.settled().await;
        line.phone().go_offline().await;
        line.send(TO, "waits for the phone").await
    });
    let offline = |device: &serde_json::Value| device["status"] == "OFFLINE";
    crate::support::eventually("the hub has seen it go", || async { line.shown().await.filter(offline) })
        .await;
    disk.order(Fault::ReadOnly);
    let answer = line.customer.post(json!({ "recipientNumber": TO, "body": "to a read-only disk" })).await;
    let answer = answer.expect("it is answered before the hub ends");
    assert_eq!((answer.status, &answer.body["error"]["code"]), (503, &json!("BUSY")), "{answer:?}");
    assert_eq!(town.hub.until_ended().await.code(), Some(70));
    // The phone is there before the hub, with something to tell.
    line.phone().receive_sms(0, FROM, "while the hub was down").await;
    line.phone().go_online().await;
    disk.heal(Fault::ReadOnly);
    town.hub.restart().await;
    line.customer.until_status(&waiting, "DELIVERED").await;
    line.settled().await;
    assert_eq!(line.customer.message(&delivered).await.unwrap()["body"], "delivered before");
    assert_eq!(line.customer.list("/api/v1/outbound").await.len(), 2, "what was answered 503 was not stored");
    assert_eq!(line.customer.list("/api/v1/inbound").await.len(), 1);
    let counts = town.judge().await;
    assert_eq!((counts.accepted, counts.submits), (2, 2), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phones_events_are_not_acknowledged_by_a_hub_that_cannot_write() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.settled().await;
    let before = line.phone().state().borrow().acked;
    disk.order(Fault::ReadOnly);
    line.phone().receive_sms(0, FROM, "to a read-only disk").await;
    assert_eq!(town.hub.until_ended().await.code(), Some(70));
    let state = line.phone().state().borrow().clone();
    assert_eq!((state.acked, state.head), (before, before + 1), "it is the phone's still");
    disk.heal(Fault::ReadOnly);
    town.hub.restart().await;
    line.settled().await;
    assert_eq!(line.customer.list("/api/v1/inbound").await.len(), 1);
    town.judge().await;
}
