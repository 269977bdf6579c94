//! Accepted is durable: `kill -9` at any moment loses no message that a customer was told is accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use android_bridge::sim::CarrierProfile;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::fleet::{Installation, seed};
use crate::support::{Customer, HubOptions, eventually};

const POSTERS_A_LINE: usize = 6;
const KILLS: usize = 12;

/// What posters know of the hub.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hub {
    Up,
    Down,
    Enough,
}

/// Sends without a pause while there is a hub; counts what was accepted.
async fn post(customer: Customer, poster: usize, mut hub: watch::Receiver<Hub>, accepted: Arc<AtomicUsize>) {
    for n in 0.. {
        let now = *hub.wait_for(|hub| *hub != Hub::Down).await.unwrap();
        if now == Hub::Enough {
            return;
        }
        let to = format!("+4366{poster:02}{n:06}9");
        if customer.send(&to, &format!("message {n} of poster {poster}")).await.is_some() {
            accepted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_message_survives_kill_nine() {
    let mut dice = StdRng::seed_from_u64(seed());
    let mut town = Installation::start(HubOptions::default()).await;
    let disk = town.line_on_disk(CarrierProfile::quick()).await;
    let memory = town.line(CarrierProfile::quick()).await;
    let accepted = Arc::new(AtomicUsize::new(0));
    let (tell, told) = watch::channel(Hub::Up);
    let mut posters = JoinSet::new();
    for (n, line) in [&disk, &memory].into_iter().cycle().take(2 * POSTERS_A_LINE).enumerate() {
        posters.spawn(post(line.customer.clone(), n, told.clone(), Arc::clone(&accepted)));
    }
    for kill in 1..=KILLS {
        let enough = accepted.load(Ordering::SeqCst) + dice.random_range(1..60);
        eventually(&format!("{enough} messages are accepted before kill {kill}"), || async {
            (accepted.load(Ordering::SeqCst) >= enough).then_some(())
        })
        .await;
        town.hub.kill();
        tell.send_replace(Hub::Down);
        town.hub.restart().await;
        tell.send_replace(Hub::Up);
    }
    tell.send_replace(Hub::Enough);
    posters.join_all().await;
    let counts = town.judge().await;
    assert_eq!(counts.accepted, accepted.load(Ordering::SeqCst) as u64);
    assert_eq!(counts.failed, 0, "a hub that dies fails nobody's message");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_right_before_the_kill_is_there_right_after() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().go_offline().await;
    for n in 0..5 {
        let id = line.send("+436601234567", &format!("number {n}")).await;
        town.hub.kill();
        town.hub.restart().await;
        let message = line.customer.message(&id).await.expect("it is there");
        assert_eq!(message["body"], format!("number {n}"));
    }
    line.phone().go_online().await;
    town.judge().await;
}
