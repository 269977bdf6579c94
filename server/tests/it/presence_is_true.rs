//! Presence is true: a phone that vanished shows OFFLINE, the last sign of life is one, and of two connections
//! with the same credentials the newer one speaks.

use android_bridge::handset::Paired;
use android_bridge::journal::SharedMemoryJournal;
use android_bridge::sim::CarrierProfile;
use android_bridge::{Identity, Phone, PhoneConfig, Storage};
use rustix::process::Signal;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::fleet::{Installation, Line, connected};
use crate::support::phone_process::PhoneProcess;
use crate::support::{HubOptions, eventually};

fn last_seen(device: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(device["lastSeenAt"].as_str().unwrap(), &Rfc3339).unwrap()
}

async fn until_shown(line: &Line, status: &str) -> Value {
    eventually(&format!("{} is {status}", line.name), || async {
        line.shown().await.filter(|device| device["status"] == status)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_vanishes_without_a_fin_is_offline_and_its_messages_wait() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    line.kill().await;
    let code = town.hub.manage(&["device", "pair-code", "--device", &line.name]);
    let args = ["--code", code["code"].as_str().unwrap(), "--number", &line.number];
    let phone = PhoneProcess::start(&town, &town.path("vanishing"), &[], &args);
    let seen = last_seen(&until_shown(&line, "ONLINE").await);
    let alive = eventually("a ping is a sign of life", || async {
        line.shown().await.map(|device| last_seen(&device)).filter(|at| *at > seen)
    })
    .await;
    // The kernel keeps its socket open: no FIN, no Close, and nobody behind it.
    phone.signal(Signal::STOP);
    let gone = until_shown(&line, "OFFLINE").await;
    assert!(last_seen(&gone) >= alive && last_seen(&gone) < OffsetDateTime::now_utc(), "{gone}");
    let waits = line.send("+436601234567", "while nobody is there").await;
    assert_eq!(line.customer.message(&waits).await.unwrap()["status"], "QUEUED");
    assert_eq!(last_seen(&line.shown().await.unwrap()), last_seen(&gone), "nothing was heard since");
    phone.signal(Signal::CONT);
    until_shown(&line, "ONLINE").await;
    line.customer.until_status(&waits, "DELIVERED").await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_link_is_noticed_at_both_ends_and_replaced() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().half_open(true).await;
    let swallowed = line.send("+436601234567", "into the void").await;
    line.until("a second session", |phone| phone.connected && phone.sessions == 2).await;
    line.customer.until_status(&swallowed, "DELIVERED").await;
    assert_eq!(town.submits_of(&swallowed), 1);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_hangs_up_is_offline_at_once_and_online_when_it_returns() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    for _ in 0..3 {
        line.phone().go_offline().await;
        until_shown(&line, "OFFLINE").await;
        line.phone().go_online().await;
        until_shown(&line, "ONLINE").await;
    }
    town.hub.kill();
    town.hub.restart().await;
    until_shown(&line, "ONLINE").await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newer_of_two_connections_wins_and_the_older_is_told() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    let twin = PhoneConfig {
        storage: Storage::Memory(SharedMemoryJournal::new()),
        identity: Identity::Paired(line.phone().pairing().clone(), Paired::Earlier),
        ..line.config().clone()
    };
    let twin = Phone::start(twin).await.unwrap();
    connected(&twin).await;
    let older = line.until("stopped", |phone| phone.stopped.is_some()).await;
    assert!(older.stopped.unwrap().contains("newer connection"), "{:?}", older.last_close);
    assert!(twin.state().borrow().connected);
    line.adopt(&mut town, twin);
    let id = line.send("+436601234567", "to the newer one").await;
    line.customer.until_status(&id, "DELIVERED").await;
    assert_eq!(until_shown(&line, "ONLINE").await["status"], "ONLINE");
    town.judge().await;
}
