//! The lists: devices, outbound, inbound.

use relay_domain::Clock as _;
use relay_domain::plan::PlanName;

use super::bench::{Bench, arrived};
use super::shape::{assert_millis, assert_same_shape, fixture};

const DEVICES: &str = include_str!("../fixtures/devices.json");
const INBOUND: &str = include_str!("../fixtures/inbound.json");

#[actix_web::test]
async fn devices_are_the_printed_ones() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.connect(phone, Some("+639170000001")).await;
    let list = bench.get(&key, "/api/v1/devices").await;
    let printed = fixture(DEVICES);
    assert_same_shape(&printed, &list.json);
    let (device, example) = (&list.data()[0], &printed["data"][0]);
    for constant in ["name", "status", "isPaired", "pendingSetup", "lastSeenAt"] {
        assert_eq!(device[constant], example[constant], "{constant}");
    }
    for constant in ["slotIndex", "label", "isDefault"] {
        assert_eq!(device["sims"][0][constant], example["sims"][0][constant], "{constant}");
    }
    assert_eq!(device["sims"][0]["phoneNumber"], "+639170000001");
}

#[actix_web::test]
async fn an_offline_device_says_when_it_was_seen_and_one_without_a_number_is_pending() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.phone(phone.account_id, None).await;
    let list = bench.get(&key, "/api/v1/devices").await;
    let [known, unknown] = list.data().as_array().unwrap().as_slice() else { panic!("two devices") };
    assert_eq!((&known["status"], &known["pendingSetup"]), (&"OFFLINE".into(), &false.into()));
    assert_millis(&known["lastSeenAt"]);
    assert_eq!((&unknown["isPaired"], &unknown["pendingSetup"]), (&true.into(), &true.into()));
    assert!(unknown["sims"][0]["phoneNumber"].is_null());
}

#[actix_web::test]
async fn outbound_is_listed_newest_first_in_pages_with_a_link_and_a_total() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    let mut ids = Vec::new();
    for index in 0..25 {
        let sent = bench.send(&key, "+639171234567", &format!("{index}")).await;
        ids.insert(0, sent.data()["id"].as_str().unwrap().to_owned());
    }
    let first = bench.get(&key, "/api/v1/outbound").await;
    assert_eq!(first.ids(), ids[..20]);
    assert_eq!(first.header("x-total-count"), Some("25"));
    assert_eq!(first.header("link"), Some("</api/v1/outbound?page=2>; rel=\"next\""));
    let second = bench.get(&key, "/api/v1/outbound?page=2").await;
    assert_eq!(second.ids(), ids[20..]);
    assert_eq!(second.header("link"), None);
    let beyond = bench.get(&key, "/api/v1/outbound?page=9&limit=100&unknown=1").await;
    assert_eq!((beyond.status.as_u16(), beyond.ids().len()), (200, 0));
    for (bad, field) in [("page=0", "page"), ("limit=101", "limit"), ("page=1001&limit=100", "page")] {
        let refused = bench.get(&key, &format!("/api/v1/outbound?{bad}")).await;
        assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some(field)));
    }
}

#[actix_web::test]
async fn every_outbound_filter_narrows() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.send(&key, "+639171234567", "early").await;
    bench.clock.advance_ms(24 * 3_600_000);
    bench.connect(phone, Some("+639170000001")).await;
    bench.clock.advance_ms(1);
    bench.send(&key, "+639181234567", "late").await;
    let found = async |query: &str| bench.get(&key, &format!("/api/v1/outbound?{query}")).await.ids().len();
    for (query, count) in [
        (String::new(), 2),
        (format!("deviceId={}", phone.device_id), 2),
        ("deviceId=01890000-0000-7000-8000-000000000000".into(), 0),
        ("recipientNumber=+639171234567".into(), 1),
        ("recipientNumber=%2B639171234567".into(), 1),
        ("simSlotIndex=0".into(), 2),
        ("simSlotIndex=1".into(), 0),
        ("status=QUEUED".into(), 2),
        ("status=FAILED".into(), 0),
        ("from=2026-04-26".into(), 1),
        ("to=2026-04-25".into(), 1),
        ("to=2026-04-25T08:00:00.000Z".into(), 1),
        ("from=2026-04-25T10:00:00+02:00&to=2026-04-26T10:00:00+02:00".into(), 1),
        ("from=2026-04-26T08:00:00.002Z".into(), 0),
        ("status=QUEUED&to=2026-04-25&simSlotIndex=0".into(), 1),
    ] {
        assert_eq!(found(&query).await, count, "{query}");
    }
}

#[actix_web::test]
async fn inbound_is_the_printed_one_and_scoped_to_the_bound_number() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let (other_phone, other_key) = {
        let phone = bench.phone(phone.account_id, Some("+639170000002")).await;
        (phone, bench.key(phone).await)
    };
    let mine = bench.connect(phone, Some("+639170000001")).await;
    let theirs = bench.connect(other_phone, Some("+639170000002")).await;
    let now = bench.clock.now();
    let confirm = "Yes, please confirm my 3pm appointment.";
    bench.report(mine, 1, vec![arrived("+639181234567", confirm, "+639170000001", now)]).await;
    bench.report(theirs, 1, vec![arrived("My Bank", "other", "+639170000002", now)]).await;
    let list = bench.get(&key, "/api/v1/inbound").await;
    let printed = fixture(INBOUND);
    assert_same_shape(&printed, &list.json);
    assert_eq!(list.ids().len(), 1);
    for constant in ["simSlotIndex", "senderNumber", "body", "status"] {
        assert_eq!(list.data()[0][constant], printed["data"][0][constant], "{constant}");
    }
    assert_millis(&list.data()[0]["receivedAt"]);
    let bank = bench.get(&other_key, "/api/v1/inbound?senderNumber=My+Bank&simSlotIndex=0").await;
    assert_eq!(bank.ids().len(), 1);
    for (query, count) in [
        ("senderNumber=+639181234567", 1),
        ("senderNumber=+639180000000", 0),
        ("from=2026-04-25&to=2026-04-25", 1),
        ("to=2026-04-24", 0),
        ("simSlotIndex=1", 0),
        ("deviceId=01890000-0000-7000-8000-000000000000", 0),
    ] {
        assert_eq!(bench.get(&key, &format!("/api/v1/inbound?{query}")).await.ids().len(), count, "{query}");
    }
}
