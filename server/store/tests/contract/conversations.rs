//! Conversations: what a number and somebody exchanged, from both tables, in order, within (account, number).

use std::sync::Mutex;
use std::time::Duration;

use diesel::connection::{
    Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use relay_domain::key::Key;
use relay_domain::message::Draft;
use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::PlanName;
use relay_domain::report::{InboundReport, Report};
use relay_domain::sim::SimFacts;
use relay_domain::{AccountId, Timestamp};
use relay_store::changes::{AcceptMessages, Acceptance, SetSimNumber};
use relay_store::queries::{
    Conversation, ConversationFilter, Direction, Exchanged, FindInbound, InboundFilter, ListInbound,
    ListOutbound, OutboundFilter, ReadConversation, Window,
};

use crate::bench::{Bench, Phone, sim};

const OURS: &str = "+639170000001";
const THEIRS: &str = "+639171234567";

fn from(sender: &str, body: &str, at: Timestamp) -> Report {
    Report::Inbound(InboundReport {
        slot: 0,
        sim: SimFacts::default(),
        sender: sender.into(),
        body: body.into(),
        parts: 1,
        smsc_at: None,
        digest: "d".into(),
        source: "broadcast",
        received_at: at,
    })
}

async fn send(bench: &Bench, key: &Key, to: &str, body: &str) {
    let draft = Draft::new(PhoneNumber::parse(to).unwrap(), body.into(), 1);
    match bench.api(AcceptMessages { key: key.clone(), drafts: vec![draft], request: None }).await {
        Acceptance::Verdicts(verdicts) => assert!(verdicts[0].is_ok()),
        other => panic!("not accepted: {other:?}"),
    }
}

/// A phone online with a SIM of this number in slot 0.
async fn phone_on(bench: &Bench, account: AccountId, number: Option<&str>) -> Phone {
    let mut phone = bench.phone(account).await;
    phone.sims = vec![sim(0, number, Some("a"))];
    phone.connect(bench, phone.fresh()).await;
    phone
}

fn read(account_id: AccountId, with: &str) -> ReadConversation {
    ReadConversation {
        account_id,
        number: OURS.into(),
        with: with.into(),
        filter: ConversationFilter::default(),
        window: Window { offset: 0, limit: 100 },
    }
}

fn bodies(conversation: &Conversation) -> Vec<&str> {
    fn body(message: &Exchanged) -> &str {
        match message {
            Exchanged::Sent(sent) => &sent.body,
            Exchanged::Received(received) => &received.body,
        }
    }
    conversation.messages.iter().map(body).collect()
}

/// A number with a phone, a key, and a long conversation in which both sides talk at random instants.
async fn talk(bench: &Bench) -> (Phone, Key, Vec<String>) {
    let phone = phone_on(bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    let key = bench.key(&phone, 0).await;
    let (mut expected, start) = (Vec::new(), bench.now());
    for turn in 0..30u64 {
        bench.advance(Duration::from_secs(60));
        let body = format!("out {turn}");
        send(bench, &key, THEIRS, &body).await;
        expected.push((bench.now(), body));
    }
    // Inbound comes late and out of order, as a backfill does.
    let mut arrived: Vec<(Timestamp, String)> = (0..30u64)
        .map(|turn| (start.plus(Duration::from_secs(turn * 7919 % 1800)), format!("in {turn}")))
        .collect();
    let reports = arrived.iter().map(|(at, body)| from(THEIRS, body, *at)).collect();
    phone.upload(bench, 1, reports).await;
    // Of one instant, what was stored first stands first.
    expected.append(&mut arrived);
    expected.sort_by_key(|(at, _)| *at);
    (phone, key, expected.into_iter().map(|(_, body)| body).collect())
}

#[tokio::test]
async fn both_halves_are_merged_oldest_first() {
    let bench = Bench::open();
    let (phone, _, expected) = talk(&bench).await;
    let conversation = bench.ask(read(phone.account_id, THEIRS)).await;
    assert_eq!(
        (bodies(&conversation), conversation.total),
        (expected.iter().map(String::as_str).collect(), 60)
    );
}

#[tokio::test]
async fn pages_cover_a_conversation_without_overlap_and_each_knows_the_total() {
    let bench = Bench::open();
    let (phone, _, expected) = talk(&bench).await;
    for limit in [1, 7, 20, 59, 60, 61] {
        let mut seen: Vec<String> = Vec::new();
        for page in 0.. {
            let window = Window { offset: page * limit, limit };
            let part = bench.ask(ReadConversation { window, ..read(phone.account_id, THEIRS) }).await;
            assert_eq!(part.total, 60);
            if part.messages.is_empty() {
                break;
            }
            seen.extend(bodies(&part).into_iter().map(str::to_owned));
        }
        assert_eq!(seen, expected, "in pages of {limit}");
    }
}

#[tokio::test]
async fn filters_narrow_page_and_total_together() {
    let bench = Bench::open();
    let (phone, _, expected) = talk(&bench).await;
    let ask = async |filter: ConversationFilter| {
        bench.ask(ReadConversation { filter, ..read(phone.account_id, THEIRS) }).await
    };
    let only = |prefix: &str| expected.iter().filter(|body| body.starts_with(prefix)).collect::<Vec<_>>();
    for (direction, prefix) in [(Direction::Outbound, "out"), (Direction::Inbound, "in")] {
        let part = ask(ConversationFilter { direction: Some(direction), ..Default::default() }).await;
        assert_eq!((bodies(&part), part.total), (only(prefix).into_iter().map(String::as_str).collect(), 30));
    }
    let nobody = relay_domain::DeviceId::from_bytes([9; 16]);
    for (filter, total) in [
        (ConversationFilter { device_id: Some(phone.device_id), ..Default::default() }, 60),
        (ConversationFilter { device_id: Some(nobody), ..Default::default() }, 0),
        (ConversationFilter { slot: Some(0), ..Default::default() }, 60),
        (ConversationFilter { slot: Some(1), ..Default::default() }, 0),
        (ConversationFilter { from: Some(bench.now()), ..Default::default() }, 1),
        (ConversationFilter { to: Some(bench.now()), ..Default::default() }, 60),
        (
            ConversationFilter {
                from: Some(bench.now()),
                to: Some(bench.now()),
                direction: Some(Direction::Inbound),
                ..Default::default()
            },
            0,
        ),
    ] {
        let part = ask(filter.clone()).await;
        assert_eq!((part.total, part.messages.len() as u64), (total, total), "{filter:?}");
    }
}

#[tokio::test]
async fn every_spelling_of_a_number_is_the_same_conversation_and_names_are_their_own() {
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    let key = bench.key(&phone, 0).await;
    send(&bench, &key, "+6309171234567", "with the trunk zero").await;
    send(&bench, &key, THEIRS, "without").await;
    let senders = ["09171234567", "+639171234567", "My Bank", "my bank", "12345", "+639171234568"];
    bench.advance(Duration::from_secs(1));
    let reports = senders.map(|sender| from(sender, sender, bench.now())).to_vec();
    phone.upload(&bench, 1, reports).await;
    for spelling in ["+639171234567", "+6309171234567", "09171234567", "0917 123 4567", "639171234567"] {
        let part = bench.ask(read(phone.account_id, spelling)).await;
        let all = ["with the trunk zero", "without", "09171234567", "+639171234567"];
        assert_eq!((bodies(&part), part.total), (all.to_vec(), 4), "{spelling}");
    }
    for name in ["My Bank", "my bank", "12345"] {
        assert_eq!(bodies(&bench.ask(read(phone.account_id, name)).await), [name]);
    }
}

#[tokio::test]
async fn a_conversation_is_of_one_account_and_one_number_on_whatever_phone() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let mut wanted = Vec::new();
    for (owner, number, mine) in [
        (account, OURS, true),
        (account, OURS, true),
        (account, "+639170000002", false),
        (bench.account(PlanName::Pro).await, OURS, false),
    ] {
        let phone = phone_on(&bench, owner, Some(number)).await;
        let key = bench.key(&phone, 0).await;
        bench.advance(Duration::from_secs(1));
        let (out, arrived) = (format!("out {}", phone.device_id), format!("in {}", phone.device_id));
        send(&bench, &key, THEIRS, &out).await;
        phone.upload(&bench, 1, vec![from(THEIRS, &arrived, bench.now())]).await;
        if mine {
            wanted.extend([out, arrived]);
        }
    }
    let part = bench.ask(read(account, THEIRS)).await;
    assert_eq!((bodies(&part), part.total), (wanted.iter().map(String::as_str).collect(), 4));
}

#[tokio::test]
async fn one_inbound_message_is_found_by_its_number_alone() {
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    phone.upload(&bench, 1, vec![from(THEIRS, "x", bench.now())]).await;
    let all = ListInbound {
        account_id: phone.account_id,
        number: None,
        filter: InboundFilter::default(),
        window: Window { offset: 0, limit: 1 },
    };
    let message = bench.ask(all).await.rows.remove(0);
    let find =
        |account_id, number: &str, inbound_id| FindInbound { account_id, number: number.into(), inbound_id };
    let stranger = bench.account(PlanName::Pro).await;
    let nothing = relay_domain::InboundId::from_bytes([9; 16]);
    assert_eq!(bench.ask(find(phone.account_id, OURS, message.id)).await.as_ref(), Some(&message));
    assert_eq!(bench.ask(find(phone.account_id, "+639170000002", message.id)).await, None);
    assert_eq!(bench.ask(find(stranger, OURS, message.id)).await, None);
    assert_eq!(bench.ask(find(phone.account_id, OURS, nothing)).await, None);
}

#[tokio::test]
async fn a_number_set_late_tells_the_country_of_who_wrote_before() {
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, None).await;
    let senders = ["09171234567", "+639171234567", "My Bank", "12345"];
    phone.upload(&bench, 1, senders.map(|sender| from(sender, sender, bench.now())).to_vec()).await;
    assert_eq!(bench.ask(read(phone.account_id, THEIRS)).await.total, 0, "nobody knows whose they are");
    let number = PhoneNumber::parse(OURS).unwrap();
    bench
        .api(SetSimNumber { account_id: phone.account_id, device_id: phone.device_id, slot: 0, number })
        .await;
    let part = bench.ask(read(phone.account_id, THEIRS)).await;
    assert_eq!(bodies(&part), ["09171234567", "+639171234567"]);
    assert_eq!(bodies(&bench.ask(read(phone.account_id, "My Bank")).await), ["My Bank"]);
    assert_eq!(bodies(&bench.ask(read(phone.account_id, "12345")).await), ["12345"]);
}

#[tokio::test]
async fn what_is_older_than_normal_forms_is_found_as_it_was_given() {
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    let key = bench.key(&phone, 0).await;
    send(&bench, &key, "+6309171234567", "old").await;
    phone.upload(&bench, 1, vec![from("09171234567", "old", bench.now())]).await;
    // As the migration leaves them.
    SqliteConnection::establish(bench.path().to_str().unwrap())
        .unwrap()
        .batch_execute(
            "UPDATE outbound SET recipient_normal = recipient; UPDATE inbound SET sender_normal = sender",
        )
        .unwrap();
    assert_eq!(bench.ask(read(phone.account_id, "+6309171234567")).await.total, 1);
    assert_eq!(bench.ask(read(phone.account_id, "09171234567")).await.total, 1);
    let window = Window { offset: 0, limit: 10 };
    let filter = OutboundFilter { recipient: Some("+6309171234567".into()), ..OutboundFilter::default() };
    let outbound = ListOutbound { account_id: phone.account_id, filter, window };
    assert_eq!(bench.ask(outbound).await.total, Some(1));
    let filter = InboundFilter { sender: Some("09171234567".into()), ..InboundFilter::default() };
    let inbound = ListInbound { account_id: phone.account_id, number: Some(OURS.into()), filter, window };
    assert_eq!(bench.ask(inbound).await.total, Some(1));
}

#[tokio::test]
async fn a_sender_of_any_text_is_found_by_it() {
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    let senders = ["a\0b", "\u{fffe}", "é😀", "", "%_'\"", "0917\0"];
    phone.upload(&bench, 1, senders.map(|sender| from(sender, sender, bench.now())).to_vec()).await;
    for sender in senders {
        assert_eq!(bodies(&bench.ask(read(phone.account_id, sender)).await), [sender], "{sender:?}");
        let filter = InboundFilter { sender: Some(sender.into()), ..InboundFilter::default() };
        let (number, window) = (Some(OURS.into()), Window { offset: 0, limit: 10 });
        let list = ListInbound { account_id: phone.account_id, number, filter, window };
        assert_eq!(bench.ask(list).await.total, Some(1), "{sender:?}");
    }
}

/// Statements about [`WATCHED`], as the read pool has sent them.
static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// A number that no other test speaks of: they share the process, and so the watch.
const WATCHED: &str = "9179999999";

fn watch() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            if let Some((statement, binds)) = text.split_once(" -- binds")
                && statement.starts_with("SELECT")
                && binds.contains(WATCHED)
            {
                ASKED.lock().unwrap().push(statement.to_owned());
            }
        }
    }))
}

#[tokio::test]
async fn no_question_by_number_walks_over_what_others_were_sent() {
    set_default_instrumentation(watch).unwrap();
    let bench = Bench::open();
    let phone = phone_on(&bench, bench.account(PlanName::Pro).await, Some(OURS)).await;
    let (account_id, window) = (phone.account_id, Window { offset: 0, limit: 10 });
    let whom = format!("+63{WATCHED}");
    send(&bench, &bench.key(&phone, 0).await, &whom, "x").await;
    let within = |from, to| ConversationFilter { from, to, ..ConversationFilter::default() };
    for filter in [within(None, None), within(Some(bench.now()), Some(bench.now()))] {
        let part = bench.ask(ReadConversation { filter, ..read(account_id, &format!("0{WATCHED}")) }).await;
        assert_eq!(part.total, 1);
    }
    for recipient in [whom.clone(), format!("+630{WATCHED}")] {
        let filter = OutboundFilter { recipient: Some(recipient), ..OutboundFilter::default() };
        bench.ask(ListOutbound { account_id, filter, window }).await;
    }
    let filter = InboundFilter { sender: Some(whom), ..InboundFilter::default() };
    bench.ask(ListInbound { account_id, number: Some(OURS.into()), filter, window }).await;
    let asked = ASKED.lock().unwrap().clone();
    let mut conn = SqliteConnection::establish(bench.path().to_str().unwrap()).unwrap();
    let mut of_keys = 0;
    for statement in asked {
        let plan = explain(&mut conn, &statement);
        let index = if statement.contains("FROM `outbound`") {
            "outbound_by_recipient (account_id=? AND recipient_normal=?"
        } else {
            "inbound_by_sender (account_id=? AND number=? AND sender_normal=?"
        };
        assert!(plan.contains(index), "{statement}\n{plan}");
        // The keys of a conversation come out of the index in order, and no message is touched for them.
        let keys =
            ["SELECT `outbound`.`created_at`, `outbound`.`id` FROM", "SELECT `inbound`.`received_at`, "];
        if keys.iter().any(|keys| statement.starts_with(keys)) {
            assert!(plan.contains("COVERING") && !plan.contains("TEMP B-TREE"), "{statement}\n{plan}");
            of_keys += 1;
        }
    }
    assert_eq!(of_keys, 8, "two conversations, two halves, two spellings");
}

fn explain(conn: &mut SqliteConnection, statement: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).unwrap();
    steps.into_iter().map(|step| step.detail + "\n").collect()
}
