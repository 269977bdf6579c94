//! `GET /api/v1/conversations/:phoneNumber`.

use relay_domain::plan::PlanName;
use relay_domain::report::Report;
use relay_domain::state::FactKind;
use relay_domain::{Clock as _, Timestamp};
use serde_json::{Value, json};

use super::bench::{Bench, Phone, Reply, arrived};
use super::shape::fixture;

const PRINTED: &str = include_str!("../fixtures/conversation.json");
const OURS: &str = "+639170000001";
const THEIRS: &str = "+639171234567";

async fn with(bench: &Bench, key: &str, whom: &str) -> Reply {
    bench.get(key, &format!("/api/v1/conversations/{whom}")).await
}

fn bodies(reply: &Reply) -> Vec<&str> {
    let messages = reply.data()["messages"].as_array().unwrap();
    messages.iter().map(|message| message["body"].as_str().unwrap()).collect()
}

/// A phone online on our number with its key, and four messages a minute apart: out, in, out, in.
async fn talk(bench: &Bench) -> (Phone, String) {
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    for turn in 0..2 {
        bench.send(&key, THEIRS, &format!("question {turn}")).await;
        bench.clock.advance_ms(60_000);
        let answer = arrived(THEIRS, &format!("answer {turn}"), OURS, bench.clock.now());
        bench.report(phone, turn + 1, vec![answer]).await;
        bench.clock.advance_ms(60_000);
    }
    (phone, key)
}

#[actix_web::test]
async fn a_conversation_is_the_printed_one() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    let sent = bench.send(&key, THEIRS, "Your appointment is confirmed.").await;
    let fact = |kind, at| Report::Fact {
        message_id: sent.data()["id"].as_str().unwrap().parse().unwrap(),
        kind,
        at,
        raw: String::new(),
    };
    let (start, later) =
        (bench.clock.now(), |seconds: i64| Timestamp::from_millis(1_777_104_000_000 + seconds * 1000));
    bench.clock.advance_ms(300_000);
    let answer = arrived(THEIRS, "Yes, please confirm my 3pm appointment.", OURS, bench.clock.now());
    let facts = [fact(FactKind::Sent, start), fact(FactKind::Delivered, later(3))];
    bench.report(phone, 1, facts.into_iter().chain([answer]).collect()).await;
    let answered = with(&bench, &key, "%2B639171234567").await;
    assert_eq!((answered.status.as_u16(), answered.header("link")), (200, None));
    let mut printed = fixture(PRINTED);
    for (index, message) in printed["data"]["messages"].as_array_mut().unwrap().iter_mut().enumerate() {
        for placeholder in ["id", "deviceId"] {
            message[placeholder] = answered.data()["messages"][index][placeholder].clone();
        }
        assert_eq!(message["deviceId"], phone.device_id.to_string());
    }
    assert_eq!(answered.json, printed);
    assert_eq!(answered.data()["messages"][0]["id"], sent.data()["id"]);
}

#[actix_web::test]
async fn a_message_that_was_not_sent_yet_shows_null() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    bench.send(&key, THEIRS, "x").await;
    let answered = with(&bench, &key, THEIRS).await;
    let message = &answered.data()["messages"][0];
    assert_eq!(
        (&message["status"], &message["sentAt"], &message["deliveredAt"]),
        (&json!("QUEUED"), &Value::Null, &Value::Null)
    );
}

#[actix_web::test]
async fn the_number_is_found_however_it_is_written_and_echoed_as_it_was_asked() {
    let bench = Bench::new();
    let (phone, key) = bench.shop(PlanName::Starter).await;
    let phone = bench.connect(phone, Some(OURS)).await;
    bench.send(&key, "+639171234567", "out").await;
    bench.clock.advance_ms(1);
    let now = bench.clock.now();
    let local = arrived("09171234567", "in, as the network wrote it", OURS, now);
    bench
        .report(
            phone,
            1,
            vec![local, arrived("My Bank", "code 1", OURS, now), arrived("12345", "short", OURS, now)],
        )
        .await;
    for (path, asked) in [
        ("%2B639171234567", "+639171234567"),
        ("+639171234567", "+639171234567"),
        ("09171234567", "09171234567"),
        ("%2B6309171234567", "+6309171234567"),
        ("%2B63%20917%20123%204567", "+63 917 123 4567"),
    ] {
        let answered = with(&bench, &key, path).await;
        assert_eq!(bodies(&answered), ["out", "in, as the network wrote it"], "{path}");
        assert_eq!(answered.data()["phoneNumber"], asked);
    }
    for (path, name, body) in [("My%20Bank", "My Bank", "code 1"), ("12345", "12345", "short")] {
        let answered = with(&bench, &key, path).await;
        assert_eq!((bodies(&answered), &answered.data()["phoneNumber"]), (vec![body], &json!(name)));
    }
}

#[actix_web::test]
async fn a_trunk_zero_makes_no_other_conversation() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    bench.send(&key, "+2310776000000", "with the zero").await;
    bench.clock.advance_ms(1);
    bench.send(&key, "+231776000000", "without").await;
    for whom in ["+2310776000000", "%2B231776000000"] {
        assert_eq!(bodies(&with(&bench, &key, whom).await), ["with the zero", "without"], "{whom}");
    }
    let listed = bench.get(&key, "/api/v1/outbound?recipientNumber=+231776000000").await;
    assert_eq!(listed.data()[0]["body"], "without", "a list is filtered by what was given");
    assert_eq!(listed.ids().len(), 1);
}

#[actix_web::test]
async fn an_empty_conversation_keeps_the_number() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    for (path, asked) in [("%2B639999999999", "+639999999999"), ("Nobody", "Nobody"), ("%252B63", "%2B63")] {
        let answered = with(&bench, &key, path).await;
        assert_eq!(answered.status.as_u16(), 200);
        let empty = json!({ "success": true, "data": { "phoneNumber": asked, "total": 0, "messages": [] } });
        assert_eq!(answered.json, empty);
    }
}

#[actix_web::test]
async fn it_is_oldest_first_in_pages_with_a_link_and_an_exact_total() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Pro).await;
    for index in 0..25 {
        bench.send(&key, THEIRS, &index.to_string()).await;
        bench.clock.advance_ms(1);
    }
    let all: Vec<String> = (0..25).map(|index| index.to_string()).collect();
    let first = with(&bench, &key, "%2B639171234567").await;
    assert_eq!(
        (bodies(&first), &first.data()["total"]),
        (all[..20].iter().map(String::as_str).collect(), &json!(25))
    );
    let link = "</api/v1/conversations/%2B639171234567?page=2>; rel=\"next\"";
    assert_eq!(first.header("link"), Some(link));
    let second = with(&bench, &key, "%2B639171234567?page=2").await;
    assert_eq!(
        (bodies(&second), second.header("link")),
        (all[20..].iter().map(String::as_str).collect(), None)
    );
    let beyond = with(&bench, &key, "+639171234567?page=9&limit=100&unknown=1").await;
    assert_eq!(
        (beyond.status.as_u16(), bodies(&beyond).len(), &beyond.data()["total"]),
        (200, 0, &json!(25))
    );
}

#[actix_web::test]
async fn its_filters_combine_as_and() {
    let bench = Bench::new();
    let (phone, key) = talk(&bench).await;
    let other = "01890000-0000-7000-8000-000000000000";
    for (query, expected) in [
        (String::new(), &["question 0", "answer 0", "question 1", "answer 1"][..]),
        (format!("deviceId={}", phone.device_id), &["question 0", "answer 0", "question 1", "answer 1"]),
        (format!("deviceId={other}"), &[]),
        ("simSlotIndex=0".into(), &["question 0", "answer 0", "question 1", "answer 1"]),
        ("simSlotIndex=1".into(), &[]),
        ("direction=outbound".into(), &["question 0", "question 1"]),
        ("direction=INBOUND".into(), &["answer 0", "answer 1"]),
        ("from=2026-04-25T08:01:00Z".into(), &["answer 0", "question 1", "answer 1"]),
        ("to=2026-04-25T08:02:00.000Z".into(), &["question 0", "answer 0", "question 1"]),
        ("from=2026-04-25T08:01:00Z&to=2026-04-25T08:02:00Z".into(), &["answer 0", "question 1"]),
        ("from=2026-04-25T08:01:00Z&to=2026-04-25T08:02:00Z&direction=inbound".into(), &["answer 0"]),
        (format!("direction=inbound&deviceId={other}"), &[]),
        ("from=2026-04-26".into(), &[]),
        ("to=2026-04-25&page=2&limit=3".into(), &["answer 1"]),
        (
            "direction=&from=&to=&deviceId=&simSlotIndex=&page=&limit=".into(),
            &["question 0", "answer 0", "question 1", "answer 1"],
        ),
    ] {
        let answered = with(&bench, &key, &format!("{THEIRS}?{query}")).await;
        assert_eq!(bodies(&answered), expected, "{query}");
        if !query.contains("page=2") {
            assert_eq!(answered.data()["total"], expected.len(), "{query}");
        }
    }
}

#[actix_web::test]
async fn only_what_the_bound_number_sent_and_received_is_in_it() {
    let bench = Bench::new();
    let (phone, key) = talk(&bench).await;
    let mine = ["question 0", "answer 0", "question 1", "answer 1"];
    // A sibling number of the account, with the same customer.
    let sibling = bench.phone(phone.account_id, Some("+639170000002")).await;
    let siblings_key = bench.key(sibling).await;
    let sibling = bench.connect(sibling, Some("+639170000002")).await;
    bench.send(&siblings_key, THEIRS, "sibling's question").await;
    bench
        .report(sibling, 1, vec![arrived(THEIRS, "to the sibling", "+639170000002", bench.clock.now())])
        .await;
    // Another account, whose phone claims the very same number.
    let stranger = bench.phone(bench.account(PlanName::Starter).await, Some(OURS)).await;
    let strangers_key = bench.key(stranger).await;
    let stranger = bench.connect(stranger, Some(OURS)).await;
    bench.report(stranger, 1, vec![arrived(THEIRS, "to the stranger", OURS, bench.clock.now())]).await;
    assert_eq!(bodies(&with(&bench, &key, THEIRS).await), mine);
    assert_eq!(bodies(&with(&bench, &siblings_key, THEIRS).await), ["sibling's question", "to the sibling"]);
    assert_eq!(bodies(&with(&bench, &strangers_key, THEIRS).await), ["to the stranger"]);
    // The same number on another phone of the account is the same conversation, whichever key asks.
    let second = bench.phone(phone.account_id, Some(OURS)).await;
    let seconds_key = bench.key(second).await;
    bench.clock.advance_ms(1);
    bench.send(&seconds_key, THEIRS, "from the second phone").await;
    for key in [&key, &seconds_key] {
        let answered = with(&bench, key, THEIRS).await;
        assert_eq!(bodies(&answered)[..4], mine);
        assert_eq!(bodies(&answered)[4..], ["from the second phone"]);
    }
    let narrowed = with(&bench, &key, &format!("{THEIRS}?deviceId={}", second.device_id)).await;
    assert_eq!(bodies(&narrowed), ["from the second phone"]);
}

#[actix_web::test]
async fn a_path_that_is_not_utf8_is_400_and_no_number_is_no_route() {
    let bench = Bench::new();
    let (_, key) = bench.shop(PlanName::Starter).await;
    assert_eq!(with(&bench, &key, "%ff").await.refusal(), (400, "VALIDATION_ERROR", Some("phoneNumber")));
    assert_eq!(with(&bench, &key, "").await.refusal(), (404, "NOT_FOUND", None));
    assert_eq!(with(&bench, &key, "a/b").await.refusal(), (404, "NOT_FOUND", None));
}
