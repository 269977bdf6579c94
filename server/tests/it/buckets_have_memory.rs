//! Buckets have memory: neither unplugging a phone nor restarting it or the hub makes a fresh burst. And an
//! empty bucket means waiting, not an error.
//!
//! Exact instants are proved in the simulation. Here the ledger judges the instants that the API shows.

use std::time::Instant;

use android_bridge::sim::CarrierProfile;
use serde_json::Value;

use crate::support::HubOptions;
use crate::support::fleet::{Installation, Line, Quota};

const FREE: Quota = Quota { burst: 5, refill_per_minute: 1 };
const TO: &str = "+436601234567";

/// Sends one more message: whoever takes it looks at the bucket. Then no more have left than the plan allows.
async fn one_more_waits(line: &Line, ids: &mut Vec<String>, since: Instant) {
    line.online().await;
    ids.push(line.send(TO, "one more").await);
    let mut left = 0;
    for id in ids.iter() {
        let message = line.customer.message(id).await.unwrap();
        assert_eq!(message["failureReason"], Value::Null, "a message that waits did not fail");
        left += usize::from(message["status"] != "QUEUED");
    }
    let refilled = usize::try_from(since.elapsed().as_secs() / 60).unwrap();
    assert!(left <= FREE.burst as usize + refilled, "{left} left: a fresh burst");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fresh_burst_after_a_reconnect_a_hub_restart_or_a_phone_restart() {
    let mut town = Installation::with_quota(HubOptions::default(), FREE).await;
    let mut line = town.line(CarrierProfile::quick()).await;
    let since = Instant::now();
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(line.send(TO, &format!("number {n}")).await);
    }
    for id in &ids[..5] {
        line.customer.until_status(id, "DELIVERED").await;
    }
    one_more_waits(&line, &mut ids, since).await;
    for _ in 0..3 {
        line.phone().go_offline().await;
        line.phone().go_online().await;
        one_more_waits(&line, &mut ids, since).await;
    }
    for how in 0..2 {
        if how == 0 {
            town.hub.kill();
        } else {
            assert!(town.hub.terminate().success());
        }
        town.hub.restart().await;
        one_more_waits(&line, &mut ids, since).await;
    }
    line.kill().await;
    line.restart(&mut town).await;
    one_more_waits(&line, &mut ids, since).await;
    town.judge_as_it_is().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_token_leaves_in_order_and_nothing_fails() {
    let quick = Quota { burst: 5, refill_per_minute: 600 };
    let mut town = Installation::with_quota(HubOptions::default(), quick).await;
    let line = town.line(CarrierProfile::quick()).await;
    let mut ids = Vec::new();
    for n in 0..25 {
        ids.push(line.send(TO, &format!("number {n}")).await);
    }
    town.until_delivered(ids.len()).await;
    let mut before = String::new();
    for id in &ids {
        let left = line.customer.message(id).await.unwrap()["dispatchedAt"].as_str().unwrap().to_owned();
        assert!(before <= left, "{id} left at {left}, an older one at {before}");
        before = left;
    }
    let counts = town.judge().await;
    assert_eq!(counts.failed, 0);
    assert_eq!(counts.dispatches, ids.len() as u64);
}
