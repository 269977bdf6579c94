//! Who leaves next: priority classes, the round robin between keys, schedules.

use std::time::Duration;

use relay_domain::allocate::Wait;
use relay_domain::key::Key;
use relay_domain::message::{Draft, Expiry, Priority, Refusal, Untimely};
use relay_domain::plan::PlanName;
use relay_domain::state::Rank;
use relay_store::Effect;
use relay_store::changes::{AcceptMessages, Acceptance, CancelMessage, CancelVerdict, ReleaseScheduled};
use relay_store::queries::{NextScheduled, Waiting, WaitsOf};

use crate::bench::{Bench, Phone, draft};

async fn send(bench: &Bench, key: &Key, drafts: Vec<Draft>) -> Vec<relay_domain::message::Outbound> {
    match bench.api(AcceptMessages { key: key.clone(), drafts, request: None }).await {
        Acceptance::Verdicts(verdicts) => verdicts.into_iter().map(|verdict| verdict.unwrap()).collect(),
        other => panic!("not looked at: {other:?}"),
    }
}

/// Texts in the order in which they leave, one for each refill.
async fn leave(bench: &Bench, phone: &Phone, count: usize) -> Vec<String> {
    let mut left = Vec::new();
    while left.len() < count {
        bench.advance(Duration::from_secs(60));
        left.extend(phone.next(bench).await.into_iter().map(|row| row.body));
    }
    left
}

fn of(priority: Priority, body: &str) -> Draft {
    Draft { priority, ..draft(body) }
}

/// A Free phone whose burst is used up: one message leaves each minute.
async fn drained(bench: &Bench) -> (Phone, Key) {
    let (phone, key) = bench.sender(PlanName::Free).await;
    send(bench, &key, vec![draft("burst"); 5]).await;
    (phone, key)
}

#[tokio::test]
async fn behind_a_thousand_of_one_key_the_others_first_message_leaves_within_two_tokens() {
    let bench = Bench::open();
    let (phone, one) = drained(&bench).await;
    let two = bench.key(&phone, 0).await;
    // The Free plan's cap is 500 a month.
    send(&bench, &one, vec![draft("one"); 400]).await;
    assert_eq!(leave(&bench, &phone, 3).await, ["one", "one", "one"]);
    send(&bench, &two, vec![draft("two"); 3]).await;
    assert_eq!(leave(&bench, &phone, 8).await, ["two", "one", "two", "one", "two", "one", "one", "one"]);
}

#[tokio::test]
async fn a_key_that_sends_whenever_it_has_nothing_waiting_starves_nobody() {
    let bench = Bench::open();
    let (phone, patient) = drained(&bench).await;
    let eager = bench.key(&phone, 0).await;
    send(&bench, &patient, vec![draft("patient"); 20]).await;
    let mut left = Vec::new();
    for _ in 0..12 {
        send(&bench, &eager, vec![draft("eager")]).await;
        left.extend(leave(&bench, &phone, 1).await);
    }
    let patients = left.iter().filter(|body| *body == "patient").count();
    assert!((5..=7).contains(&patients), "{left:?}");
}

#[tokio::test]
async fn a_key_that_was_busy_for_long_is_no_worse_off_afterwards() {
    let bench = Bench::open();
    let (phone, busy) = drained(&bench).await;
    let newcomer = bench.key(&phone, 0).await;
    send(&bench, &busy, vec![draft("busy"); 50]).await;
    leave(&bench, &phone, 50).await;
    send(&bench, &newcomer, vec![draft("newcomer"); 50]).await;
    send(&bench, &busy, vec![draft("busy"); 3]).await;
    let left = leave(&bench, &phone, 8).await;
    assert_eq!(left.iter().filter(|body| *body == "busy").count(), 3, "turn by turn: {left:?}");
}

#[tokio::test]
async fn a_higher_class_leaves_first_whoever_asked_first_and_each_class_has_its_own_turns() {
    let bench = Bench::open();
    let (phone, one) = drained(&bench).await;
    let two = bench.key(&phone, 0).await;
    use Priority::{High, Low, Normal};
    send(&bench, &one, vec![of(Normal, "normal 1")]).await;
    send(&bench, &one, vec![of(Low, "low 1"); 9]).await;
    send(&bench, &one, vec![of(High, "high 1"); 20]).await;
    send(&bench, &two, vec![of(High, "high 2")]).await;
    let left = leave(&bench, &phone, 22).await;
    assert_eq!(left[..3], ["high 1", "high 2", "high 1"]);
    assert_eq!(left[21], "normal 1");
    // Twenty turns among the high ones: among the low ones nobody had any yet.
    send(&bench, &two, vec![of(Low, "low 2"); 2]).await;
    let left = leave(&bench, &phone, 4).await;
    assert_eq!(left, ["low 1", "low 2", "low 1", "low 2"]);
}

#[tokio::test]
async fn a_scheduled_message_waits_for_its_instant_and_blocks_nobody_before_it() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let at = bench.now().plus(Duration::from_secs(3600));
    let later = Draft { scheduled_at: Some(at), ..of(Priority::High, "later") };
    let waits = send(&bench, &key, vec![later]).await.remove(0);
    assert_eq!((waits.state.rank, waits.scheduled_at), (Rank::Queued, Some(at)));
    assert!(bench.heard().await.contains(&Effect::Scheduled { at }));
    assert_eq!(bench.ask(NextScheduled).await, Some(at));
    let now = send(&bench, &key, vec![draft("now")]).await.remove(0);
    assert_eq!(now.state.rank, Rank::Dispatched, "nobody eligible waits before it");
    bench.advance(Duration::from_secs(3600) - Duration::from_nanos(1));
    assert_eq!(bench.sweep(ReleaseScheduled).await, 0);
    assert!(phone.next(&bench).await.is_empty());
    bench.advance(Duration::from_nanos(1));
    assert_eq!(bench.sweep(ReleaseScheduled).await, 1);
    assert!(bench.heard().await.contains(&Effect::Wake { device_id: phone.device_id }));
    assert_eq!(phone.next(&bench).await[0].id, waits.id);
    assert_eq!(bench.ask(NextScheduled).await, None);
}

#[tokio::test]
async fn released_by_two_hundreds_in_the_order_of_their_schedules() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Enterprise).await;
    let at = |seconds| Some(bench.now().plus(Duration::from_secs(seconds)));
    let dated = |seconds: u64| Draft { scheduled_at: at(seconds), ..draft(&format!("{seconds}")) };
    send(&bench, &key, (1..=210).rev().map(dated).collect()).await;
    bench.advance(Duration::from_secs(300));
    let mut released = Vec::new();
    for _ in 0..3 {
        released.push(bench.sweep(ReleaseScheduled).await);
    }
    assert_eq!(released, [200, 10, 0]);
    let mut left = Vec::new();
    while left.len() < 210 {
        left.extend(phone.next(&bench).await.into_iter().map(|row| row.body));
    }
    assert_eq!(left, (1..=210).map(|seconds| seconds.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_comes_too_late_is_refused_alone_and_stores_nothing() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    let now = Some(bench.now());
    let drafts = vec![
        Draft { scheduled_at: now, ..draft("scheduled for now") },
        Draft { expiry: now.map(Expiry::At), ..draft("expires now") },
        draft("in time"),
    ];
    let verdict = bench.api(AcceptMessages { key, drafts, request: None }).await;
    let Acceptance::Verdicts(verdicts) = verdict else { panic!("looked at") };
    assert_eq!(verdicts[0], Err(Refusal::Untimely(Untimely::Schedule)));
    assert_eq!(verdicts[1], Err(Refusal::Untimely(Untimely::Deadline)));
    assert!(verdicts[2].is_ok());
    assert_eq!(bench.count("outbound"), 1);
    assert!(bench.tables()["usage"][0].ends_with(" 1"), "refusals are not counted");
}

#[tokio::test]
async fn a_lifetime_counts_from_the_schedule_else_from_acceptance_and_the_dead_take_no_token() {
    let bench = Bench::open();
    let (phone, key) = drained(&bench).await;
    let minute = Duration::from_secs(60);
    let schedule = bench.now().plus(minute);
    let short = Draft { expiry: Some(Expiry::After(minute / 2)), ..draft("short") };
    let late = Draft { scheduled_at: Some(schedule), ..short.clone() };
    let sent = send(&bench, &key, vec![short, late, draft("long")]).await;
    assert_eq!(sent[0].expires_at, Some(bench.now().plus(minute / 2)));
    assert_eq!(sent[1].expires_at, Some(schedule.plus(minute / 2)));
    // No sweep came by: the head is found dead when its token comes, and the token is the next one's.
    assert_eq!(leave(&bench, &phone, 1).await, ["long"]);
    let dead = bench.message(&sent[0]).await;
    assert_eq!((dead.state.rank, dead.state.at), (Rank::Expired, sent[0].expires_at.unwrap()));
}

#[tokio::test]
async fn a_queued_or_scheduled_message_is_canceled_and_never_leaves() {
    let bench = Bench::open();
    let (phone, key) = drained(&bench).await;
    let at = Some(bench.now().plus(Duration::from_secs(30)));
    let sent = send(
        &bench,
        &key,
        vec![draft("queued"), Draft { scheduled_at: at, ..draft("scheduled") }, draft("stays")],
    )
    .await;
    for message in &sent[..2] {
        let change = CancelMessage { account_id: phone.account_id, message_id: message.id };
        let CancelVerdict::Canceled(canceled) = bench.api(change).await else { panic!("canceled") };
        assert_eq!(canceled.state.rank, Rank::Canceled);
    }
    bench.advance(Duration::from_secs(60));
    assert_eq!(bench.sweep(ReleaseScheduled).await, 0);
    assert_eq!(phone.next(&bench).await.into_iter().map(|row| row.body).collect::<Vec<_>>(), ["stays"]);
    let stayed = CancelMessage { account_id: phone.account_id, message_id: sent[2].id };
    assert!(matches!(bench.api(stayed).await, CancelVerdict::TooLate(_)));
}

#[tokio::test]
async fn a_waiting_message_says_why_and_the_instant_foretold_is_kept() {
    let bench = Bench::open();
    let (mut phone, key) = drained(&bench).await;
    let at = bench.now().plus(Duration::from_secs(7));
    let mut sent = send(&bench, &key, vec![draft("1"), draft("2"), draft("3")]).await;
    sent.extend(send(&bench, &key, vec![Draft { scheduled_at: Some(at), ..draft("later") }]).await);
    let waits = bench.ask(WaitsOf::of(&sent, bench.now())).await;
    let minute = |n: u64| bench.now().plus(Duration::from_secs(60 * n));
    let foretold: Vec<Waiting> = waits.iter().map(|(_, waiting)| *waiting).collect();
    let expected = [
        (Wait::BucketEmpty { until: minute(1) }, Some(minute(1)), 0),
        (Wait::WaitingTurn, Some(minute(2)), 1),
        (Wait::WaitingTurn, Some(minute(3)), 2),
        (Wait::Scheduled { until: at }, Some(at), 0),
    ];
    assert_eq!(foretold, expected.map(|(why, leaves_at, ahead)| Waiting { why, leaves_at, ahead }));
    for message in &sent[..3] {
        bench.advance(Duration::from_secs(60));
        let rows = phone.next(&bench).await;
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [message.id], "to the minute");
    }
    let gone = bench.ask(WaitsOf { messages: vec![(phone.account_id, sent[0].id)], now: bench.now() }).await;
    assert_eq!(gone, [], "what has left waits no more");
    // A phone that is away is the reason, whatever else there is.
    bench.advance(Duration::from_secs(60));
    bench.sweep(ReleaseScheduled).await;
    let opened = phone.connect(&bench, phone.with_past(3, 8)).await;
    assert!(!opened.live);
    let away = bench.ask(WaitsOf::of(&sent[3..], bench.now())).await;
    assert_eq!(away[0].1, Waiting { why: Wait::DeviceOffline, leaves_at: None, ahead: 0 });
}
