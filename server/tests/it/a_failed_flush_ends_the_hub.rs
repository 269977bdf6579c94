//! A failed flush ends the hub: nobody is told 202 for what may not be on the disk, those who wait hear 503, and
//! recovery decides.

use android_bridge::sim::CarrierProfile;

use crate::support::HubOptions;
use crate::support::faulty_disk::{Fault, FaultyDisk};
use crate::support::fleet::Installation;
use crate::support::posters::{Pace, Posted, Posters};

const POSTERS_A_LINE: usize = 6;
/// Accepted before the disk fails.
const LOAD: usize = 40;
/// What a supervisor sees: start it again.
const EXIT_CODE: i32 = 70;

/// What is on disk may be more than was acknowledged, never less.
async fn everything_acknowledged_is_there(town: &mut Installation, posted: &[Posted]) {
    let accepted: Vec<&str> = posted.iter().filter_map(Posted::id).collect();
    let counts = town.judge().await;
    assert_eq!(counts.accepted, accepted.len() as u64, "{counts:?}");
    assert_eq!(counts.failed, 0, "a disk that fails is nobody's message: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_flush_there_is_no_202_and_who_waits_hears_503() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let lines = [town.line(CarrierProfile::quick()).await, town.line_on_disk(CarrierProfile::quick()).await];
    let posters = Posters::start(&lines, POSTERS_A_LINE, Pace::FlatOut);
    posters.until_answered(LOAD, 202).await;
    disk.order(Fault::FlushFails);
    let broken = posters.next_era();
    lines[0].phone().receive_sms(0, "+436641234567", "not acknowledged yet").await;
    let ended = town.hub.until_ended().await;
    assert_eq!(ended.code(), Some(EXIT_CODE));
    let posted = posters.end().await;
    for one in posted.iter().filter(|one| one.era == broken) {
        assert!(matches!(one.status(), Some(503) | None), "{one:?}");
    }
    for poster in 0..2 * POSTERS_A_LINE {
        let told = posted.iter().any(|one| one.poster == poster && one.status() == Some(503));
        assert!(told, "poster {poster} waited and was not told");
    }
    for refused in posted.iter().filter_map(|one| one.answer.as_ref()).filter(|answer| answer.status == 503) {
        assert_eq!(refused.body["error"]["code"], "BUSY", "{refused:?}");
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
    }
    disk.heal(Fault::FlushFails);
    town.hub.restart().await;
    for line in &lines {
        line.settled().await;
    }
    everything_acknowledged_is_there(&mut town, &posted).await;
    assert_eq!(lines[0].customer.list("/api/v1/inbound").await.len(), 1, "the SMS was held by the phone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failed_flush_is_enough_though_the_next_would_seem_to_work() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let line = town.line(CarrierProfile::quick()).await;
    let mut posted = Vec::new();
    for _failure in 0..5 {
        let posters = Posters::start([&line], POSTERS_A_LINE, Pace::FlatOut);
        posters.until_answered(LOAD, 202).await;
        disk.order(Fault::OneFlushFails);
        assert_eq!(town.hub.until_ended().await.code(), Some(EXIT_CODE));
        assert!(!disk.is_ordered(Fault::OneFlushFails), "it ended because of the flush");
        posted.extend(posters.end().await);
        town.hub.restart().await;
        line.online().await;
    }
    everything_acknowledged_is_there(&mut town, &posted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phones_change_that_cannot_be_flushed_ends_the_hub_too() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().go_offline().await;
    let id = line.send("+436601234567", "before the disk fails").await;
    disk.order(Fault::FlushFails);
    // The session of the phone is a change like any other: the first one that is to be flushed ends the hub.
    line.phone().go_online().await;
    assert_eq!(town.hub.until_ended().await.code(), Some(EXIT_CODE));
    disk.heal(Fault::FlushFails);
    town.hub.restart().await;
    line.customer.until_status(&id, "DELIVERED").await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_of_the_database_that_fails_behind_the_log_ends_the_hub_too() {
    let disk = FaultyDisk::new();
    let mut town = Installation::start(disk.under(HubOptions::default())).await;
    let line = town.line(CarrierProfile::quick()).await;
    let posters = Posters::start([&line], POSTERS_A_LINE, Pace::FlatOut);
    posters.until_answered(LOAD, 202).await;
    disk.order(Fault::DatabaseFails);
    assert_eq!(town.hub.until_ended().await.code(), Some(EXIT_CODE));
    let posted = posters.end().await;
    disk.heal(Fault::DatabaseFails);
    town.hub.restart().await;
    everything_acknowledged_is_there(&mut town, &posted).await;
}
