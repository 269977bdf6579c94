//! What is refused, and how: status, code, field and headers.

use actix_web::ResponseError as _;
use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use relay_domain::plan::PlanName;

use serde_json::Value;

use super::super::error::ApiError;
use super::bench::Bench;
use crate::relay::Trouble;

#[actix_web::test]
async fn no_key_a_wrong_one_and_two_of_them_are_401() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let request = || TestRequest::get().uri("/api/v1/devices");
    // One character off, whichever it is.
    let (start, last) = key.split_at(key.len() - 1);
    let near = format!("Bearer {start}{}", if last == "x" { "y" } else { "x" });
    for request in [
        request(),
        request().insert_header(("Authorization", "Bearer rlyn_your_api_key")),
        request().insert_header(("Authorization", near)),
        request()
            .insert_header(("Authorization", format!("Bearer {key}")))
            .insert_header(("X-API-Key", "other")),
    ] {
        let refused = bench.call(request).await;
        assert_eq!(refused.refusal(), (401, "UNAUTHORIZED", None));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
}

#[actix_web::test]
async fn another_vendors_key_is_no_key_here() {
    let bench = Bench::new();
    for (prefix, random) in [("rsms_", "x".repeat(44)), ("rly_", "x".repeat(44)), ("relay_", "0".repeat(64))]
    {
        let refused = bench.send(&format!("{prefix}{random}"), "+639171234567", "x").await;
        assert_eq!(refused.refusal(), (401, "UNAUTHORIZED", None), "{prefix}");
    }
}

#[actix_web::test]
async fn a_revoked_key_is_refused_at_once() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    assert_eq!(bench.get(&key, "/api/v1/devices").await.status.as_u16(), 200);
    let id = bench.relay.list_keys(None).await.unwrap()[0].id;
    bench.relay.revoke_key(id).await.unwrap();
    assert_eq!(bench.get(&key, "/api/v1/devices").await.refusal().0, 401);
    assert_eq!(bench.send(&key, "+639171234567", "x").await.refusal().0, 401);
}

#[actix_web::test]
async fn a_field_that_cannot_be_is_400_with_its_name() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for (to, text, field) in [
        ("639171234567", "x", "recipientNumber"),
        ("+0639171234567", "x", "recipientNumber"),
        ("+63 917 123 4567", "x", "recipientNumber"),
        ("", "x", "recipientNumber"),
        ("+639171234567", "", "body"),
        ("+639171234567", "a\0b", "body"),
        ("+639171234567", &"x".repeat(1531), "body"),
        ("+639171234567", &"ж".repeat(671), "body"),
    ] {
        assert_eq!(
            bench.send(&key, to, text).await.refusal(),
            (400, "VALIDATION_ERROR", Some(field)),
            "{to}"
        );
    }
    let lone = br#"{"recipientNumber":"+639171234567","body":"\ud800"}"#;
    assert_eq!(bench.post(&key, &lone[..]).await.refusal(), (400, "VALIDATION_ERROR", Some("body")));
    let other = r#"{"recipientNumber":"+639171234567","body":"x","simSlotIndex":1}"#;
    assert_eq!(bench.post(&key, other).await.refusal(), (400, "VALIDATION_ERROR", Some("simSlotIndex")));
    for whole in [&b"[]"[..], b"", b"null", b"{", b"not json", b"{\"body\":\"\xff\"}"] {
        assert_eq!(bench.post(&key, whole).await.refusal(), (400, "VALIDATION_ERROR", None), "{whole:?}");
    }
    for (body, field) in [
        (r#"{"body":"x"}"#, "recipientNumber"),
        (r#"{"recipientNumber":null,"body":"x"}"#, "recipientNumber"),
        (r#"{"recipientNumber":639171234567,"body":"x"}"#, "recipientNumber"),
        (r#"{"recipientNumber":"+639171234567"}"#, "body"),
        (r#"{"recipientNumber":"+639171234567","body":null}"#, "body"),
        (r#"{"recipientNumber":"+639171234567","body":{"text":"x"}}"#, "body"),
        (r#"{"recipientNumber":"+639171234567","body":"x","body":"y"}"#, "body"),
    ] {
        assert_eq!(bench.post(&key, body).await.refusal(), (400, "VALIDATION_ERROR", Some(field)), "{body}");
    }
    let list = bench.get(&key, "/api/v1/outbound").await;
    assert_eq!(list.data().as_array().unwrap().len(), 0, "nothing was stored");
}

#[actix_web::test]
async fn a_body_over_a_mebibyte_is_413() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let refused = bench.send(&key, "+639171234567", &"x".repeat(1024 * 1024)).await;
    assert_eq!(refused.refusal(), (413, "PAYLOAD_TOO_LARGE", None));
}

#[actix_web::test]
async fn other_methods_are_405_with_allow_and_other_routes_404() {
    let bench = Bench::new();
    for (method, path, allowed) in [
        (Method::PUT, "/api/v1/outbound", "GET, POST"),
        (Method::POST, "/api/v1/devices", "GET"),
        (Method::PATCH, "/api/v1/outbound/x", "GET, DELETE"),
        (Method::GET, "/api/v1/outbound/bulk", "POST"),
        (Method::POST, "/api/v1/inbound", "GET"),
        (Method::DELETE, "/api/v1/inbound/x", "GET"),
        (Method::POST, "/api/v1/conversations/+639171234567", "GET"),
    ] {
        let refused = bench.call(TestRequest::default().method(method).uri(path)).await;
        assert_eq!(refused.refusal(), (405, "METHOD_NOT_ALLOWED", None), "{path}");
        assert_eq!(refused.header("allow"), Some(allowed), "{path}");
    }
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/outbound/a/b", "/api/v1/conversations"] {
        let refused = bench.call(TestRequest::get().uri(path)).await;
        assert_eq!(refused.refusal(), (404, "NOT_FOUND", None), "{path}");
    }
}

#[actix_web::test]
async fn another_accounts_message_does_not_exist() {
    let bench = Bench::new();
    let (_, mine) = bench.shop(PlanName::Starter).await;
    let (_, other) = bench.shop(PlanName::Starter).await;
    let sent = bench.send(&other, "+639171234567", "x").await;
    let theirs = format!("/api/v1/outbound/{}", sent.data()["id"].as_str().unwrap());
    let unknown = "/api/v1/outbound/01890000-0000-7000-8000-000000000000";
    let [theirs, unknown, malformed] = [
        bench.get(&mine, &theirs).await,
        bench.get(&mine, unknown).await,
        bench.get(&mine, "/api/v1/outbound/g1h2i3j4-...").await,
    ];
    assert_eq!(theirs.refusal(), (404, "NOT_FOUND", None));
    assert_eq!(theirs.json, unknown.json);
    assert_eq!(theirs.json, malformed.json);
    assert_eq!(bench.get(&mine, "/api/v1/outbound/%ff%2f").await.json, theirs.json);
}

#[actix_web::test]
async fn a_key_whose_device_is_not_paired_gets_409_and_nothing_is_stored() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let queued = bench.send(&key, "+639171234567", "x").await;
    bench.relay.revoke_device(phone.account_id, phone.device_id).await.unwrap();
    let refused = bench.send(&key, "+639171234567", "x").await;
    assert_eq!(refused.refusal(), (409, "DEVICE_NOT_PAIRED", None));
    let list = bench.get(&key, "/api/v1/outbound").await;
    assert_eq!(list.ids(), [queued.data()["id"].as_str().unwrap()]);
    assert_eq!(list.data()[0]["status"], "FAILED");
    assert_eq!(list.data()[0]["failureReason"], "Device not paired");
}

#[actix_web::test]
async fn a_stopping_hub_is_busy() {
    let mut bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    bench.relay.stop_accepting();
    for _ in 0..2 {
        let refused = bench.send(&key, "+639171234567", "x").await;
        assert_eq!(refused.refusal(), (503, "BUSY", None));
        assert_eq!(refused.header("retry-after"), Some("1"));
        if bench.is_open() {
            bench.close_store();
        }
    }
}

#[actix_web::test]
async fn a_fault_of_the_hub_is_500_and_tells_nothing_of_it() {
    let refused = ApiError::from(Trouble::Broken("no such table: outbound".to_owned())).error_response();
    assert_eq!(refused.status().as_u16(), 500);
    let body = to_bytes(refused.into_body()).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["success"], &body["error"]["code"]), (&Value::Bool(false), &"INTERNAL_ERROR".into()));
    assert!(!body.to_string().contains("outbound"), "{body}");
}
