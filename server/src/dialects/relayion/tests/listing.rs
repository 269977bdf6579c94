//! The lists: devices, outbound, inbound.

use relay_domain::Clock as _;
use relay_domain::plan::PlanName;
use relay_domain::report::Report;

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

#[actix_web::test]
async fn devices_are_all_of_the_account_and_nobody_elses_with_the_sims_that_are_inserted() {
    let bench = Bench::new();
    let (first, key) = bench.shop(PlanName::Starter).await;
    let second = bench.phone(first.account_id, Some("+639170000002")).await;
    bench.shop(PlanName::Starter).await;
    let second = bench.connect(second, Some("+639170000002")).await;
    bench.report(second, 1, vec![Report::Sims(Vec::new())]).await;
    let list = bench.get(&key, "/api/v1/devices?page=2&limit=1&unknown=1").await;
    assert_eq!(list.ids(), [first.device_id.to_string(), second.device_id.to_string()]);
    let sims = |index: usize| list.data()[index]["sims"].as_array().unwrap().len();
    assert_eq!([sims(0), sims(1)], [1, 0]);
}

#[actix_web::test]
async fn a_deleted_device_is_in_no_list_and_its_messages_stay() {
    let bench = Bench::new();
    let (gone, gone_key) = bench.shop(PlanName::Starter).await;
    let kept = bench.phone(gone.account_id, Some("+639170000001")).await;
    let key = bench.key(kept).await;
    let gone = bench.connect(gone, Some("+639170000001")).await;
    bench.report(gone, 1, vec![arrived("+639181234567", "in", "+639170000001", bench.clock.now())]).await;
    let sent = bench.send(&gone_key, "+639181234567", "out").await.data()["id"].as_str().unwrap().to_owned();
    bench.delete_device(gone).await;
    let list = bench.get(&key, "/api/v1/devices").await;
    assert_eq!(list.ids(), [kept.device_id.to_string()]);
    // A key of its line is dead at once; another one of the account reads on.
    assert_eq!(bench.get(&gone_key, "/api/v1/devices").await.refusal(), (401, "UNAUTHORIZED", None));
    assert_eq!(bench.send(&gone_key, "+639181234567", "x").await.refusal(), (401, "UNAUTHORIZED", None));
    let message = bench.get(&key, &format!("/api/v1/outbound/{sent}")).await;
    assert_eq!(message.data()["deviceId"], gone.device_id.to_string());
    for path in ["outbound", "inbound", &format!("outbound?deviceId={}", gone.device_id)] {
        assert_eq!(bench.get(&key, &format!("/api/v1/{path}")).await.ids().len(), 1, "{path}");
    }
    let talk = bench.get(&key, "/api/v1/conversations/+639181234567").await;
    assert_eq!(talk.data()["total"], 2);
}

#[actix_web::test]
async fn a_device_that_was_revoked_or_never_paired_is_listed_as_not_paired() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    bench.relay.revoke_device(phone.account_id, phone.device_id).await.unwrap();
    let list = bench.get(&key, "/api/v1/devices").await;
    assert_eq!((list.ids().len(), &list.data()[0]["isPaired"]), (1, &false.into()));
}

/// The three lists that take pages and filters.
const LISTS: [&str; 3] = ["/api/v1/outbound", "/api/v1/inbound", "/api/v1/conversations/+639171234567"];

#[actix_web::test]
async fn every_list_refuses_what_cannot_be_and_names_the_parameter() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for (query, field) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("page=one", "page"),
        ("page=99999999999999999999", "page"),
        ("page=1&page=2", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("page=1001&limit=100", "page"),
        ("page=5001", "page"),
        ("deviceId=1", "deviceId"),
        ("deviceId=b1c2d3e4-...", "deviceId"),
        ("deviceId=%ff", "deviceId"),
        ("simSlotIndex=-1", "simSlotIndex"),
        ("simSlotIndex=256", "simSlotIndex"),
        ("simSlotIndex=first", "simSlotIndex"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("from=1777104000", "from"),
        ("to=2026-04-25T08:00:00", "to"),
        ("to=2026-04-25&to=2026-04-26", "to"),
        ("from=2026-04-26&to=2026-04-25", "to"),
        ("from=2026-04-25T08:00:00.001Z&to=2026-04-25T08:00:00.000Z", "to"),
    ] {
        for list in LISTS {
            let refused = bench.get(&key, &format!("{list}?{query}")).await;
            assert_eq!(refused.refusal(), (400, "VALIDATION_ERROR", Some(field)), "{list}?{query}");
            let message = refused.json["error"]["message"].as_str().unwrap();
            assert!(message.starts_with(field) && message.len() > field.len() + 8, "{message}");
        }
    }
    let only = |list: usize, query: &str| format!("{}?{query}", LISTS[list]);
    for (path, field) in [
        (only(0, "status=LOST"), "status"),
        (only(2, "direction=both"), "direction"),
        (only(2, "direction=inbound&direction=outbound"), "direction"),
        (only(0, "recipientNumber=%ff"), "recipientNumber"),
        (only(1, "senderNumber=%ff"), "senderNumber"),
    ] {
        assert_eq!(bench.get(&key, &path).await.refusal(), (400, "VALIDATION_ERROR", Some(field)), "{path}");
    }
    let deep = bench.get(&key, &only(1, "page=1001&limit=100")).await;
    assert!(deep.json["error"]["message"].as_str().unwrap().contains("narrow the list with to"));
}

#[actix_web::test]
async fn every_list_ignores_what_it_does_not_know_and_what_is_empty() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    bench.send(&key, "+639171234567", "x").await;
    for list in LISTS {
        let plain = bench.get(&key, list).await;
        for query in [
            "unknown=1&another",
            "page=&limit=&deviceId=&simSlotIndex=&from=&to=",
            "page=1&limit=100&from=2020-01-01&to=2030-01-01",
            "page=1000&limit=1&page=",
        ] {
            let answered = bench.get(&key, &format!("{list}?{query}")).await;
            assert_eq!(answered.status.as_u16(), 200, "{list}?{query}");
            if !query.contains("page=1000") {
                assert_eq!(answered.json, plain.json, "{list}?{query}");
            }
        }
        for query in ["page=2", "page=1000&limit=100", "page=100000&limit=1"] {
            let beyond = bench.get(&key, &format!("{list}?{query}")).await;
            let data = beyond.data();
            let rows = data.as_array().or_else(|| data["messages"].as_array()).unwrap();
            assert_eq!((beyond.status.as_u16(), rows.len()), (200, 0), "{list}?{query}");
            assert_eq!(beyond.header("link"), None);
        }
    }
    // What filters one list is unknown to another.
    let talk = bench.get(&key, &format!("{}?status=LOST&senderNumber=%ff", LISTS[2])).await;
    assert_eq!(talk.data()["total"], 1);
}
