//! Phones that leave, and phones that take another's place: nothing that they know is lost, and their tokens die.

use std::time::Duration;

use android_bridge::handset::Paired;
use android_bridge::journal::SharedMemoryJournal;
use android_bridge::sim::CarrierProfile;
use android_bridge::{Identity, Phone, PhoneConfig, Storage};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::await_fact::within_deadline;
use crate::support::fleet::{Installation, Line, connected};
use crate::support::{HubOptions, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";

/// The device as the command line lists it.
fn listed(town: &Installation, line: &Line) -> Value {
    let devices = town.hub.manage(&["device", "list"])["devices"].clone();
    let device = devices.as_array().unwrap().iter().find(|device| device["id"] == line.device_id.as_str());
    device.unwrap().clone()
}

async fn until_listed(town: &Installation, line: &Line, status: &str) -> Value {
    eventually(&format!("{} is {status}", line.name), || async {
        Some(listed(town, line)).filter(|device| device["status"] == status)
    })
    .await
}

/// Waits until the phone knows that it is not paired any more.
async fn sent_away(line: &Line) {
    let mut state = line.phone().state();
    let gone = state.wait_for(|phone| phone.stopped.is_some());
    let state = within_deadline("the phone is sent away", gone).await.map(|state| state.stopped.clone());
    // A phone that ended has been sent away too.
    if let Ok(Some(why)) = state {
        assert!(why.contains("revoked"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_unpaired_online_ends_what_it_has_tells_it_and_is_gone() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().set_service(false).await;
    let taken = line.send(TO, "taken by the phone").await;
    line.until("has taken it", |phone| phone.unfinished == 1).await;
    let tomorrow = OffsetDateTime::now_utc() + Duration::from_secs(24 * 60 * 60);
    let tomorrow = tomorrow.format(&Rfc3339).unwrap();
    let later = json!({ "recipientNumber": TO, "body": "for later", "scheduledAt": tomorrow });
    let waiting = line.customer.send_draft(later).await.unwrap();
    let unpaired = town.hub.manage(&["device", "unpair", &line.name]);
    assert_eq!(unpaired["device_id"], line.device_id.as_str());
    // When the command answers, what waited has failed.
    let failed = line.customer.message(&waiting).await.unwrap();
    assert_eq!(
        (&failed["status"], &failed["failureReason"]),
        (&json!("FAILED"), &json!("Device not paired"))
    );
    let leaving = listed(&town, &line);
    assert_eq!((&leaving["status"], &leaving["leave_by"]), (&json!("leaving"), &unpaired["leave_by"]));
    // It said hello again, and only tells.
    line.until("is back", |phone| phone.connected && phone.sessions == 2).await;
    line.phone().receive_sms(0, FROM, "while it leaves").await;
    eventually("what it receives meanwhile is stored", || async {
        (line.customer.list("/api/v1/inbound").await.first()?["body"] == "while it leaves").then_some(())
    })
    .await;
    line.phone().set_service(true).await;
    until_listed(&town, &line, "revoked").await;
    sent_away(&line).await;
    // Its token dies with the last result: a receipt that comes later is not waited for.
    let ended = line.customer.message(&taken).await.unwrap();
    assert!(["SENT", "DELIVERED"].contains(&ended["status"].as_str().unwrap()), "{ended}");
    assert_eq!(town.submits_of(&taken), 1);
    town.judge_as_it_is().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_unpaired_offline_tells_what_it_knows_when_it_comes_back_and_gets_nothing() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().go_offline().await;
    eventually("gone", || async { line.shown().await.filter(|device| device["status"] == "OFFLINE") }).await;
    line.phone().receive_sms(0, FROM, "meanwhile").await;
    let waiting = line.send(TO, "waits").await;
    town.hub.manage(&["device", "unpair", &line.name, "--within", "2h"]);
    assert_eq!(line.customer.message(&waiting).await.unwrap()["status"], "FAILED");
    until_listed(&town, &line, "leaving").await;
    assert!(line.customer.send(TO, "too late").await.is_none(), "nothing is accepted for it any more");
    line.phone().go_online().await;
    sent_away(&line).await;
    until_listed(&town, &line, "revoked").await;
    assert_eq!(line.customer.list("/api/v1/inbound").await[0]["body"], "meanwhile");
    assert_eq!(town.submits_of(&waiting), 0);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_does_not_come_back_in_time_is_revoked() {
    let options = HubOptions::default().with(&["--uncertain-after", "1s"]);
    let mut town = Installation::start(options).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.phone().set_service(false).await;
    let taken = line.send(TO, "taken and never told").await;
    line.until("has taken it", |phone| phone.unfinished == 1).await;
    line.kill().await;
    town.hub.manage(&["device", "unpair", &line.name, "--within", "1s"]);
    until_listed(&town, &line, "revoked").await;
    let failed = line.customer.until_status(&taken, "FAILED").await;
    assert!(failed["failureReason"].as_str().unwrap().starts_with("Outcome unknown"), "{failed}");
    line.restart(&mut town).await;
    sent_away(&line).await;
    town.judge_as_it_is().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_is_drained_and_another_takes_its_place_with_numbers_keys_and_history() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    let before = line.send(TO, "by the old phone").await;
    line.customer.until_status(&before, "DELIVERED").await;
    line.phone().set_service(false).await;
    let taken = line.send(TO, "taken by the old phone").await;
    line.until("has taken it", |phone| phone.unfinished == 1).await;
    let replace = ["device", "replace", &line.name.clone(), "--no-wait"];
    let left = eventually("the old phone was heard", || async {
        Some(town.hub.manage(&replace)).filter(|left| left["heard"] == json!(true))
    })
    .await;
    assert_eq!((&left["answer"], &left["in_flight"]), (&json!("device_draining"), &json!(1)));
    assert_eq!(listed(&town, &line)["status"], "draining");
    // The phone stays after all, and leaves then.
    town.hub.manage(&["device", "replace", &line.name, "--cancel"]);
    assert_ne!(listed(&town, &line)["status"], "draining");
    town.hub.manage(&replace);
    let waiting = line.send(TO, "for the new phone").await;
    assert_eq!(line.customer.message(&waiting).await.unwrap()["status"], "QUEUED");
    line.phone().set_service(true).await;
    let (data, name) = (town.hub.data_dir().to_owned(), line.name.clone());
    // It waits by itself until the old phone is done.
    let code = tokio::task::spawn_blocking(move || {
        crate::support::hub::manage(&data, &["device", "replace", &name])
    });
    let code = within_deadline("the code is shown", code).await.unwrap();
    assert_eq!(code["answer"], "pairing_code");
    // Before the code was shown: the phone had finished it, whether or not its receipt was still to come.
    let finished = line.customer.message(&taken).await.unwrap();
    assert!(["SENT", "DELIVERED"].contains(&finished["status"].as_str().unwrap()), "{finished}");
    let config = PhoneConfig {
        storage: Storage::Memory(SharedMemoryJournal::new()),
        identity: Identity::Paired(town.pair_with(&code).await, Paired::JustNow),
        ..line.config().clone()
    };
    sent_away(&line).await;
    let phone = Phone::start(config).await.unwrap();
    connected(&phone).await;
    line.adopt(&mut town, phone);
    line.customer.until_status(&waiting, "DELIVERED").await;
    for id in [&before, &taken, &waiting] {
        assert_eq!(town.submits_of(id), 1);
        assert_eq!(line.customer.message(id).await.unwrap()["deviceId"], line.device_id.as_str());
    }
    let shown = until_listed(&town, &line, "online").await;
    assert_eq!(shown["sims"][0]["number"], line.number.as_str());
    line.phone().receive_sms(0, FROM, "to the old number").await;
    eventually("it is received", || async {
        (!line.customer.list("/api/v1/inbound").await.is_empty()).then_some(())
    })
    .await;
    town.judge_as_it_is().await;
}
