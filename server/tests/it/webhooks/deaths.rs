//! The hub dies between commit and post, and between post and record: nothing is lost, and a repeat is the same.

use std::sync::Arc;

use android_bridge::sim::CarrierProfile;
use rustix::process::Signal;
use tokio::sync::Notify;

use super::{Alone, TO, attempts, create, hear, options, start};
use crate::support::eventually;
use crate::support::receiver::{Receiver, Reply, Told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_and_not_posted_is_posted_by_the_next_hub() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "outbound.dispatched,outbound.delivered", &[]);
    // Held back by a pause, so that the hub surely dies before the post.
    town.hub.manage(&["webhook", "pause", &webhook]);
    let message = line.send(TO, "hello").await;
    line.customer.until_status(&message, "DELIVERED").await;
    town.hub.kill();
    let resumed = crate::support::hub::manage(town.hub.data_dir(), &["webhook", "resume", &webhook]);
    assert_eq!(resumed["pending"], 2);
    town.hub.restart().await;
    let told = receiver.until_told(2).await;
    assert_eq!(
        told.iter().map(Told::event).collect::<Vec<_>>(),
        ["outbound.dispatched", "outbound.delivered"]
    );
    hear(&mut town, &webhook, &receiver).await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_posted_and_not_recorded_is_posted_again_with_the_same_bytes() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "outbound.sent,outbound.delivered", &[]);
    receiver.then([Reply::Hang]);
    let message = line.send(TO, "hello").await;
    receiver.until_told(1).await;
    town.hub.kill();
    town.hub.restart().await;
    line.customer.until_status(&message, "DELIVERED").await;
    let told = receiver.until_told(3).await;
    assert_eq!((told[0].id(), &told[0].body), (told[1].id(), &told[1].body));
    let events: Vec<_> = told.iter().map(Told::event).collect();
    assert_eq!(events, ["outbound.sent", "outbound.sent", "outbound.delivered"]);
    hear(&mut town, &webhook, &receiver).await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_ten_deaths_every_event_arrives_and_first_arrivals_are_in_order() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) =
        create(&town.hub, &receiver.url("/"), "outbound.dispatched,outbound.sent,outbound.delivered", &[]);
    let mut sent = vec![];
    for round in 0..10 {
        for n in 0..5 {
            sent.push(line.send(TO, &format!("{round}.{n}")).await);
        }
        town.hub.kill();
        town.hub.restart().await;
        line.online().await;
    }
    town.until_delivered(sent.len()).await;
    // All of it, in order of first arrival, and each repeat the same: that is what the judge looks at.
    hear(&mut town, &webhook, &receiver).await;
    let counts = town.judge().await;
    assert_eq!(counts.told, 150);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_is_told_to_stop_hears_the_answer_first() {
    let mut town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
    let answer = Arc::new(Notify::new());
    receiver.then([Reply::Held(Arc::clone(&answer))]);
    town.hub.manage(&["webhook", "test", &webhook]);
    receiver.until_told(1).await;
    town.hub.signal(Signal::TERM);
    let health = town.hub.url("/healthz");
    eventually("the hub stops", || async {
        (reqwest::get(&health).await.ok()?.status() == 503).then_some(())
    })
    .await;
    answer.notify_one();
    assert!(town.hub.until_ended().await.success());
    town.hub.restart().await;
    let log = attempts(&town.hub, &webhook);
    assert_eq!((log.len(), &log[0]["status"]), (1, &"delivered".into()));
    assert_eq!(receiver.told().len(), 1);
}
