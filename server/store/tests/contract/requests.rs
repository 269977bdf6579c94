//! Requests that named themselves: asked twice, carried out once.

use std::time::Duration;

use relay_domain::key::Key;
use relay_domain::message::{Draft, Outbound, Refusal};
use relay_domain::plan::PlanName;
use relay_domain::state::Rank;
use relay_store::changes::{AcceptMessages, Acceptance, ForgetRequests, Request, RevokeDevice};

use crate::bench::{Bench, draft};

fn named(key: &Key, name: &str, fingerprint: u8, drafts: Vec<Draft>) -> AcceptMessages {
    let request = Some(Request { name: name.into(), fingerprint: [fingerprint; 32] });
    AcceptMessages { key: key.clone(), drafts, request }
}

fn messages(acceptance: Acceptance) -> Vec<Result<Outbound, Refusal>> {
    match acceptance {
        Acceptance::Verdicts(verdicts) | Acceptance::Replayed(verdicts) => verdicts,
        other => panic!("not answered: {other:?}"),
    }
}

#[tokio::test]
async fn a_request_asked_again_is_answered_again_with_the_message_as_it_is_now() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    // Nothing acknowledges yet: the phone has left before the first request.
    phone.connect(&bench, phone.with_past(1, 0)).await;
    let first = bench.api(named(&key, "a", 1, vec![draft("once")])).await;
    let Acceptance::Verdicts(first) = first else { panic!("new") };
    let first = first[0].clone().unwrap();
    assert_eq!(first.state.rank, Rank::Queued);
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(phone.next(&bench).await.len(), 1);
    let before = bench.tables();
    let again = bench.api(named(&key, "a", 1, vec![draft("once")])).await;
    let Acceptance::Replayed(again) = again else { panic!("replayed: {again:?}") };
    let again = again[0].clone().unwrap();
    assert_eq!((again.id, again.state.rank), (first.id, Rank::Dispatched));
    assert_eq!(bench.tables(), before, "a replay stores nothing and counts nothing");
}

#[tokio::test]
async fn another_request_under_the_same_name_is_refused_and_another_keys_name_is_its_own() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let other = bench.key(&phone, 0).await;
    bench.api(named(&key, "a", 1, vec![draft("once")])).await;
    let before = bench.tables();
    assert_eq!(bench.api(named(&key, "a", 2, vec![draft("twice")])).await, Acceptance::OtherRequest);
    assert_eq!(bench.tables(), before);
    assert!(matches!(bench.api(named(&other, "a", 2, vec![draft("x")])).await, Acceptance::Verdicts(_)));
}

#[tokio::test]
async fn two_at_once_make_one_message() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    let gate = bench.shut_gate().await;
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let (lane, change) = (bench.store.lane(), named(&key, "a", 1, vec![draft("once")]));
            tokio::spawn(async move { lane.api(change).await })
        })
        .collect();
    drop(gate);
    let mut ids = Vec::new();
    for answer in asked {
        ids.push(messages(answer.await.unwrap().unwrap())[0].clone().unwrap().id);
    }
    ids.dedup();
    assert_eq!((ids.len(), bench.count("outbound")), (1, 1));
}

#[tokio::test]
async fn a_replay_answers_even_when_the_month_is_full_or_the_device_has_left() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    let first = messages(bench.api(named(&key, "a", 1, vec![draft("x"); 502])).await);
    assert_eq!(first.iter().filter(|verdict| verdict.is_ok()).count(), 500);
    assert_eq!(messages(bench.api(named(&key, "b", 2, vec![draft("x")])).await), [Err(Refusal::MonthlyCap)]);
    bench.api(RevokeDevice { account_id: phone.account_id, device_id: phone.device_id }).await;
    let again = messages(bench.api(named(&key, "a", 1, vec![draft("x"); 502])).await);
    let ids = |verdicts: &[Result<Outbound, Refusal>]| {
        verdicts
            .iter()
            .map(|one| one.as_ref().map(|message| message.id).map_err(|why| *why))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&again), ids(&first), "each row is told what it was told");
}

#[tokio::test]
async fn a_request_of_which_nothing_was_accepted_may_be_tried_again_under_its_name() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    bench.api(AcceptMessages { key: key.clone(), drafts: vec![draft("x"); 500], request: None }).await;
    assert_eq!(messages(bench.api(named(&key, "a", 1, vec![draft("x")])).await), [Err(Refusal::MonthlyCap)]);
    assert_eq!(bench.count("idempotency"), 0);
    bench.advance(Duration::from_secs(40 * 86_400));
    assert!(messages(bench.api(named(&key, "a", 1, vec![draft("x")])).await)[0].is_ok());
}

#[tokio::test]
async fn a_name_is_kept_for_a_day_and_forgotten_by_two_hundreds() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Enterprise).await;
    for n in 0..210 {
        bench.api(named(&key, &n.to_string(), 1, vec![draft("x")])).await;
    }
    bench.advance(Duration::from_secs(86_400) - Duration::from_nanos(1));
    assert!(matches!(bench.api(named(&key, "0", 1, vec![draft("x")])).await, Acceptance::Replayed(_)));
    assert_eq!(bench.sweep(ForgetRequests).await, 0);
    bench.advance(Duration::from_nanos(1));
    // Not yet swept, and already a name for something new.
    assert!(matches!(bench.api(named(&key, "0", 2, vec![draft("y")])).await, Acceptance::Verdicts(_)));
    let mut forgotten = Vec::new();
    for _ in 0..3 {
        forgotten.push(bench.sweep(ForgetRequests).await);
    }
    assert_eq!((forgotten, bench.count("idempotency")), (vec![200, 9, 0], 1));
}
