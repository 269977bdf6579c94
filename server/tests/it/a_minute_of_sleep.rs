//! A minute of sleep: a hub or a phone that stands still until the others have given it up loses nothing and does
//! nothing twice when it wakes. The interval of pings is the default, so these tests take the minute that it takes.

use std::sync::Mutex;

use android_bridge::sim::CarrierProfile;
use rustix::process::Signal;

use crate::support::fleet::Installation;
use crate::support::mortal::MortalPhone;
use crate::support::posters::{Pace, Posters};
use crate::support::raw_phone::hub_holds_socket;
use crate::support::sockets::ports_of;
use crate::support::{HubOptions, at_long_last, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";
const POSTERS_A_LINE: usize = 4;
const LOAD: usize = 40;

fn patient() -> HubOptions {
    HubOptions::default().with(&["--ping-interval", "25s"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_sleeps_until_its_phones_have_given_it_up_goes_on_where_it_was() {
    let mut town = Installation::start(patient()).await;
    let lines = [town.line(CarrierProfile::quick()).await, town.line_on_disk(CarrierProfile::quick()).await];
    let posters = Posters::start(&lines, POSTERS_A_LINE, Pace::FlatOut);
    posters.until_answered(LOAD, 202).await;
    town.hub.signal(Signal::STOP);
    for (n, line) in lines.iter().enumerate() {
        line.phone().receive_sms(0, FROM, &format!("while the hub slept, {n}")).await;
    }
    for line in &lines {
        let state = line.phone().state();
        at_long_last("the phone gives the hub up", || async { (!state.borrow().connected).then_some(()) })
            .await;
    }
    town.hub.signal(Signal::CONT);
    let went_on = posters.answered(202) + LOAD;
    posters.until_answered(went_on, 202).await;
    for line in &lines {
        line.until("has a second session", |phone| phone.connected && phone.sessions >= 2).await;
    }
    let posted = posters.end().await;
    for one in &posted {
        assert_eq!(
            one.status(),
            Some(202),
            "what was asked of the sleeper was answered when it woke: {one:?}"
        );
    }
    for line in &lines {
        line.settled().await;
        assert_eq!(line.customer.list("/api/v1/inbound").await.len(), 1, "once");
    }
    let counts = town.judge().await;
    let accepted = posted.len() as u64;
    assert_eq!((counts.accepted, counts.submits, counts.failed), (accepted, accepted, 0), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_sleeps_until_the_hub_has_given_it_up_resumes_on_another_socket() {
    let mut town = Installation::start(patient()).await;
    let phone = MortalPhone::start(&mut town).await;
    let ports = ports_of(phone.process.pid());
    let [port] = ports[..] else { panic!("a phone has one socket: {ports:?}") };
    assert!(hub_holds_socket(&town.hub, port));
    phone.process.signal(Signal::STOP);
    let mut ids = Vec::new();
    // The first are framed and lie in the sleeper's socket; behind those that it does not acknowledge, they wait.
    for n in 0..5 {
        ids.push(phone.line.send(TO, &format!("to a sleeping phone, {n}")).await);
    }
    let asked = Mutex::new(Vec::new());
    eventually("the phone is known to be unresponsive", || async {
        let id = phone.line.send(TO, "to a sleeping phone, and waits").await;
        asked.lock().unwrap().push(id.clone());
        phone.line.customer.message(&id).await.filter(|message| message["status"] == "QUEUED")
    })
    .await;
    ids.extend(asked.into_inner().unwrap());
    phone.until_shown("OFFLINE").await;
    eventually("the old socket is closed", || async { (!hub_holds_socket(&town.hub, port)).then_some(()) })
        .await;
    ids.push(phone.line.send(TO, "to a phone that is offline").await);
    for id in &ids {
        assert_eq!(town.submits_of(id), 0, "nobody is awake to send it");
    }
    phone.process.signal(Signal::CONT);
    phone.until_shown("ONLINE").await;
    for id in &ids {
        phone.line.customer.until_status(id, "DELIVERED").await;
        assert_eq!(town.submits_of(id), 1);
    }
    assert!(!ports_of(phone.process.pid()).contains(&port), "the old socket is dead on both ends");
    let counts = town.judge().await;
    assert_eq!((counts.submits, counts.failed), (counts.accepted, 0), "{counts:?}");
}
