//! `GET /api/v1/inbound/:id`, and inbound history that stays with its (account, number) wherever the SIM goes.

use relay_domain::Clock as _;
use relay_domain::plan::PlanName;
use relay_domain::report::Report;
use serde_json::json;

use super::bench::{Bench, arrived, arrived_in, sim};
use super::shape::{assert_same_shape, fixture};

const INBOUND: &str = include_str!("../fixtures/inbound.json");
const OURS: &str = "+639170000001";
const THEIRS: &str = "+639181234567";

async fn bodies(bench: &Bench, key: &str) -> Vec<String> {
    let list = bench.get(key, "/api/v1/inbound").await;
    let rows = list.data().as_array().unwrap().iter();
    rows.map(|row| row["body"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn one_inbound_message_has_the_shape_of_a_single_item() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    bench.clock.advance_ms(300_000);
    let confirm = "Yes, please confirm my 3pm appointment.";
    bench.report(phone, 1, vec![arrived(THEIRS, confirm, OURS, bench.clock.now())]).await;
    let list = bench.get(&key, "/api/v1/inbound").await;
    let one = bench.get(&key, &format!("/api/v1/inbound/{}", list.ids()[0])).await;
    assert_eq!((one.status.as_u16(), one.data()), (200, &list.data()[0]));
    let mut printed = fixture(INBOUND);
    printed["data"] = printed["data"][0].take();
    assert_same_shape(&printed, &one.json);
    for constant in ["simSlotIndex", "senderNumber", "body", "status", "receivedAt", "createdAt"] {
        assert_eq!(one.data()[constant], printed["data"][constant], "{constant}");
    }
    let id = one.data()["id"].as_str().unwrap().to_uppercase();
    assert_eq!(bench.get(&key, &format!("/api/v1/inbound/{id}")).await.json, one.json);
}

#[actix_web::test]
async fn what_another_number_or_account_received_is_as_little_there_as_nothing() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let sibling = bench.phone(phone.account_id, Some("+639170000002")).await;
    let (_, strangers_key) = bench.shop(PlanName::Starter).await;
    let siblings_key = bench.key(sibling).await;
    let sibling = bench.connect(sibling, Some("+639170000002")).await;
    bench.report(sibling, 1, vec![arrived(THEIRS, "secret", "+639170000002", bench.clock.now())]).await;
    let id = bench.get(&siblings_key, "/api/v1/inbound").await.ids()[0].to_owned();
    let sent = bench.send(&key, THEIRS, "an outbound message is no inbound one").await;
    let unknown = bench.get(&key, "/api/v1/inbound/01890000-0000-7000-8000-000000000000").await;
    assert_eq!(unknown.refusal(), (404, "NOT_FOUND", None));
    for (who, path) in [
        (&key, id.as_str()),
        (&strangers_key, id.as_str()),
        (&key, sent.data()["id"].as_str().unwrap()),
        (&key, "h1i2j3k4-..."),
        (&key, "%ff%2f"),
        (&key, "0"),
        (&key, &id.replace('-', "")),
    ] {
        let refused = bench.get(who, &format!("/api/v1/inbound/{path}")).await;
        assert_eq!((refused.status, &refused.json), (unknown.status, &unknown.json), "{path}");
    }
    assert_eq!(bench.get(&siblings_key, &format!("/api/v1/inbound/{id}")).await.status.as_u16(), 200);
}

#[actix_web::test]
async fn history_stays_readable_when_the_sim_moves_to_another_slot() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    bench.report(phone, 1, vec![arrived(THEIRS, "before", OURS, bench.clock.now())]).await;
    let before = bench.get(&key, "/api/v1/inbound").await.ids()[0].to_owned();
    bench.clock.advance_ms(1);
    let after = arrived_in(1, THEIRS, "after", OURS, bench.clock.now());
    bench.report(phone, 2, vec![Report::Sims(vec![sim(1, Some(OURS))]), after]).await;
    assert_eq!(bodies(&bench, &key).await, ["after", "before"]);
    let list = bench.get(&key, "/api/v1/inbound").await;
    assert_eq!([&list.data()[0]["simSlotIndex"], &list.data()[1]["simSlotIndex"]], [&json!(1), &json!(0)]);
    assert_eq!(bench.get(&key, &format!("/api/v1/inbound/{before}")).await.data()["body"], "before");
    let talk = bench.get(&key, &format!("/api/v1/conversations/{THEIRS}")).await;
    assert_eq!(talk.data()["total"], 2);
    assert_eq!(bench.get(&key, "/api/v1/inbound?simSlotIndex=0").await.ids(), [before]);
}

#[actix_web::test]
async fn history_stays_readable_when_the_sim_moves_to_another_phone() {
    let bench = Bench::new();
    let (old, key) = bench.shop(PlanName::Starter).await;
    let old = bench.connect(old, Some(OURS)).await;
    bench.report(old, 1, vec![arrived(THEIRS, "before", OURS, bench.clock.now())]).await;
    let before = bench.get(&key, "/api/v1/inbound").await.ids()[0].to_owned();
    bench.report(old, 2, vec![Report::Sims(Vec::new())]).await;
    bench.clock.advance_ms(1);
    let new = bench.phone(old.account_id, Some(OURS)).await;
    let new = bench.connect(new, Some(OURS)).await;
    bench.report(new, 1, vec![arrived(THEIRS, "after", OURS, bench.clock.now())]).await;
    // The key was made for the old phone, and sees both; a key of the new phone does, too.
    for key in [key, bench.key(new).await] {
        assert_eq!(bodies(&bench, &key).await, ["after", "before"]);
        assert_eq!(bench.get(&key, &format!("/api/v1/inbound/{before}")).await.status.as_u16(), 200);
        let talk = bench.get(&key, &format!("/api/v1/conversations/{THEIRS}")).await;
        assert_eq!(talk.data()["total"], 2);
        let narrowed = bench.get(&key, &format!("/api/v1/inbound?deviceId={}", new.device_id)).await;
        assert_eq!(narrowed.data()[0]["body"], "after");
    }
}

#[actix_web::test]
async fn history_does_not_follow_a_number_into_another_account() {
    let bench = Bench::new();
    let (old, key) = bench.shop(PlanName::Starter).await;
    let old = bench.connect(old, Some(OURS)).await;
    bench.report(old, 1, vec![arrived(THEIRS, "the first owner's", OURS, bench.clock.now())]).await;
    let theirs = bench.get(&key, "/api/v1/inbound").await.ids()[0].to_owned();
    bench.delete_device(old).await;
    bench.clock.advance_ms(1);
    let new = bench.phone(bench.account(PlanName::Starter).await, Some(OURS)).await;
    let new = bench.connect(new, Some(OURS)).await;
    let new_key = bench.key(new).await;
    assert_eq!(bodies(&bench, &new_key).await, [""; 0]);
    bench.report(new, 1, vec![arrived(THEIRS, "the second owner's", OURS, bench.clock.now())]).await;
    assert_eq!(bodies(&bench, &new_key).await, ["the second owner's"]);
    assert_eq!(bench.get(&new_key, &format!("/api/v1/inbound/{theirs}")).await.refusal().0, 404);
    let talk = bench.get(&new_key, &format!("/api/v1/conversations/{THEIRS}")).await;
    assert_eq!(
        (&talk.data()["total"], &talk.data()["messages"][0]["body"]),
        (&json!(1), &json!("the second owner's"))
    );
    // The first account still has its own, through a key of any phone that has had the number.
    let again = bench.phone(old.account_id, Some(OURS)).await;
    let again = bench.key(again).await;
    assert_eq!(bodies(&bench, &again).await, ["the first owner's"]);
    assert_eq!(bench.get(&again, &format!("/api/v1/inbound/{theirs}")).await.status.as_u16(), 200);
}

#[actix_web::test]
async fn a_sender_is_filtered_by_what_the_network_gave() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    let now = bench.clock.now();
    let senders = ["+639181234567", "09181234567", "My Bank", "12345"];
    bench.report(phone, 1, senders.map(|sender| arrived(sender, sender, OURS, now)).to_vec()).await;
    for (query, sender) in [
        ("+639181234567", "+639181234567"),
        ("%2B639181234567", "+639181234567"),
        ("09181234567", "09181234567"),
        ("My+Bank", "My Bank"),
        ("My%20Bank", "My Bank"),
        ("12345", "12345"),
    ] {
        let list = bench.get(&key, &format!("/api/v1/inbound?senderNumber={query}")).await;
        assert_eq!((list.ids().len(), &list.data()[0]["senderNumber"]), (1, &json!(sender)), "{query}");
        assert_eq!(list.header("x-total-count"), Some("1"));
    }
    assert_eq!(bench.get(&key, "/api/v1/inbound?senderNumber=my%20bank").await.ids().len(), 0);
}
