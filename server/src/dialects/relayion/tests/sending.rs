//! `POST /api/v1/outbound` and `GET /api/v1/outbound/:id`.

use actix_web::test::TestRequest;
use relay_domain::account::{AccountChanges, ShortCodes};
use relay_domain::plan::PlanName;
use relay_domain::report::Report;
use relay_domain::state::{FactKind, FailedAt, Failure, FailureClass};

use super::bench::Bench;
use super::shape::{assert_millis, assert_same_shape, fixture};

const PRINTED: &str = include_str!("../fixtures/outbound.json");
const CAPPED: &str = include_str!("../fixtures/monthly_limit.json");

#[actix_web::test]
async fn the_202_is_the_printed_one_while_the_device_is_online() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.connect(phone, Some("+639170000001")).await;
    let printed = fixture(PRINTED);
    let sent = bench.send(&key, "+639171234567", "Your appointment is confirmed.").await;
    assert_eq!(sent.status.as_u16(), 202);
    assert_same_shape(&printed, &sent.json);
    let data = sent.data();
    for constant in ["simSlotIndex", "recipientNumber", "body", "status", "createdAt"] {
        assert_eq!(data[constant], printed["data"][constant], "{constant}");
    }
    assert_eq!(data["accountId"], phone.account_id.to_string());
    assert_eq!(data["deviceId"], phone.device_id.to_string());
    assert_millis(&data["dispatchedAt"]);
    let again = bench.get(&key, &format!("/api/v1/outbound/{}", data["id"].as_str().unwrap())).await;
    assert_eq!((again.status.as_u16(), again.data()), (200, data));
}

#[actix_web::test]
async fn a_message_for_an_offline_device_is_queued() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let sent = bench.send(&key, "+639171234567", "x").await;
    assert_eq!(sent.status.as_u16(), 202);
    assert_eq!(sent.data()["status"], "QUEUED");
    assert!(sent.data()["dispatchedAt"].is_null());
}

#[actix_web::test]
async fn an_empty_bucket_queues_and_is_no_error() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Free).await;
    bench.connect(phone, Some("+639170000001")).await;
    let mut states = Vec::new();
    for _ in 0..6 {
        let sent = bench.send(&key, "+639171234567", "x").await;
        states.push(sent.data()["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(states[..5], ["DISPATCHED"; 5]);
    assert_eq!(states[5], "QUEUED");
}

#[actix_web::test]
async fn message_501_of_a_free_month_gets_the_printed_429() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Free).await;
    for _ in 0..500 {
        assert_eq!(bench.send(&key, "+639171234567", "x").await.status.as_u16(), 202);
    }
    let refused = bench.send(&key, "+639171234567", "x").await;
    assert_eq!(refused.status.as_u16(), 429);
    assert_eq!(refused.json, fixture(CAPPED));
    let list = bench.get(&key, "/api/v1/outbound?limit=1").await;
    assert_eq!(list.header("x-total-count"), Some("500"), "nothing was stored");
}

#[test]
fn the_plans_are_the_printed_ones() {
    let numbers = |name: PlanName| {
        let plan = name.plan();
        (plan.quota.burst.get(), plan.quota.refill_per_minute.get(), plan.monthly_cap)
    };
    assert_eq!(numbers(PlanName::Free), (5, 1, Some(500)));
    assert_eq!(numbers(PlanName::Starter), (50, 20, None));
    assert_eq!(numbers(PlanName::Pro), (100, 50, None));
    assert_eq!(numbers(PlanName::Enterprise).2, None);
}

#[actix_web::test]
async fn paid_plans_have_no_monthly_cap() {
    assert!([PlanName::Starter, PlanName::Pro].iter().all(|name| name.plan().monthly_cap.is_none()));
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for _ in 0..501 {
        assert_eq!(bench.send(&key, "+639171234567", "x").await.status.as_u16(), 202);
    }
}

#[actix_web::test]
async fn the_status_flows_from_dispatched_to_delivered_or_failed() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some("+639170000001")).await;
    let one = bench.send(&key, "+639171234567", "one").await.data()["id"].as_str().unwrap().to_owned();
    let two = bench.send(&key, "+639171234567", "two").await.data()["id"].as_str().unwrap().to_owned();
    let fact = |id: &str, kind, seconds: i64| Report::Fact {
        message_id: id.parse().unwrap(),
        kind,
        at: relay_domain::Timestamp::from_millis(1_777_104_000_000 + seconds * 1000),
        raw: String::new(),
    };
    let show = async |id: &str| bench.get(&key, &format!("/api/v1/outbound/{id}")).await.data().clone();
    // The hub believes no phone that tells of the future.
    bench.clock.advance_ms(10_000);
    bench.report(phone, 1, vec![fact(&one, FactKind::Sent, 1)]).await;
    let sent = show(&one).await;
    assert_eq!((&sent["status"], &sent["sentAt"]), (&"SENT".into(), &"2026-04-25T08:00:01.000Z".into()));
    let no_signal =
        Failure { class: FailureClass::Retryable, code: "no_signal".into(), reason: "No signal".into() };
    let failed = FactKind::Failed(FailedAt::Radio, no_signal);
    bench.clock.advance_ms(1);
    bench.report(phone, 2, vec![fact(&one, FactKind::Delivered, 3), fact(&two, failed, 5)]).await;
    let delivered = show(&one).await;
    assert_eq!(delivered["status"], "DELIVERED");
    assert_eq!(delivered["sentAt"], "2026-04-25T08:00:01.000Z");
    assert_eq!(delivered["deliveredAt"], "2026-04-25T08:00:03.000Z");
    let failed = show(&two).await;
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["failedAt"], "2026-04-25T08:00:05.000Z");
    assert_eq!(failed["failureReason"], "No signal");
}

#[actix_web::test]
async fn a_text_and_its_number_are_kept_as_they_were_given() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for text in ["👩‍👩‍👧 family", "a\r\n\tb", " ", "é\u{301}", &"x".repeat(1530)] {
        let sent = bench.send(&key, "+1234567890", text).await;
        assert_eq!(sent.data()["body"], text);
        assert_eq!(sent.data()["recipientNumber"], "+1234567890");
    }
}

#[actix_web::test]
async fn short_codes_are_recipients_only_where_the_account_may_send_to_them() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let refused = bench.send(&key, "80808", "STOP").await;
    assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some("recipientNumber")));
    let changes = AccountChanges { short_codes: Some(ShortCodes::Accepted), ..AccountChanges::default() };
    bench.relay.change_account(phone.account_id, changes).await.unwrap();
    assert_eq!(bench.send(&key, "80808", "STOP").await.data()["recipientNumber"], "80808");
    for bad in ["12", "123456789", "+80808", "80 808", "8080x"] {
        assert_eq!(bench.send(&key, bad, "x").await.refusal().2, Some("recipientNumber"), "{bad}");
    }
    assert_eq!(bench.accepted_this_month(phone.account_id).await, 1);
}

#[actix_web::test]
async fn another_key_sends_from_another_device_and_each_stays_bound_to_its_own() {
    let bench = Bench::new();
    let (office, office_key) = bench.shop(PlanName::Starter).await;
    let shop = bench.phone(office.account_id, Some("+639170000002")).await;
    let shop_key = bench.key(shop).await;
    for _ in 0..2 {
        for (key, phone) in [(&office_key, office), (&shop_key, shop)] {
            let sent = bench.send(key, "+639171234567", "x").await;
            assert_eq!(sent.data()["deviceId"], phone.device_id.to_string());
        }
        // The SIM's number is told anew: the keys that are there keep the line that they were made for.
        bench.relay.set_sim_number(office.account_id, office.device_id, 0, "+639170000009").await.unwrap();
    }
    let bound: Vec<String> =
        bench.relay.list_keys(None).await.unwrap().into_iter().map(|key| key.line.number).collect();
    assert_eq!(bound, ["+639170000001", "+639170000002"]);
}

#[actix_web::test]
async fn the_binding_may_be_repeated_and_unknown_fields_are_ignored() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let body = format!(
        r#"{{"recipientNumber":"+639171234567","body":"x","deviceId":"{}","simSlotIndex":0,"tag":[1]}}"#,
        phone.device_id
    );
    assert_eq!(bench.post(&key, body).await.status.as_u16(), 202);
}

#[actix_web::test]
async fn both_headers_carry_a_key() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let with = async |name: &'static str, value: String| {
        bench
            .call(TestRequest::get().uri("/api/v1/devices").insert_header((name, value)))
            .await
            .status
            .as_u16()
    };
    assert_eq!(with("Authorization", format!("Bearer {key}")).await, 200);
    assert_eq!(with("X-API-Key", key.clone()).await, 200);
}

#[actix_web::test]
async fn a_key_is_shown_once_and_found_by_its_start() {
    let bench = Bench::new();
    let (phone, secret) = bench.shop(PlanName::Starter).await;
    let key = bench.relay.list_keys(Some(phone.account_id)).await.unwrap().remove(0);
    assert!(secret.starts_with("rlyn_") && secret.len() >= "rlyn_".len() + 43, "{}", secret.len());
    assert_eq!(key.prefix, secret[.."rlyn_xxxxxxxx".len()]);
    assert!(!format!("{key:?}").contains(&secret), "nothing that is kept holds the whole key");
    let (line, number) = (&key.line, "+639170000001");
    assert_eq!((line.device_id, line.slot, line.number.as_str()), (phone.device_id, 0, number));
}
