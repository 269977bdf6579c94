//! `POST /api/v1/outbound/bulk`: one request, a verdict for each row.

use relay_domain::plan::PlanName;
use serde_json::{Value, json};

use super::bench::{Bench, Reply};
use super::shape::{assert_same_shape, fixture};

const PRINTED: &str = include_str!("../fixtures/outbound.json");

fn row(text: &str) -> Value {
    json!({ "recipientNumber": "+639171234567", "body": text })
}

fn list(rows: Vec<Value>) -> String {
    json!({ "messages": rows }).to_string()
}

fn counts(reply: &Reply) -> (u16, u64, u64) {
    let data = reply.data();
    (reply.status.as_u16(), data["accepted"].as_u64().unwrap(), data["refused"].as_u64().unwrap())
}

#[actix_web::test]
async fn each_row_gets_its_own_verdict_in_order_and_good_ones_are_sent_beside_bad_ones() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.connect(phone, Some("+639170000001")).await;
    let body = list(vec![
        row("first"),
        json!({ "recipientNumber": "0917", "body": "x" }),
        json!({ "recipientNumber": "+639171234567" }),
        json!("not a message"),
        json!({ "recipientNumber": "+639171234567", "body": "x", "simSlotIndex": 1 }),
        json!({ "recipientNumber": "+639171234567", "body": "x", "scheduledAt": "2020-01-01T00:00:00Z" }),
        json!({ "recipientNumber": "+639171234567", "body": "later", "scheduledAt": "2026-04-25T09:00:00Z" }),
    ]);
    let reply = bench.bulk(&key, body).await;
    assert_eq!(counts(&reply), (202, 2, 5));
    let results = reply.data()["results"].as_array().unwrap();
    let told: Vec<(u64, bool, &str)> = results
        .iter()
        .map(|row| {
            let error = row["error"]["field"].as_str().or(row["error"]["code"].as_str());
            (row["index"].as_u64().unwrap(), row["success"] == true, error.unwrap_or_default())
        })
        .collect();
    let expected = [
        (0, true, ""),
        (1, false, "recipientNumber"),
        (2, false, "body"),
        (3, false, "VALIDATION_ERROR"),
        (4, false, "simSlotIndex"),
        (5, false, "scheduledAt"),
        (6, true, ""),
    ];
    assert_eq!(told, expected);
    let printed = fixture(PRINTED);
    assert_same_shape(&printed["data"], &results[0]["data"]);
    assert_eq!(
        (&results[0]["data"]["status"], &results[6]["data"]["status"]),
        (&"DISPATCHED".into(), &"QUEUED".into())
    );
    let stored = bench.get(&key, "/api/v1/outbound").await;
    assert_eq!(stored.ids().len(), 2);
}

#[actix_web::test]
async fn all_rows_refused_is_202_and_stores_nothing() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let reply = bench.bulk(&key, list(vec![json!({}), json!(null)])).await;
    assert_eq!(counts(&reply), (202, 0, 2));
    assert_eq!(bench.get(&key, "/api/v1/outbound").await.ids().len(), 0);
}

#[actix_web::test]
async fn only_the_rows_over_the_cap_are_told_so() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Free).await;
    let reply = bench.bulk(&key, list((0..502).map(|n| row(&n.to_string())).collect())).await;
    assert_eq!(counts(&reply), (202, 500, 2));
    let results = reply.data()["results"].as_array().unwrap();
    assert!(results[..500].iter().all(|row| row["success"] == true));
    for over in &results[500..] {
        assert_eq!(over["error"]["code"], "MONTHLY_LIMIT_EXCEEDED");
        assert_eq!(over["error"]["message"], "Monthly message limit reached.");
    }
    assert_eq!(bench.accepted_this_month(phone.account_id).await, 500);
}

#[actix_web::test]
async fn a_thousand_rows_fit_and_one_more_or_none_is_400() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let reply = bench.bulk(&key, list((0..1000).map(|n| row(&n.to_string())).collect())).await;
    assert_eq!(counts(&reply), (202, 1000, 0));
    let ids: Vec<&str> = reply.data()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["data"]["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "rows are stored in the order of the list");
    for bad in [list(vec![]), list(vec![row("x"); 1001]), "{}".to_owned(), "[]".to_owned()] {
        let refused = bench.bulk(&key, bad).await;
        assert_eq!((refused.refusal().0, refused.refusal().1), (400, "VALIDATION_ERROR"));
    }
    assert_eq!(bench.get(&key, "/api/v1/outbound").await.header("x-total-count"), Some("1000"));
}

#[actix_web::test]
async fn a_bulk_of_an_unpaired_device_is_409_as_a_whole() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.relay.revoke_device(phone.account_id, phone.device_id).await.unwrap();
    let refused = bench.bulk(&key, list(vec![row("x")])).await;
    assert_eq!(refused.refusal(), (409, "DEVICE_NOT_PAIRED", None));
}
