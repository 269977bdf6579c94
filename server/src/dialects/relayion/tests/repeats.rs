//! `Idempotency-Key`: asked twice, sent once.

use actix_web::test::TestRequest;
use relay_domain::plan::PlanName;
use serde_json::{Value, json};

use super::bench::{Bench, Reply};

const SEND: &str = "/api/v1/outbound";
const BULK: &str = "/api/v1/outbound/bulk";

fn hello() -> Value {
    json!({ "recipientNumber": "+639171234567", "body": "hello" })
}

fn replayed(reply: &Reply) -> Option<&str> {
    reply.header("idempotent-replayed")
}

#[actix_web::test]
async fn the_same_request_twice_is_one_message_shown_as_it_is_now() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let first = bench.post_named(&key, "order-7", SEND, &hello()).await;
    assert_eq!((first.status.as_u16(), replayed(&first)), (202, None));
    assert_eq!(first.data()["status"], "QUEUED");
    let id = first.data()["id"].clone();
    bench.delete(&key, &format!("{SEND}/{}", id.as_str().unwrap())).await;
    // Spaces, order and unknown fields make no other request of it.
    let same = json!({ "tag": 1, "priority": "normal", "body": "hello", "recipientNumber": "+639171234567" });
    let again = bench.post_named(&key, "order-7", SEND, &same).await;
    assert_eq!((again.status.as_u16(), replayed(&again)), (202, Some("true")));
    assert_eq!((&again.data()["id"], &again.data()["status"]), (&id, &"FAILED".into()));
    assert_eq!(bench.accepted_this_month(phone.account_id).await, 1);
}

#[actix_web::test]
async fn another_draft_under_the_same_name_is_409() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    bench.post_named(&key, "order-7", SEND, &hello()).await;
    for other in [
        json!({ "recipientNumber": "+639171234567", "body": "hello!" }),
        json!({ "recipientNumber": "+639171234568", "body": "hello" }),
        json!({ "recipientNumber": "+639171234567", "body": "hello", "priority": "high" }),
        json!({ "recipientNumber": "+639171234567", "body": "hello", "ttlSeconds": 60 }),
    ] {
        let refused = bench.post_named(&key, "order-7", SEND, &other).await;
        assert_eq!(refused.refusal(), (409, "IDEMPOTENCY_CONFLICT", Some("Idempotency-Key")), "{other}");
    }
    assert_eq!(bench.get(&key, SEND).await.ids().len(), 1);
}

#[actix_web::test]
async fn a_replay_is_no_later_than_its_first_request_was() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let mut scheduled = hello();
    scheduled["scheduledAt"] = "2026-04-25T08:00:01Z".into();
    let first = bench.post_named(&key, "order-7", SEND, &scheduled).await;
    bench.clock.advance_ms(60_000);
    let again = bench.post_named(&key, "order-7", SEND, &scheduled).await;
    assert_eq!((replayed(&again), &again.data()["id"]), (Some("true"), &first.data()["id"]));
    let fresh = bench.post_named(&key, "order-8", SEND, &scheduled).await;
    assert_eq!(fresh.refusal(), (400, "VALIDATION_ERROR", Some("scheduledAt")));
}

#[actix_web::test]
async fn a_name_serves_for_a_day() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let first = bench.post_named(&key, "order-7", SEND, &hello()).await;
    bench.clock.advance_ms(24 * 3_600_000 - 1);
    assert_eq!(replayed(&bench.post_named(&key, "order-7", SEND, &hello()).await), Some("true"));
    bench.clock.advance_ms(1);
    let next_day = bench.post_named(&key, "order-7", SEND, &hello()).await;
    assert_eq!(replayed(&next_day), None);
    assert_ne!(next_day.data()["id"], first.data()["id"]);
}

#[actix_web::test]
async fn a_bulk_is_replayed_row_by_row() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Free).await;
    let rows: Vec<Value> = (0..502).map(|_| hello()).chain([json!({ "body": "x" })]).collect();
    let body = json!({ "messages": rows });
    let first = bench.post_named(&key, "month", BULK, &body).await;
    let again = bench.post_named(&key, "month", BULK, &body).await;
    assert_eq!((again.status.as_u16(), replayed(&first), replayed(&again)), (202, None, Some("true")));
    assert_eq!(first.data(), again.data());
    assert_eq!((&again.data()["accepted"], &again.data()["refused"]), (&500.into(), &3.into()));
    assert_eq!(bench.accepted_this_month(phone.account_id).await, 500);
}

#[actix_web::test]
async fn a_name_that_cannot_be_is_400_and_nothing_is_stored() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let (long, longest) = ("x".repeat(256), "x".repeat(255));
    for bad in ["", &long, "sch\u{f6}n"] {
        let refused = bench.post_named(&key, bad, SEND, &hello()).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some("Idempotency-Key")), "{bad}");
    }
    let twice = TestRequest::post().uri(SEND).set_payload(hello().to_string());
    let twice = twice.insert_header(("Authorization", format!("Bearer {key}")));
    let twice = twice.append_header(("Idempotency-Key", "a")).append_header(("Idempotency-Key", "b"));
    assert_eq!(bench.call(twice).await.refusal().2, Some("Idempotency-Key"));
    assert_eq!(bench.get(&key, SEND).await.ids().len(), 0);
    assert_eq!(bench.post_named(&key, &longest, SEND, &hello()).await.status.as_u16(), 202);
}
