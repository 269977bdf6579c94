//! Never sent twice: a phone killed at any step, links cut at any moment, and a journal that is gone.

use android_bridge::handset::Paired;
use android_bridge::journal::SharedMemoryJournal;
use android_bridge::sim::{CarrierProfile, Chance};
use android_bridge::{Identity, Phone, PhoneConfig, Storage};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use time::OffsetDateTime;

use crate::support::fleet::{Installation, Line, connected, seed};
use crate::support::phone_process::PhoneProcess;
use crate::support::{HubOptions, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";

/// A hub that gives up on what nobody can tell any more, so that every run has an end.
fn impatient() -> HubOptions {
    HubOptions::default().with(&["--uncertain-after", "1s"])
}

/// What came of a message: nothing changes it any more but a late truth.
async fn until_ended(line: &Line, id: &str) -> String {
    eventually(&format!("message {id} has an end"), || async {
        let status = line.customer.message(id).await?["status"].as_str()?.to_owned();
        matches!(status.as_str(), "SENT" | "DELIVERED" | "FAILED").then_some(status)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_killed_at_any_journal_step_sends_no_message_twice() {
    let mut town = Installation::start(impatient()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.kill().await;
    let code = town.hub.manage(&["device", "pair-code", "--device", &line.name]);
    let (folder, number) = (town.path("mortal"), line.number.clone());
    let pairing = ["--code", code["code"].as_str().unwrap(), "--number", &number];
    let mut phone = PhoneProcess::start(&town, &folder, &[], &pairing);
    let (mut step, mut ended) = (0, Vec::new());
    loop {
        step += 1;
        eventually("connected", || async {
            line.shown().await.filter(|device| device["status"] == "ONLINE")
        })
        .await;
        phone.kill();
        eventually("gone", || async { line.shown().await.filter(|device| device["status"] == "OFFLINE") })
            .await;
        let id = line.send(TO, &format!("to die in step {step}")).await;
        let (dies, sms) = (step.to_string(), format!("{FROM}:while dying in step {step}"));
        let args = ["--number", &number, "--die-at-journal-step", &dies, "--sms", &sms];
        let mortal = PhoneProcess::start(&town, &folder, &[], &args);
        // It dies at its step, or its script is over before.
        let died = eventually("the phone dies, or does all it has to", || async {
            let delivered = line.customer.message(&id).await?["status"] == "DELIVERED";
            let heard = line
                .customer
                .list("/api/v1/inbound")
                .await
                .iter()
                .any(|row| sms.ends_with(row["body"].as_str().unwrap()));
            match mortal.ended() {
                Some(status) => Some(!status.success()),
                None => (delivered && heard).then_some(false),
            }
        })
        .await;
        mortal.kill();
        phone = PhoneProcess::start(&town, &folder, &[], &["--number", &number]);
        ended.push(until_ended(&line, &id).await);
        assert!(town.submits_of(&id) <= 1, "step {step}");
        if !died {
            break;
        }
    }
    assert!(step > 10, "the script was over after {step} steps: {ended:?}");
    for end in ["FAILED", "SENT", "DELIVERED"] {
        assert!(ended.iter().any(|one| one == end), "no step led to {end}: {ended:?}");
    }
    // A receipt that reached a dying phone died with it: SENT is the end of such a message.
    town.judge_as_it_is().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_killed_under_load_send_each_message_once() {
    let mut dice = StdRng::seed_from_u64(seed());
    let mut town = Installation::start(impatient()).await;
    let mut lines =
        [town.line(CarrierProfile::quick()).await, town.line_on_disk(CarrierProfile::quick()).await];
    for round in 0..10 {
        for line in &lines {
            for n in 0..dice.random_range(5..30) {
                line.send(TO, &format!("round {round} number {n}")).await;
            }
        }
        let line = &mut lines[round % 2];
        let enough = dice.random_range(1..5);
        line.until("sends", |phone| phone.counts.submitted >= enough || phone.unfinished == 0).await;
        line.kill().await;
        line.restart(&mut town).await;
    }
    let counts = town.judge().await;
    assert!(counts.submits <= counts.accepted, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_that_come_late_or_again_after_a_lost_link_change_nothing() {
    let mut dice = StdRng::seed_from_u64(seed());
    let mut town = Installation::start(HubOptions::default()).await;
    let late =
        CarrierProfile { late_receipt: Chance(300_000), late_receipt_ms: 500, ..CarrierProfile::quick() };
    let line = town.line(late).await;
    let mut accepted = 0;
    for round in 0..20 {
        let before = line.phone().state().borrow().counts.submitted;
        let messages = dice.random_range(1..20);
        for n in 0..messages {
            line.send(TO, &format!("round {round} number {n}")).await;
        }
        accepted += messages;
        // The phone has begun; what it reports, and what is acknowledged, meets the cut at any point.
        let begun = before + dice.random_range(0..=messages);
        line.until("has begun", |phone| phone.counts.submitted >= begun).await;
        if round % 4 == 3 {
            town.hub.kill();
            town.hub.restart().await;
        } else {
            line.phone().go_offline().await;
            line.phone().go_online().await;
        }
        line.online().await;
    }
    town.until_delivered(usize::try_from(accepted).unwrap()).await;
    let counts = town.judge().await;
    assert_eq!((counts.accepted, counts.submits), (accepted, accepted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_journal_had_is_uncertain_and_no_other_journal_sends_it() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.phone().set_service(false).await;
    let mut taken = Vec::new();
    for n in 0..3 {
        taken.push(line.send(TO, &format!("taken by the first journal {n}")).await);
    }
    line.until("has them all", |phone| phone.unfinished == 3).await;
    line.kill().await;
    town.note(&json!({ "log": "phone", "kind": "wiped", "phone": line.device_id, "at_ms": now_ms() }));
    // What is accepted before the hub sees the end of the connection is bound to the lost journal too.
    eventually("gone", || async { line.shown().await.filter(|device| device["status"] == "OFFLINE") }).await;
    let waiting = line.send(TO, "not yet dispatched").await;
    let installed = PhoneConfig {
        storage: Storage::Memory(SharedMemoryJournal::new()),
        identity: Identity::Paired(town.pair_again(&line.name).await, Paired::JustNow),
        ..line.config().clone()
    };
    let phone = Phone::start(installed).await.unwrap();
    connected(&phone).await;
    line.adopt(&mut town, phone);
    line.customer.until_status(&waiting, "DELIVERED").await;
    for id in &taken {
        assert_eq!(line.customer.message(id).await.unwrap()["status"], "DISPATCHED", "nobody knows");
        assert_eq!(town.submits_of(id), 0);
    }
    // In the end nobody came to tell.
    town.hub.kill();
    town.hub.restart_with(impatient()).await;
    for id in &taken {
        let message = line.customer.until_status(id, "FAILED").await;
        assert!(message["failureReason"].as_str().unwrap().starts_with("Outcome unknown: "), "{message}");
        assert_eq!(town.submits_of(id), 0);
    }
    town.judge().await;
}

fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap()
}
