//! A phone's events: numbered without gaps, stored once, and poison wedges nothing.

use std::time::Duration;

use relay_domain::plan::PlanName;
use relay_domain::state::{FactKind, FailedAt, Failure, FailureClass, Rank};
use relay_domain::{MessageId, Timestamp};
use relay_store::changes::RecordVerdict;
use relay_store::queries::TroubleOf;

use crate::bench::{Bench, Phone, fact, inbound, unreadable};

fn recorded(verdict: RecordVerdict) -> u64 {
    match verdict {
        RecordVerdict::Recorded { up, .. } => up,
        other => panic!("not recorded: {other:?}"),
    }
}

async fn unread(bench: &Bench, phone: &Phone) -> u64 {
    bench.ask(TroubleOf { account_id: phone.account_id, device_id: phone.device_id }).await.unreadable
}

#[tokio::test]
async fn a_gap_writes_nothing_and_names_the_number_that_comes_next() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    phone.upload(&bench, 1, vec![inbound("one", bench.now())]).await;
    bench.advance(Duration::from_secs(1));
    let before = bench.tables();
    let verdict = phone.upload(&bench, 3, vec![inbound("three", bench.now())]).await;
    assert_eq!(verdict, RecordVerdict::Gap { expected: 2 });
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_repeat_is_acknowledged_and_stored_once_also_when_only_a_part_is_one() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let texts = |texts: &[&str]| texts.iter().map(|text| inbound(text, bench.now())).collect::<Vec<_>>();
    assert_eq!(recorded(phone.upload(&bench, 1, texts(&["a", "b"])).await), 2);
    assert_eq!(recorded(phone.upload(&bench, 1, texts(&["a", "b"])).await), 2);
    assert_eq!(recorded(phone.upload(&bench, 2, texts(&["b", "c"])).await), 3);
    assert_eq!(recorded(phone.upload(&bench, 1, texts(&["a"])).await), 3, "never less than what is stored");
    assert_eq!(bench.count("inbound"), 3);
}

#[tokio::test]
async fn two_identical_texts_in_one_second_are_two_messages() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    phone.upload(&bench, 1, vec![inbound("same", bench.now()), inbound("same", bench.now())]).await;
    assert_eq!(bench.count("inbound"), 2);
}

#[tokio::test]
async fn poison_is_kept_raw_and_its_neighbours_are_stored() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    let reports =
        vec![unreadable("{\"type\":\0"), fact(message.id, FactKind::Sent, bench.now()), unreadable("")];
    assert_eq!(recorded(phone.upload(&bench, 1, reports).await), 3);
    assert_eq!(unread(&bench, &phone).await, 2);
    assert_eq!(bench.message(&message).await.state.rank, Rank::Sent);
    assert!(bench.tables()["unreadable"].iter().all(|row| !row.contains('\0')));
}

#[tokio::test]
async fn a_fact_about_an_unknown_message_is_kept_for_the_operator() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let nobody = MessageId::from_bytes([7; 16]);
    let report = fact(nobody, FactKind::Sent, bench.now());
    assert_eq!(recorded(phone.upload(&bench, 1, vec![report]).await), 1);
    assert_eq!((unread(&bench, &phone).await, bench.count("recovered")), (0, 1));
    assert_eq!(bench.count("timeline"), 0);
}

#[tokio::test]
async fn a_fact_about_another_devices_message_touches_it_not() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    let liar = bench.online(key.line.account_id).await;
    liar.upload(&bench, 1, vec![fact(message.id, FactKind::Delivered, bench.now())]).await;
    assert_eq!(bench.message(&message).await.state.rank, Rank::Dispatched);
    assert_eq!(unread(&bench, &liar).await, 1);
}

#[tokio::test]
async fn a_fact_about_a_message_of_another_journal_touches_it_not() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    phone.journal = crate::bench::journal(1000);
    phone.connect(&bench, phone.fresh()).await;
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Delivered, bench.now())]).await;
    let untouched = bench.message(&message).await;
    assert!(untouched.state.is_uncertain());
    assert_eq!(unread(&bench, &phone).await, 1);
}

#[tokio::test]
async fn states_are_the_maximum_of_the_facts_in_whatever_order_they_come() {
    let failed = |at| {
        let (class, code, reason) = (FailureClass::Permanent, "no_signal".into(), "No signal".into());
        FactKind::Failed(at, Failure { class, code, reason })
    };
    let facts = [FactKind::Sent, failed(FailedAt::Receipt), FactKind::Uncertain, FactKind::Delivered];
    for turned in 0..facts.len() {
        let bench = Bench::open();
        let (phone, key) = bench.sender(PlanName::Pro).await;
        let message = bench.accept(&key, "x").await;
        let mut order = facts.to_vec();
        order.rotate_left(turned);
        let reports = order.into_iter().map(|kind| fact(message.id, kind, bench.now())).collect();
        phone.upload(&bench, 1, reports).await;
        let told = bench.message(&message).await;
        assert_eq!((told.state.rank, told.state.failure), (Rank::Delivered, None), "turned by {turned}");
        let trouble = bench.ask(TroubleOf { account_id: phone.account_id, device_id: phone.device_id }).await;
        assert_eq!(trouble.in_flight, 0, "it ended once");
    }
}

#[tokio::test]
async fn a_phones_instants_lie_between_dispatch_and_now() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let (early, late) = (bench.accept(&key, "early").await, bench.accept(&key, "late").await);
    bench.advance(Duration::from_secs(10));
    let day = Duration::from_secs(24 * 60 * 60);
    let reports = vec![
        fact(early.id, FactKind::Sent, Timestamp::EPOCH),
        fact(late.id, FactKind::Sent, bench.now().plus(day)),
        inbound("from tomorrow", bench.now().plus(day)),
    ];
    phone.upload(&bench, 1, reports).await;
    assert_eq!(bench.message(&early).await.sent_at(), Some(early.created_at));
    assert_eq!(bench.message(&late).await.sent_at(), Some(bench.now()));
    let question = relay_store::queries::ListInbound {
        account_id: phone.account_id,
        number: None,
        filter: Default::default(),
        window: relay_store::queries::Window { offset: 0, limit: 10 },
    };
    assert_eq!(bench.ask(question).await.rows[0].received_at, bench.now());
}

#[tokio::test]
async fn a_queued_message_that_the_phone_already_has_is_bound_to_it_and_never_framed() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Free).await;
    for _ in 0..5 {
        bench.accept(&key, "the burst").await;
    }
    let (taken, told) = (bench.accept(&key, "unfinished").await, bench.accept(&key, "told").await);
    // The hub lost the commits that dispatched these two; the phone did not.
    let hello = relay_store::changes::OpenSession {
        unfinished: vec![taken.id],
        ..phone.hello(&bench, relay_domain::resume::Presented { acked: 0, ..phone.with_past(1, 7) })
    };
    let relay_store::changes::OpenVerdict::Opened(opened) = bench.device(hello).await else {
        panic!("opens")
    };
    phone.epoch = opened.epoch;
    phone.upload(&bench, 1, vec![fact(told.id, FactKind::Sent, bench.now())]).await;
    bench.advance(Duration::from_secs(600));
    assert!(phone.next(&bench).await.is_empty(), "neither is dispatched a second time");
    assert_eq!(bench.message(&taken).await.dispatch.unwrap().journal_id, phone.journal);
    assert_eq!(bench.message(&told).await.state.rank, Rank::Sent);
}
