//! Acceptance: the monthly cap, and who is dispatched at once.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::message::Refusal;
use relay_domain::plan::{Plan, PlanName, Quota};
use relay_domain::state::{FactKind, Rank};
use relay_store::Effect;
use relay_store::changes::{AcceptMessages, Acceptance, DispatchNext, NextVerdict, SetStalled, Stalled};

use crate::bench::{Bench, draft, fact, sim};

fn accepted(acceptance: &Acceptance) -> usize {
    let Acceptance::Verdicts(verdicts) = acceptance else { panic!("not looked at: {acceptance:?}") };
    verdicts.iter().filter(|verdict| verdict.is_ok()).count()
}

#[tokio::test]
async fn message_500_of_a_free_month_passes_and_501_stores_nothing() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    let bulk = |count| AcceptMessages { key: key.clone(), drafts: vec![draft("x"); count], request: None };
    assert_eq!(accepted(&bench.api(bulk(499)).await), 499);
    assert_eq!(accepted(&bench.api(bulk(1)).await), 1);
    let before = bench.tables();
    let refused = bench.api(bulk(1)).await;
    assert_eq!(refused, Acceptance::Verdicts(vec![Err(Refusal::MonthlyCap)]));
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_bulk_across_the_cap_is_cut_at_the_cap() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    let bulk = AcceptMessages { key, drafts: vec![draft("x"); 503], request: None };
    let Acceptance::Verdicts(verdicts) = bench.api(bulk).await else { panic!("looked at") };
    assert!(verdicts[..500].iter().all(Result::is_ok));
    assert!(verdicts[500..].iter().all(|verdict| *verdict == Err(Refusal::MonthlyCap)));
    assert_eq!(bench.count("outbound"), 500);
}

#[tokio::test]
async fn the_cap_is_the_accounts_not_the_keys_and_callers_of_one_batch_cannot_pass_it_together() {
    let bench = Bench::open();
    let (phone, one) = bench.sender(PlanName::Free).await;
    let two = bench.key(&phone, 0).await;
    let (lane, keys) = (bench.store.lane(), [one, two]);
    let asked: Vec<_> = (0..510)
        .map(|n| {
            let (lane, key) = (lane.clone(), keys[n % 2].clone());
            tokio::spawn(async move {
                lane.api(AcceptMessages { key, drafts: vec![draft("x")], request: None }).await
            })
        })
        .collect();
    let mut passed = 0;
    for answer in asked {
        passed += accepted(&answer.await.unwrap().unwrap());
    }
    assert_eq!(passed, 500);
}

#[tokio::test]
async fn the_month_rolls_over_at_midnight_utc() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    let bulk = |count| AcceptMessages { key: key.clone(), drafts: vec![draft("x"); count], request: None };
    // The last nanosecond of April 2026.
    bench.turn_to(Timestamp::from_nanos(1_777_593_600_000_000_000 - 1));
    assert_eq!(accepted(&bench.api(bulk(501)).await), 500);
    bench.advance(Duration::from_nanos(1));
    assert_eq!(accepted(&bench.api(bulk(501)).await), 500);
    assert_eq!(bench.count("usage"), 2, "each month is counted");
}

#[tokio::test]
async fn an_uncapped_plan_is_counted_and_not_refused() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Starter).await;
    let bulk = AcceptMessages { key, drafts: vec![draft("x"); 600], request: None };
    assert_eq!(accepted(&bench.api(bulk).await), 600);
    assert!(bench.tables()["usage"][0].ends_with(" 202604 600"), "{:?}", bench.tables()["usage"]);
}

#[tokio::test]
async fn a_message_is_dispatched_only_to_a_live_phone_with_a_token_and_an_empty_queue() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Free).await;
    for down_seq in 1..=5 {
        let message = bench.accept(&key, "now").await;
        let dispatch = message.dispatch.expect("dispatched at once");
        assert_eq!((dispatch.journal_id, dispatch.down_seq), (phone.journal, down_seq));
        assert_eq!((dispatch.at, message.created_at), (bench.now(), bench.now()));
    }
    let waits = bench.accept(&key, "the bucket is empty").await;
    assert_eq!((waits.state.rank, waits.dispatch), (Rank::Queued, None));
    bench.advance(Duration::from_secs(120));
    // Two tokens exist, and somebody waits: nobody overtakes.
    let behind = bench.accept(&key, "behind").await;
    assert_eq!(behind.state.rank, Rank::Queued);
    let rows = phone.next(&bench).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [waits.id, behind.id], "in order");
    // A phone that says hello anew with events still to come is connected and not live.
    let opened = phone.connect(&bench, phone.with_past(3, 7)).await;
    assert!(!opened.live);
    bench.advance(Duration::from_secs(600));
    assert_eq!(bench.accept(&key, "not yet heard").await.state.rank, Rank::Queued);
}

#[tokio::test]
async fn a_stalled_session_gets_nothing_new_until_it_moves() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let set = |stalled| SetStalled { device_id: phone.device_id, epoch: phone.epoch, stalled };
    assert!(bench.device(set(Stalled::Stalls)).await);
    let waits = bench.accept(&key, "waits").await;
    assert_eq!(waits.state.rank, Rank::Queued);
    assert!(phone.next(&bench).await.is_empty());
    bench.heard().await;
    assert!(bench.device(set(Stalled::Moves)).await);
    assert!(bench.heard().await.contains(&Effect::Wake { device_id: phone.device_id }));
    assert_eq!(phone.next(&bench).await[0].id, waits.id);
}

#[tokio::test]
async fn another_sim_in_the_slot_makes_messages_wait_and_blocks_nobody_else() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let mut phone = bench.phone(account).await;
    phone.sims = vec![sim(0, Some("+4915100000001"), Some("a")), sim(1, Some("+4915100000002"), Some("b"))];
    phone.connect(&bench, phone.fresh()).await;
    let (first, second) = (bench.key(&phone, 0).await, bench.key(&phone, 1).await);
    phone.sims[0] = sim(0, Some("+4915100000003"), Some("c"));
    phone.connect(&bench, phone.with_past(0, 0)).await;
    let waits = bench.accept(&first, "its SIM is away").await;
    assert_eq!(waits.state.rank, Rank::Queued);
    assert_eq!(bench.accept(&second, "its SIM is there").await.state.rank, Rank::Dispatched);
    assert!(phone.next(&bench).await.is_empty());
    phone.sims[0] = sim(0, Some("+4915100000001"), Some("a"));
    phone.connect(&bench, phone.with_past(0, 1)).await;
    assert_eq!(phone.next(&bench).await[0].id, waits.id, "it leaves when its SIM is back");
}

#[tokio::test]
async fn a_phone_takes_no_more_than_it_said_and_a_finished_message_makes_room() {
    let bench = Bench::open();
    let quota = Quota::new(3, 6000).unwrap();
    let plan = Plan { quota, monthly_cap: None, name: PlanName::Enterprise };
    let mut phone = bench.phone(bench.account_on(plan).await).await;
    let hello = relay_store::changes::OpenSession { max_pending: 1, ..phone.hello(&bench, phone.fresh()) };
    let relay_store::changes::OpenVerdict::Opened(opened) = bench.device(hello).await else {
        panic!("opens")
    };
    phone.epoch = opened.epoch;
    let key = bench.key(&phone, 0).await;
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(bench.accept(&key, "taken").await);
        bench.advance(Duration::from_secs(1));
    }
    assert!(sent.iter().all(|message| message.state.rank == Rank::Dispatched), "never fewer than a burst");
    let waits = bench.accept(&key, "one too many").await;
    assert_eq!(waits.state.rank, Rank::Queued);
    bench.heard().await;
    phone.upload(&bench, 1, vec![fact(sent[0].id, FactKind::Sent, bench.now())]).await;
    assert!(bench.heard().await.contains(&Effect::Wake { device_id: phone.device_id }));
    assert_eq!(phone.next(&bench).await[0].id, waits.id);
}

#[tokio::test]
async fn nothing_is_accepted_for_a_phone_that_is_not_paired() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let (account_id, device_id) = (phone.account_id, phone.device_id);
    assert!(bench.api(relay_store::changes::RevokeDevice { account_id, device_id }).await);
    let before = bench.tables();
    let verdict = bench.api(AcceptMessages { key, drafts: vec![draft("x")], request: None }).await;
    assert_eq!(verdict, Acceptance::DeviceNotPaired);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn the_bucket_remembers_a_restart_and_a_reconnect() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Free).await;
    for _ in 0..5 {
        bench.accept(&key, "the burst").await;
    }
    let waits = bench.accept(&key, "waits").await;
    let bench = bench.reopen().await;
    phone.connect(&bench, phone.with_past(0, 5)).await;
    let DispatchNext { device_id, epoch } = DispatchNext { device_id: phone.device_id, epoch: phone.epoch };
    let next = bench.device(DispatchNext { device_id, epoch }).await;
    let NextVerdict::Dispatched { rows, wait, .. } = next else { panic!("not fenced") };
    assert!(rows.is_empty(), "no fresh burst from a restart");
    let until = bench.now().plus(Duration::from_secs(60));
    assert_eq!(wait, Some(relay_domain::allocate::Wait::BucketEmpty { until }));
    bench.turn_to(until);
    assert_eq!(phone.next(&bench).await[0].id, waits.id);
}
