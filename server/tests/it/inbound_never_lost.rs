//! Inbound is never lost, never doubled, never refused: whatever is down while it arrives, and whatever it holds.

use android_bridge::sim::CarrierProfile;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::fleet::{Installation, Line, seed};
use crate::support::{HubOptions, eventually};

const FROM: &str = "+436641234567";
/// The longest SMS: 255 parts of 153 septets, or of 67 UTF-16 units.
const LONGEST_GSM: usize = 255 * 153;
const LONGEST_UCS: usize = 255 * 67;

async fn inbox(line: &Line, rows: usize) -> Vec<Value> {
    eventually(&format!("{rows} SMS are listed"), || async {
        let listed = line.customer.list("/api/v1/inbound").await;
        (listed.len() >= rows).then_some(listed)
    })
    .await
}

fn bodies(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["body"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sms_that_arrives_while_everything_dies_is_listed_once() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line_on_disk(CarrierProfile::quick()).await;
    line.phone().go_offline().await;
    for n in 0..3 {
        line.phone().receive_sms(0, FROM, &format!("while the link is down {n}")).await;
    }
    line.until("journalled", |phone| phone.counts.inbound == 3).await;
    town.hub.kill();
    line.kill().await;
    line.restart(&mut town).await;
    line.phone().receive_sms(0, FROM, "while the hub is down").await;
    line.until("journalled", |phone| phone.counts.inbound == 1).await;
    line.kill().await;
    town.hub.restart().await;
    line.restart(&mut town).await;
    line.settled().await;
    assert_eq!(inbox(&line, 4).await.len(), 4);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_sms_survives_the_death_of_the_hub_and_of_the_phone() {
    let mut dice = StdRng::seed_from_u64(seed());
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    let mut arrived = 0_u64;
    for round in 0..8 {
        let before = line.phone().state().borrow().counts.inbound;
        let texts = dice.random_range(1..40);
        for _ in 0..texts {
            line.phone().receive_sms(0, FROM, &format!("number {arrived}")).await;
            arrived += 1;
        }
        // Durable on the phone; how much of it the hub has by now is chance.
        line.until("journalled", |phone| phone.counts.inbound == before + texts).await;
        if round % 2 == 0 {
            town.hub.kill();
            town.hub.restart().await;
        } else {
            line.kill().await;
            line.restart(&mut town).await;
        }
    }
    line.settled().await;
    let counts = town.judge().await;
    assert_eq!((counts.inbound_promised, counts.inbound_stored), (arrived, arrived));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_identical_texts_in_one_second_are_two_rows() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().receive_sms(0, FROM, "Your code is 1234").await;
    line.phone().receive_sms(0, FROM, "Your code is 1234").await;
    line.until("journalled", |phone| phone.counts.inbound == 2).await;
    line.settled().await;
    let rows = inbox(&line, 2).await;
    assert_eq!(bodies(&rows), ["Your code is 1234"; 2]);
    assert_ne!(rows[0]["id"], rows[1]["id"]);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nul_emoji_and_the_longest_sms_arrive_as_they_are() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line_on_disk(CarrierProfile::quick()).await;
    let texts = [
        "before\0after".to_owned(),
        "👩‍👩‍👧‍👦 grüßt \u{fffd} \\u0000 \u{1}".to_owned(),
        String::new(),
        "a".repeat(LONGEST_GSM),
        "€".repeat(LONGEST_GSM / 2),
        "ж".repeat(LONGEST_UCS),
        "\0".repeat(LONGEST_UCS),
    ];
    for text in &texts {
        line.phone().receive_sms(0, FROM, text).await;
    }
    line.until("journalled", |phone| phone.counts.inbound == texts.len() as u64).await;
    line.settled().await;
    let rows = inbox(&line, texts.len()).await;
    let mut listed = bodies(&rows);
    let mut sent: Vec<&str> = texts.iter().map(String::as_str).collect();
    listed.sort_unstable();
    sent.sort_unstable();
    assert!(listed == sent, "{:?}", listed.iter().map(|text| text.len()).collect::<Vec<_>>());
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_sms_also_leaves() {
    let options = HubOptions::default().with(&["--max-segments", "255"]);
    let mut town = Installation::start(options).await;
    let line = town.line(CarrierProfile::quick()).await;
    for text in ["a".repeat(LONGEST_GSM), "ж".repeat(LONGEST_UCS)] {
        let id = line.send("+436601234567", &text).await;
        line.customer.until_status(&id, "DELIVERED").await;
    }
    town.judge().await;
}
