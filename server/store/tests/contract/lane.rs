//! The lane: one transaction for everyone who waits, a full inbox that says so, and a guilty change that is
//! refused alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use relay_domain::account::Account;
use relay_domain::key::KeyDigest;
use relay_domain::plan::PlanName;
use relay_domain::state::Rank;
use relay_store::changes::{AcceptMessages, Acceptance, CreateAccount, MarkAlive, RevokeKey};
use relay_store::queries::TroubleOf;
use relay_store::{Change, CommitError, Lane};
use tokio::task::JoinHandle;

use crate::bench::{Bench, create_key, digest, draft};

/// What the API's inbox holds.
const INBOX: usize = 4096;
/// What one transaction takes.
const BATCH: usize = 256;

fn account(name: &str) -> CreateAccount {
    CreateAccount { name: name.into(), plan: PlanName::Free.plan(), zone: relay_domain::month::Zone::UTC }
}

/// A caller that waits in the inbox when this answers: pushing is a part of its first step.
async fn wait<C: Change>(lane: &Lane, change: C) -> JoinHandle<Result<C::Verdict, CommitError>> {
    let (lane, begun) = (lane.clone(), Arc::new(AtomicBool::new(false)));
    let told = Arc::clone(&begun);
    let waiting = tokio::spawn(async move {
        told.store(true, Ordering::SeqCst);
        lane.api(change).await
    });
    while !begun.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    waiting
}

/// Many of them.
async fn wait_together(lane: &Lane, callers: usize) -> Vec<JoinHandle<Result<Account, CommitError>>> {
    let mut waiting = Vec::new();
    for _ in 0..callers {
        waiting.push(wait(lane, account("x")).await);
    }
    waiting
}

/// Brings the lane to stand behind the shut gate.
async fn stop_the_lane(bench: &Bench, key_id: relay_domain::KeyId) {
    bench.api(RevokeKey { key_id }).await;
    while !bench.has_heard() {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn one_transaction_serves_everyone_who_waits() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.heard().await;
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, key.id).await;
    let before = bench.clock.asked();
    let waiting = wait_together(&bench.store.lane(), BATCH).await;
    drop(gate);
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
    // The lane reads the clock once a transaction.
    assert_eq!(bench.clock.asked() - before, 1);
}

#[tokio::test]
async fn a_full_inbox_answers_busy_and_keeps_what_it_has() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.heard().await;
    let accounts = bench.count("account");
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, key.id).await;
    let waiting = wait_together(&bench.store.lane(), INBOX).await;
    assert_eq!(bench.store.lane().api(account("one too many")).await.err(), Some(CommitError::Busy));
    // Phones have an inbox of their own: theirs is not refused.
    let lane = bench.store.lane();
    let report = tokio::spawn(async move { lane.device(MarkAlive).await });
    drop(gate);
    report.await.unwrap().unwrap();
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(bench.count("account"), accounts + INBOX);
}

#[tokio::test]
async fn bulks_fill_the_inbox_by_their_rows() {
    let bench = Bench::open();
    let (phone, stopper) = bench.sender(PlanName::Pro).await;
    let key = bench.key(&phone, 0).await;
    bench.heard().await;
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, stopper.id).await;
    let lane = bench.store.lane();
    let bulk = || AcceptMessages { key: key.clone(), drafts: vec![draft("x"); INBOX / 2], request: None };
    let (one, two) = (wait(&lane, bulk()).await, wait(&lane, bulk()).await);
    assert_eq!(lane.api(account("one row too many")).await.err(), Some(CommitError::Busy));
    drop(gate);
    for answer in [one, two] {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(bench.count("outbound"), INBOX);
    bench.api(account("room again")).await;
}

#[tokio::test]
async fn a_guilty_change_is_refused_alone_and_its_neighbours_commit() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    bench.api(create_key(&phone, 0, KeyDigest(digest(50)))).await;
    bench.heard().await;
    let accounts = bench.count("account");
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, key.id).await;
    let lane = bench.store.lane();
    let before = wait_together(&lane, 3).await;
    // A digest that is taken: the schema forbids it.
    let guilty = wait(&lane, create_key(&phone, 0, KeyDigest(digest(50)))).await;
    let behind = wait_together(&lane, 3).await;
    drop(gate);
    assert_eq!(guilty.await.unwrap().err(), Some(CommitError::Refused));
    for neighbour in before.into_iter().chain(behind) {
        neighbour.await.unwrap().unwrap();
    }
    assert_eq!(bench.count("account"), accounts + 6);
    assert_eq!(bench.count("api_key"), 2);
}

#[tokio::test]
async fn a_guilty_change_takes_back_nothing_of_a_neighbours_row() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    let victim = bench.key(&phone, 0).await;
    bench.api(create_key(&phone, 0, KeyDigest(digest(50)))).await;
    bench.heard().await;
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, victim.id).await;
    let lane = bench.store.lane();
    let bulk = |count| AcceptMessages { key: key.clone(), drafts: vec![draft("x"); count], request: None };
    let first = wait(&lane, bulk(3)).await;
    let guilty = wait(&lane, create_key(&phone, 0, KeyDigest(digest(50)))).await;
    let second = wait(&lane, bulk(4)).await;
    drop(gate);
    assert_eq!(guilty.await.unwrap().err(), Some(CommitError::Refused));
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    let question = TroubleOf { account_id: phone.account_id, device_id: phone.device_id };
    let trouble = bench.ask(question).await;
    assert_eq!((trouble.in_flight, trouble.queued), (5, 2), "the burst of five, counted once");
    assert!(bench.tables()["usage"][0].ends_with(" 7"), "{:?}", bench.tables()["usage"]);
}

/// As two nodes may have one database: what is kept from batch to batch is what the database says.
#[tokio::test]
async fn what_another_writer_has_written_is_seen() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let first = bench.accept(&key, "everything about the device is kept now").await;
    assert_eq!(first.state.rank, Rank::Dispatched);
    let mut other = SqliteConnection::establish(bench.path().to_str().unwrap()).unwrap();
    other.batch_execute("UPDATE device_stream SET paused = 1").unwrap();
    let second = bench.accept(&key, "to a phone that another node has paused").await;
    assert_eq!(second.state.rank, Rank::Queued);
    other.batch_execute("UPDATE api_key SET revoked_at = 1").unwrap();
    let refused = AcceptMessages { key: key.clone(), drafts: vec![draft("x")], request: None };
    assert_eq!(bench.api(refused).await, Acceptance::KeyRevoked);
    let trouble = bench.ask(TroubleOf { account_id: phone.account_id, device_id: phone.device_id }).await;
    assert_eq!((trouble.in_flight, trouble.queued), (1, 1));
}

#[tokio::test]
async fn a_closed_lane_refuses_and_what_waited_is_committed() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    bench.heard().await;
    let (lane, path) = (bench.store.lane(), bench.path());
    let gate = bench.shut_gate().await;
    stop_the_lane(&bench, key.id).await;
    let waiting = wait_together(&lane, 10).await;
    drop(gate);
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
    let bench = bench.reopen().await;
    assert_eq!(bench.path(), path);
    assert_eq!(lane.api(account("late")).await.err(), Some(CommitError::Closed));
    assert_eq!(bench.count("account"), 11);
}
