//! Stopping is safe: SIGTERM under load loses nothing, and phones are told when to come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use android_bridge::link::dial;
use android_bridge::sim::CarrierProfile;
use device_protocol::{CloseCode, DownFrame};
use futures_util::StreamExt;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::await_fact::within_deadline;
use crate::support::fleet::Installation;
use crate::support::{HubOptions, eventually};

const TO: &str = "+436601234567";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_ends_with_zero_and_loses_nothing() {
    let mut town = Installation::start(HubOptions::default()).await;
    let lines = [town.line(CarrierProfile::quick()).await, town.line_on_disk(CarrierProfile::quick()).await];
    for _stop in 0..3 {
        let accepted = Arc::new(AtomicUsize::new(0));
        let (tell, told) = watch::channel(true);
        let mut posters = JoinSet::new();
        for n in 0..8 {
            let (customer, told, accepted) =
                (lines[n % 2].customer.clone(), told.clone(), Arc::clone(&accepted));
            posters.spawn(async move {
                while *told.borrow() {
                    let sent = customer.send(TO, "under load").await;
                    accepted.fetch_add(usize::from(sent.is_some()), Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            });
        }
        lines[0].phone().receive_sms(0, TO, "and the other way").await;
        eventually("there is load", || async { (accepted.load(Ordering::SeqCst) >= 40).then_some(()) }).await;
        town.hub.signal(Signal::TERM);
        let ended = town.hub.until_ended().await;
        tell.send_replace(false);
        posters.join_all().await;
        assert_eq!(ended.code(), Some(0));
        town.hub.restart().await;
        for line in &lines {
            line.online().await;
        }
    }
    let counts = town.judge().await;
    assert_eq!(counts.failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_hear_that_the_hub_drains_and_over_which_time_to_return() {
    let options = HubOptions::default().with(&["--drain-spread", "3s", "--ping-interval", "25s"]);
    let mut town = Installation::start(options).await;
    let line = town.line(CarrierProfile::quick()).await;
    let code = town.hub.manage(&["device", "pair-code", "--name", "Plain socket"]);
    let pairing =
        android_bridge::pair(&town.hub.url(""), code["code"].as_str().unwrap(), "test").await.unwrap();
    // A phone obeys what it is told; a plain socket shows the words.
    let mut socket = dial(&town.hub.url(""), &pairing.token).await.unwrap();
    // Watched from before the stop: the next vain try to connect would write over what was told.
    let mut state = line.phone().state();
    let told =
        tokio::spawn(
            async move { state.wait_for(|phone| !phone.connected).await.unwrap().last_close.clone() },
        );
    town.hub.signal(Signal::TERM);
    let mut closing = None;
    while let Some(Ok(message)) = within_deadline("a frame", socket.next()).await {
        if message.is_text()
            && let DownFrame::Closing(told) = DownFrame::parse(message.to_text().unwrap()).unwrap()
        {
            closing = Some(told);
        }
    }
    let closing = closing.expect("the hub says why it closes");
    assert_eq!((closing.reason, closing.spread_ms), (CloseCode::Draining, Some(3_000)));
    let told = within_deadline("closed", told).await.unwrap();
    assert!(told.as_deref().is_some_and(|why| why.starts_with("4300")), "{told:?}");
    assert_eq!(town.hub.until_ended().await.code(), Some(0));
    town.hub.restart().await;
    line.online().await;
    town.judge().await;
}
