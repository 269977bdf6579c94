//! The monthly cap is exact under many callers at once, and a plan that changes counts on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use android_bridge::sim::CarrierProfile;
use reqwest::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::support::fleet::{Installation, Quota};
use crate::support::raw_phone::{Paired, RawPhone};
use crate::support::{Customer, Hub, HubOptions};

const TO: &str = "+639171234567";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_640_messages_by_64_callers_at_once_a_free_month_takes_exactly_500() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(&dir.path().join("data"), HubOptions::default()).await;
    hub.manage(&["account", "create", "Corner Shop"]);
    let paired = Paired::new(&hub, "Office").await;
    drop(RawPhone::greet(&hub, &paired.token, paired.hello()).await);
    let secret = hub.manage(&["key", "create", "Office"])["secret"].as_str().unwrap().to_owned();
    let [accepted, refused] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..64)
        .map(|caller| {
            let customer = Customer::new(hub.url(""), &secret);
            let (accepted, refused) = (Arc::clone(&accepted), Arc::clone(&refused));
            tokio::spawn(async move {
                for n in 0..10 {
                    let draft = json!({ "recipientNumber": TO, "body": format!("{caller}/{n}") });
                    let answer = customer.ask(Method::POST, "/api/v1/outbound", Some(draft)).await.unwrap();
                    match answer.status {
                        202 => accepted.fetch_add(1, Ordering::Relaxed),
                        429 => {
                            assert_eq!(answer.body["error"]["code"], "MONTHLY_LIMIT_EXCEEDED");
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                        other => panic!("{other}: {}", answer.body),
                    };
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!((accepted.load(Ordering::Relaxed), refused.load(Ordering::Relaxed)), (500, 140));
    let list = Customer::new(hub.url(""), &secret).ask(Method::GET, "/api/v1/outbound", None).await.unwrap();
    assert_eq!(list.headers["x-total-count"], "500", "nothing of the others was stored");
    let usage = hub.manage(&["account", "usage", "Corner Shop"]);
    let used = &usage["usage"][0];
    assert_eq!((&used["accepted"], &used["left"]), (&json!(500), &json!(0)));
    assert_eq!(used["months"][0]["accepted"], 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_set_while_messages_wait_lets_them_go_at_once() {
    let quota = Quota { burst: 2, refill_per_minute: 1 };
    let mut town = Installation::with_quota(HubOptions::default(), quota).await;
    let line = town.line(CarrierProfile::quick()).await;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(line.send("+436601234567", &format!("number {n}")).await);
    }
    assert_eq!(line.customer.message(&ids[7]).await.unwrap()["status"], "QUEUED");
    let account = town.hub.manage(&["account", "list"])["accounts"][0]["name"].as_str().unwrap().to_owned();
    // For one device alone, then for its account.
    town.note_quota(&line.device_id, Quota { burst: 5, refill_per_minute: 1 }, now_ms());
    town.hub.manage(&["plan", "device", &line.name, "--burst", "5", "--refill-per-minute", "1"]);
    line.customer.until_status(&ids[4], "DELIVERED").await;
    assert_eq!(line.customer.message(&ids[5]).await.unwrap()["status"], "QUEUED");
    town.hub.manage(&["plan", "set", &account, "pro"]);
    assert_eq!(
        line.customer.message(&ids[5]).await.unwrap()["status"],
        "QUEUED",
        "it has numbers of its own"
    );
    town.note_quota(&line.device_id, Quota { burst: 100, refill_per_minute: 50 }, now_ms());
    let inherited = town.hub.manage(&["plan", "device", &line.name, "--inherit"]);
    assert_eq!((&inherited["burst"], &inherited["own"]), (&json!(100), &json!(false)));
    for id in &ids {
        line.customer.until_status(id, "DELIVERED").await;
    }
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_message_leaves_when_its_time_comes_even_over_a_killed_hub() {
    // No sweep comes by: the schedule has an alarm of its own.
    let options = HubOptions::default().with(&["--sweep-interval", "1h"]);
    let mut town = Installation::start(options).await;
    let line = town.line(CarrierProfile::quick()).await;
    let now = OffsetDateTime::now_utc();
    let at = |ms: u64| rfc3339(now + std::time::Duration::from_millis(ms));
    let mut ids = Vec::new();
    for ms in [1_500, 3_000, 60_000_000] {
        let draft = json!({ "recipientNumber": "+436601234567", "body": "later", "scheduledAt": at(ms) });
        ids.push(line.customer.send_draft(draft).await.expect("the message is accepted"));
    }
    let first = line.customer.until_status(&ids[0], "DELIVERED").await;
    assert!(first["dispatchedAt"].as_str().unwrap() >= at(1_500).as_str(), "not a moment before: {first}");
    town.hub.kill();
    town.hub.restart().await;
    let second = line.customer.until_status(&ids[1], "DELIVERED").await;
    assert!(second["dispatchedAt"].as_str().unwrap() >= at(3_000).as_str());
    let waits = line.customer.message(&format!("{}?include=wait", ids[2])).await.unwrap();
    assert_eq!((&waits["status"], &waits["wait"]["reason"]), (&json!("QUEUED"), &json!("scheduled")));
    let canceled = line.customer.ask(Method::DELETE, &format!("/api/v1/outbound/{}", ids[2]), None).await;
    assert_eq!(canceled.unwrap().body["data"]["failureReason"], "Canceled");
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_repeated_over_a_killed_hub_is_one_message() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    let named = line.customer.clone().named("order-7");
    let draft = json!({ "recipientNumber": "+436601234567", "body": "once" });
    let id = named.send_draft(draft.clone()).await.expect("the message is accepted");
    for _ in 0..2 {
        town.hub.kill();
        town.hub.restart().await;
        let again = named.ask(Method::POST, "/api/v1/outbound", Some(draft.clone())).await.unwrap();
        assert_eq!((again.status, &again.body["data"]["id"]), (202, &json!(id)), "{}", again.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
    }
    line.customer.until_status(&id, "DELIVERED").await;
    assert_eq!(town.submits_of(&id), 1);
    town.judge().await;
}

fn now_ms() -> i128 {
    OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000
}

fn rfc3339(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    at.format(form).unwrap()
}
