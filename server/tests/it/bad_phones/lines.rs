//! Events: a line that cannot be read wedges nothing.

use device_protocol::events_frame;
use serde_json::Value;
use uuid::Uuid;

use super::scene::Scene;
use crate::support::raw_phone::{Paired, RawPhone, about, inbound};

#[tokio::test]
async fn poison_is_kept_counted_and_acknowledged_and_its_neighbours_are_stored() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    let poison = ["", "this is no JSON", "[]", "{\"type\":\"teleported\"}", "{\"type\":\"delivered\"}"];
    let mut lines = vec![inbound("before")];
    lines.extend(poison.map(str::to_owned));
    lines.push(inbound("after"));
    phone.say(events_frame(1, &lines)).await;
    phone.hears_ack(7).await;
    assert_eq!(scene.shown()["unreadable"], poison.len());
    assert_eq!(scene.received().await, ["before", "after"]);
    phone.say(events_frame(8, &[inbound("the stream goes on")])).await;
    phone.hears_ack(8).await;
    scene.others_go_on().await;
}

/// Every line of the protocol's own list of poison, in one frame, and every one that only looks like it.
#[tokio::test]
async fn the_golden_poison_is_kept_and_acknowledged() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../device-protocol/vectors/poison.json")).unwrap();
    let texts = |member: &str| -> Vec<String> {
        let rows = golden[member].as_array().unwrap();
        rows.iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect()
    };
    let (poison, valid) = (texts("lines"), texts("valid"));
    let scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &poison)).await;
    phone.hears_ack(poison.len() as u64).await;
    assert_eq!(scene.shown()["unreadable"], poison.len());
    phone.say(events_frame(poison.len() as u64 + 1, &valid)).await;
    phone.hears_ack((poison.len() + valid.len()) as u64).await;
    assert_eq!(scene.shown()["unreadable"], poison.len());
    assert_eq!(scene.received().await.len(), valid.len());
}

/// Every golden event: none is poison, those about a message name one that this hub never had.
#[tokio::test]
async fn the_golden_events_are_acknowledged_and_those_of_no_message_are_kept() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../device-protocol/vectors/events.json")).unwrap();
    let rows = golden["events"].as_array().unwrap();
    let lines: Vec<&str> = rows.iter().map(|row| row["text"].as_str().unwrap()).collect();
    let kind = |row: &&Value| row["means"]["type"].as_str().unwrap().to_owned();
    let texts = rows.iter().filter(|row| kind(row) == "inbound").count();
    let others = rows.iter().filter(|row| kind(row) == "sim_changed").count();
    let scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &lines)).await;
    phone.hears_ack(lines.len() as u64).await;
    assert_eq!(scene.shown()["unreadable"], 0);
    assert_eq!(scene.shown()["recovered"], lines.len() - texts - others);
}

#[tokio::test]
async fn a_lone_surrogate_is_poison_and_not_the_end() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    let surrogate = inbound("half a character: SURROGATE").replace("SURROGATE", "\\ud800");
    phone.say(events_frame(1, &[surrogate, inbound("a whole one: \u{1f600}")])).await;
    phone.hears_ack(2).await;
    assert_eq!(scene.shown()["unreadable"], 1);
    assert_eq!(scene.received().await, ["a whole one: \u{1f600}"]);
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_nul_in_a_received_text_is_kept() {
    let scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    let texts = ["a\0b", "\0", "\u{fffe}0\u{fffe}"];
    phone.say(events_frame(1, &texts.map(inbound))).await;
    phone.hears_ack(3).await;
    assert_eq!(scene.received().await, texts);
}

#[tokio::test]
async fn a_fact_about_another_phones_message_changes_nothing() {
    let mut scene = Scene::set().await;
    let id = scene.customer.send("+4915200000003", "queued").await.expect("accepted");
    let liar = Paired::new(&scene.hub, "Liar").await;
    let (mut liar, _) = RawPhone::greet(&scene.hub, &liar.token, liar.hello()).await;
    let about_it = about("delivered", id.parse().unwrap());
    liar.say(events_frame(1, &[about_it, about("sent", Uuid::now_v7())])).await;
    liar.hears_ack(2).await;
    assert_eq!(scene.customer.message(&id).await.unwrap()["status"], "QUEUED");
    scene.others_go_on().await;
}
