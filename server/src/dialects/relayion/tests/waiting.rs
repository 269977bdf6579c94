//! Messages that wait: priority, schedule, deadline, cancel, and what `?include=` tells of them.

use relay_domain::account::AccountChanges;
use relay_domain::plan::PlanName;
use relay_domain::report::Report;
use relay_domain::state::{FactKind, FailedAt, Failure, FailureClass};
use relay_domain::{Clock as _, Timestamp};
use serde_json::{Value, json};

use super::bench::{Bench, Reply};
use super::shape::{assert_millis, fixture};

const PRINTED: &str = include_str!("../fixtures/outbound.json");

async fn send(bench: &Bench, key: &str, more: Value) -> Reply {
    let mut body = json!({ "recipientNumber": "+639171234567", "body": "x" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.post(key, body.to_string()).await
}

fn path(message: &Reply) -> String {
    format!("/api/v1/outbound/{}", message.data()["id"].as_str().unwrap())
}

/// A Free account whose phone has used its burst.
async fn drained(bench: &Bench) -> (super::bench::Phone, String) {
    let (phone, key) = bench.shop(PlanName::Free).await;
    let phone = bench.connect(phone, Some("+639170000001")).await;
    for _ in 0..5 {
        assert_eq!(send(bench, &key, json!({})).await.data()["status"], "DISPATCHED");
    }
    (phone, key)
}

#[actix_web::test]
async fn options_change_no_documented_shape_and_are_shown_when_asked_for() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let asked = json!({ "priority": "high", "scheduledAt": "2026-04-25T10:30:00+02:00", "ttlSeconds": 60 });
    let sent = send(&bench, &key, asked).await;
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(sent.data()), keys(&fixture(PRINTED)["data"]));
    let shown = bench.get(&key, &format!("{}?include=options", path(&sent))).await;
    let options = json!({
        "priority": "high", "scheduledAt": "2026-04-25T08:30:00.000Z",
        "expiresAt": "2026-04-25T08:31:00.000Z", "segments": 1,
    });
    assert_eq!(shown.data()["options"], options);
    assert!(shown.data().get("wait").is_none());
    let plain = send(&bench, &key, json!({ "priority": null, "scheduledAt": null })).await;
    let shown = bench.get(&key, &format!("{}?include=options", path(&plain))).await;
    assert_eq!(shown.data()["options"]["priority"], "normal");
    assert!(shown.data()["options"]["expiresAt"].is_null());
}

#[actix_web::test]
async fn an_option_that_cannot_be_is_400_with_its_name_and_nothing_is_stored() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for (more, field) in [
        (json!({ "priority": "urgent" }), "priority"),
        (json!({ "scheduledAt": "2026-04-25T07:59:59Z" }), "scheduledAt"),
        (json!({ "scheduledAt": "2026-04-25T08:00:00Z" }), "scheduledAt"),
        (json!({ "scheduledAt": "2027-05-01T08:00:00Z" }), "scheduledAt"),
        (json!({ "scheduledAt": "soon" }), "scheduledAt"),
        (json!({ "expiresAt": "2026-04-25T08:00:00Z" }), "expiresAt"),
        (json!({ "scheduledAt": "2026-04-25T09:00:00Z", "expiresAt": "2026-04-25T08:30:00Z" }), "expiresAt"),
        (json!({ "scheduledAt": "2026-04-25T09:00:00Z", "expiresAt": "2026-04-25T09:00:00Z" }), "expiresAt"),
        (json!({ "expiresAt": "2026-04-25T09:00:00Z", "ttlSeconds": 60 }), "expiresAt"),
        (json!({ "ttlSeconds": 0 }), "ttlSeconds"),
        (json!({ "ttlSeconds": "60" }), "ttlSeconds"),
    ] {
        let refused = send(&bench, &key, more.clone()).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some(field)), "{more}");
    }
    assert_eq!(bench.get(&key, "/api/v1/outbound").await.ids().len(), 0);
}

#[actix_web::test]
async fn a_waiting_message_says_why_and_when_it_should_leave() {
    let bench = Bench::new();
    let (phone, key) = drained(&bench).await;
    let wait = async |message: &Reply| {
        bench.get(&key, &format!("{}?include=wait", path(message))).await.data()["wait"].clone()
    };
    let next = send(&bench, &key, json!({})).await;
    let after = send(&bench, &key, json!({})).await;
    let scheduled = send(&bench, &key, json!({ "scheduledAt": "2026-04-25T08:30:00Z" })).await;
    let first = wait(&next).await;
    assert_eq!((&first["reason"], &first["ahead"]), (&"bucket_empty".into(), &0.into()));
    assert_eq!(first["expectedAt"], "2026-04-25T08:01:00.000Z");
    let second = wait(&after).await;
    assert_eq!((&second["reason"], &second["ahead"]), (&"waiting_turn".into(), &1.into()));
    assert_eq!(second["expectedAt"], "2026-04-25T08:02:00.000Z");
    let brief = send(&bench, &key, json!({ "ttlSeconds": 90 })).await;
    let doomed = wait(&brief).await;
    assert!(doomed["message"].as_str().unwrap().ends_with("if nothing changes it expires."), "{doomed}");
    let third = wait(&scheduled).await;
    assert_eq!(
        (&third["reason"], &third["expectedAt"]),
        (&"scheduled".into(), &"2026-04-25T08:30:00.000Z".into())
    );
    bench.disconnect(phone).await;
    let away = wait(&next).await;
    assert_eq!((&away["reason"], &away["expectedAt"]), (&"device_offline".into(), &Value::Null));
    assert!(away["message"].as_str().unwrap().contains("not connected"));
    let list = bench.get(&key, "/api/v1/outbound?include=wait&status=QUEUED").await;
    assert!(list.data().as_array().unwrap().iter().all(|message| message["wait"]["reason"].is_string()));
    // The answer to the request itself tells it too.
    let body = json!({ "recipientNumber": "+639171234567", "body": "x" }).to_string();
    let request = actix_web::test::TestRequest::post().uri("/api/v1/outbound?include=wait,options");
    let request = request.insert_header(("Authorization", format!("Bearer {key}"))).set_payload(body);
    assert_eq!(bench.call(request).await.data()["wait"]["reason"], "device_offline");
}

#[actix_web::test]
async fn the_timeline_has_every_fact_with_its_own_instant_and_a_failure_a_sentence() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some("+639170000001")).await;
    let sent = send(&bench, &key, json!({})).await;
    let id = sent.data()["id"].as_str().unwrap();
    let failure =
        Failure { class: FailureClass::Retryable, code: "no_signal".into(), reason: "No signal".into() };
    let fact = |kind, seconds: i64| Report::Fact {
        message_id: id.parse().unwrap(),
        kind,
        at: Timestamp::from_millis(1_777_104_000_000 + seconds * 1000),
        raw: String::new(),
    };
    bench.clock.advance_ms(9_000);
    let reports = vec![
        fact(FactKind::Uncertain, 1),
        fact(FactKind::Failed(FailedAt::Radio, failure), 2),
        fact(FactKind::Delivered, 3),
    ];
    bench.report(phone, 1, reports).await;
    let shown = bench.get(&key, &format!("{}?include=timeline,wait", path(&sent))).await;
    assert!(shown.data()["wait"].is_null(), "what was delivered waits for nothing");
    let timeline = shown.data()["timeline"].as_array().unwrap();
    let events: Vec<(&str, &str)> = timeline
        .iter()
        .map(|entry| (entry["event"].as_str().unwrap(), entry["at"].as_str().unwrap()))
        .collect();
    let expected = [
        ("accepted", "2026-04-25T08:00:00.000Z"),
        ("dispatched", "2026-04-25T08:00:00.000Z"),
        ("uncertain", "2026-04-25T08:00:01.000Z"),
        ("failed", "2026-04-25T08:00:02.000Z"),
        ("delivered", "2026-04-25T08:00:03.000Z"),
    ];
    assert_eq!(events, expected);
    timeline.iter().for_each(|entry| assert_millis(&entry["recordedAt"]));
    let failure = &timeline[3]["failure"];
    assert_eq!((&failure["class"], &failure["stage"]), (&"retryable".into(), &"radio".into()));
    assert_eq!((&failure["code"], &failure["reason"]), (&"no_signal".into(), &"No signal".into()));
    assert!(failure["advice"].as_str().unwrap().contains("Nothing was sent"));
    assert_eq!(timeline[2]["failure"]["class"], "ambiguous");
    assert!(timeline[4]["failure"].is_null());
    let refused = bench.get(&key, &format!("{}?include=timeline,secrets", path(&sent))).await;
    assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some("include")));
}

#[actix_web::test]
async fn a_waiting_message_is_canceled_once_and_for_all() {
    let bench = Bench::new();
    let (_, key) = drained(&bench).await;
    let waits = send(&bench, &key, json!({})).await;
    let canceled = bench.delete(&key, &path(&waits)).await;
    assert_eq!(canceled.status.as_u16(), 200);
    assert_millis(&canceled.data()["failedAt"]);
    assert_eq!(
        (&canceled.data()["status"], &canceled.data()["failureReason"]),
        (&"FAILED".into(), &"Canceled".into())
    );
    let again = bench.delete(&key, &path(&waits)).await;
    assert_eq!((again.status.as_u16(), again.data()), (200, canceled.data()));
    bench.clock.advance_ms(3_600_000);
    assert_eq!(bench.get(&key, &path(&waits)).await.data()["status"], "FAILED");
}

#[actix_web::test]
async fn what_a_phone_has_or_what_has_ended_is_not_canceled() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let doomed = send(&bench, &key, json!({})).await;
    let dated = send(&bench, &key, json!({ "ttlSeconds": 1 })).await;
    bench.clock.advance_ms(2_000);
    bench.relay.expire_queued().await.unwrap();
    assert_eq!(bench.delete(&key, &path(&dated)).await.refusal(), (409, "ALREADY_ENDED", None));
    bench.delete(&key, &path(&doomed)).await;
    let phone = bench.connect(phone, Some("+639170000001")).await;
    let sent = send(&bench, &key, json!({})).await;
    assert_eq!(bench.delete(&key, &path(&sent)).await.refusal(), (409, "ALREADY_DISPATCHED", None));
    let id = sent.data()["id"].as_str().unwrap().parse().unwrap();
    let at = bench.clock.now();
    let lost = Report::Fact { message_id: id, kind: FactKind::Uncertain, at, raw: String::new() };
    bench.report(phone, 1, vec![lost]).await;
    let uncertain = bench.delete(&key, &path(&sent)).await;
    assert_eq!(uncertain.refusal(), (409, "ALREADY_DISPATCHED", None));
    assert!(uncertain.json["error"]["message"].as_str().unwrap().contains("nobody knows"));
    assert_eq!(bench.get(&key, &path(&sent)).await.data()["status"], "DISPATCHED");
}

#[actix_web::test]
async fn another_accounts_or_no_message_cannot_be_canceled() {
    let bench = Bench::new();
    let (_, mine) = bench.shop(PlanName::Starter).await;
    let (_, theirs) = bench.shop(PlanName::Starter).await;
    let sent = send(&bench, &theirs, json!({})).await;
    for path in [
        path(&sent),
        "/api/v1/outbound/01890000-0000-7000-8000-000000000000".into(),
        "/api/v1/outbound/x".into(),
    ] {
        assert_eq!(bench.delete(&mine, &path).await.refusal(), (404, "NOT_FOUND", None), "{path}");
    }
    assert_eq!(bench.get(&theirs, &path(&sent)).await.data()["status"], "QUEUED");
}

#[actix_web::test]
async fn a_plan_changed_in_the_middle_of_a_drained_bucket_and_a_month_counts_on() {
    let bench = Bench::new();
    let (phone, key) = drained(&bench).await;
    assert_eq!(send(&bench, &key, json!({})).await.data()["status"], "QUEUED");
    let plan = |name: PlanName| {
        let changes = AccountChanges { plan: Some(name.plan()), ..AccountChanges::default() };
        bench.relay.change_account(phone.account_id, changes)
    };
    plan(PlanName::Starter).await.unwrap();
    assert_eq!(bench.accepted_this_month(phone.account_id).await, 6);
    for _ in 0..494 {
        send(&bench, &key, json!({})).await;
    }
    plan(PlanName::Free).await.unwrap();
    assert_eq!(send(&bench, &key, json!({})).await.refusal(), (429, "MONTHLY_LIMIT_EXCEEDED", None));
}
