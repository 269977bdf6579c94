//! Which notices are written, and what they hold.

use super::*;

#[tokio::test]
async fn each_step_of_a_message_is_told_once_and_in_order() {
    let bench = Bench::open();
    let (phone, key, all) = bench.sends(&OUTBOUND).await;
    let some = bench.webhook(phone.account_id, &["outbound.delivered"]).await;
    let message = bench.accept(&key, "x").await;
    let reports = vec![
        fact(message.id, FactKind::Sent, bench.now()),
        fact(message.id, FactKind::Delivered, bench.now()),
    ];
    phone.upload(&bench, 1, reports.clone()).await;
    // Told again, and late: the rank does not rise.
    phone.upload(&bench, 3, reports).await;
    let kinds = bench.kinds(all).await;
    assert_eq!(kinds, [EventKind::OutboundDispatched, EventKind::OutboundSent, EventKind::OutboundDelivered]);
    assert_eq!(bench.kinds(some).await, [EventKind::OutboundDelivered]);
}

#[tokio::test]
async fn what_waits_is_told_as_queued_with_its_text_and_as_dispatched_when_it_leaves() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Pro).await).await;
    let key = bench.key(&phone, 0).await;
    let webhook = bench.webhook(phone.account_id, &OUTBOUND).await;
    let bench = bench.reopen().await;
    let message = bench.accept(&key, "the text").await;
    let queued = bench.only_due(webhook).await;
    assert_eq!((queued.kind, queued.about), (EventKind::OutboundQueued, message.id.uuid()));
    assert_eq!(queued.facts.body.as_deref(), Some("the text"));
    assert_eq!(queued.facts.number.as_deref(), Some("+639171234567"));
    assert_eq!((queued.facts.at, queued.facts.device_id), (message.created_at, Some(phone.device_id)));
    bench.tried(&queued, Outcome::Taken).await;
    bench.advance(Duration::from_secs(9));
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(phone.next(&bench).await.len(), 1);
    let dispatched = bench.only_due(webhook).await;
    assert_eq!((dispatched.kind, dispatched.facts.at), (EventKind::OutboundDispatched, bench.now()));
    assert_eq!(dispatched.facts.body, None);
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason_and_a_later_truth_follows() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.failed", "outbound.delivered"]).await;
    let message = bench.accept(&key, "x").await;
    let failed = FactKind::Failed(FailedAt::Radio, Failure::expired());
    let reports =
        vec![fact(message.id, failed, bench.now()), fact(message.id, FactKind::Delivered, bench.now())];
    phone.upload(&bench, 1, reports).await;
    let told = bench.only_due(webhook).await;
    assert_eq!((told.kind, told.facts.reason.as_deref()), (EventKind::OutboundFailed, Some("Expired")));
    assert_eq!(bench.kinds(webhook).await, [EventKind::OutboundFailed, EventKind::OutboundDelivered]);
}

#[tokio::test]
async fn a_canceled_message_is_told_as_failed_and_one_nobody_knows_of_to_the_operators() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.failed"]).await;
    let operators = bench.webhook(phone.account_id, &["message.uncertain"]).await;
    let message = bench.accept(&key, "x").await;
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Uncertain, bench.now())]).await;
    assert_eq!(bench.kinds(operators).await, [EventKind::MessageUncertain]);
    let bench = bench.reopen().await;
    let waiting = bench.accept(&key, "y").await;
    bench.api(CancelMessage { account_id: phone.account_id, message_id: waiting.id }).await;
    let told = bench.only_due(webhook).await;
    assert_eq!((told.about, told.facts.reason.as_deref()), (waiting.id.uuid(), Some("Canceled")));
}

#[tokio::test]
async fn what_arrives_is_told_with_its_text_only_where_that_is_wished() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let without = bench.webhook(phone.account_id, &["inbound.received"]).await;
    let with = bench.webhook(phone.account_id, &["inbound.received"]).await;
    let bodies = Some(Bodies::Included);
    bench.edit(with, WebhookEdit::Set { url: None, events: None, bodies }).await;
    phone.upload(&bench, 1, vec![inbound("a\0b", bench.now())]).await;
    let (without, with) = (bench.only_due(without).await, bench.only_due(with).await);
    assert_eq!((without.facts.body, with.facts.body.as_deref()), (None, Some("a\0b")));
    assert_eq!(with.facts.number.as_deref(), Some("+4915200000001"));
    assert_eq!((with.facts.slot, with.facts.own_number.as_deref()), (Some(0), Some("+4915112345678")));
}

#[tokio::test]
async fn another_account_is_told_nothing_and_no_webhook_costs_no_row() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.accept(&key, "x").await;
    assert_eq!(bench.count("notice"), 0);
    let stranger = bench.account(PlanName::Pro).await;
    let theirs = bench.webhook(stranger, &OUTBOUND).await;
    bench.accept(&key, "x").await;
    assert!(bench.due(theirs).await.notices.is_empty());
    assert_eq!(bench.count("notice"), 0);
}
