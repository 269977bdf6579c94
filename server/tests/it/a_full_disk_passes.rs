//! A full disk passes: while nothing can be written the hub says 503 and stays, phones keep what they have to tell, and
//! everything goes on by itself when there is room again.

use android_bridge::sim::CarrierProfile;
use serde_json::{Value, json};

use crate::support::fleet::{Installation, Line};
use crate::support::hub::run;
use crate::support::posters::{Pace, Posted, Posters};
use crate::support::small_disk::SmallDisk;
use crate::support::{HubOptions, eventually};

/// Room for a database and its log, and quickly filled.
const DISK_MEGABYTES: u32 = 16;
const POSTERS_A_LINE: usize = 4;
/// Accepted before the disk is full.
const LOAD: usize = 40;
/// Refusals that a phone's event outlasts: the hub has tried to store it meanwhile.
const REFUSED: usize = 100;
const FROM: &str = "+436641234567";

/// Texts arrive at the phone until one stays unacknowledged while the hub refuses a hundred messages: a small change may
/// still find room where a larger one does not.
async fn until_a_text_is_held(line: &Line, posters: &Posters) -> u64 {
    for n in 1.. {
        line.phone().receive_sms(0, FROM, &format!("text {n} into a full disk")).await;
        let head = line.until("has kept it", |phone| phone.counts.inbound >= n).await.head;
        let enough = posters.answered(503) + REFUSED;
        let acked = || line.phone().state().borrow().acked >= head;
        eventually("it is acknowledged, or the hub has refused many meanwhile", || async {
            (acked() || posters.answered(503) >= enough).then_some(())
        })
        .await;
        if !acked() {
            return n;
        }
    }
    unreachable!("there is no end of numbers")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_passes_by_itself() {
    let disk = SmallDisk::mount(DISK_MEGABYTES);
    let mut town = Installation::start_on(&disk.data_dir(), HubOptions::default()).await;
    let lines = [town.line(CarrierProfile::quick()).await, town.line_on_disk(CarrierProfile::quick()).await];
    let posters = Posters::start(&lines, POSTERS_A_LINE, Pace::FlatOut);
    posters.until_answered(LOAD, 202).await;
    disk.fill();
    posters.until_answered(1, 503).await;
    let texts = until_a_text_is_held(&lines[0], &posters).await;
    let heard = lines[0].customer.list("/api/v1/inbound").await;
    assert!((heard.len() as u64) < texts, "what is read is what is stored");
    assert!(lines[0].phone().state().borrow().connected, "the phone's session outlives the full disk");
    assert!(town.hub.is_running(), "a full disk is no reason to end");
    disk.free();
    let went_on = posters.answered(202) + LOAD;
    posters.until_answered(went_on, 202).await;
    let posted = posters.end().await;
    for line in &lines {
        line.settled().await;
    }
    assert_eq!(lines[0].customer.list("/api/v1/inbound").await.len() as u64, texts);
    assert_only_promises(&posted);
    let counts = town.judge().await;
    assert_eq!(counts.accepted, posted.iter().filter(|one| one.id().is_some()).count() as u64);
    assert_eq!((counts.unconfirmed, counts.failed), (0, 0), "a refused message was not stored: {counts:?}");
    town.hub.terminate();
    let (status, found, errors) = run(town.hub.data_dir(), &["doctor", "--thorough"]);
    let found: Vec<Value> =
        serde_json::from_str(&found).unwrap_or_else(|_| panic!("{status}: {found}{errors}"));
    let database: Vec<&Value> = found.iter().filter(|one| one["check"] == "database").collect();
    assert!(!database.is_empty() && database.iter().all(|one| one["level"] == "ok"), "{found:?}");
}

/// Accepted, or refused in the dialect's words: nothing else was said, and nobody was left without an answer.
fn assert_only_promises(posted: &[Posted]) {
    for one in posted {
        match one.answer.as_ref() {
            Some(answer) if answer.status == 202 => {}
            Some(answer) if answer.status == 503 => {
                let error = &answer.body["error"];
                assert_eq!(
                    (&answer.body["success"], &error["code"]),
                    (&json!(false), &json!("BUSY")),
                    "{answer:?}"
                );
                assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
            }
            _ => panic!("{one:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_killed_on_a_full_disk_comes_back_when_there_is_room() {
    let disk = SmallDisk::mount(DISK_MEGABYTES);
    let mut town = Installation::start_on(&disk.data_dir(), HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    let posters = Posters::start([&line], POSTERS_A_LINE, Pace::FlatOut);
    posters.until_answered(LOAD, 202).await;
    disk.fill();
    posters.until_answered(REFUSED, 503).await;
    town.hub.kill();
    let posted = posters.end().await;
    disk.free();
    town.hub.restart().await;
    line.settled().await;
    let counts = town.judge().await;
    assert_eq!(counts.accepted, posted.iter().filter(|one| one.id().is_some()).count() as u64);
    assert_eq!(counts.failed, 0, "{counts:?}");
}
