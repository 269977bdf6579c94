//! Phones that leave, and phones that make room for another: nothing they know is lost, and nothing new is given to them.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::device::Course;
use relay_domain::key::Key;
use relay_domain::message::Outbound;
use relay_domain::plan::PlanName;
use relay_domain::state::{FactKind, Rank};
use relay_store::Effect;
use relay_store::changes::{
    AcceptMessages, Acceptance, Drain, DrainDevice, DrainVerdict, EndLeaving, OpenVerdict, PairTarget,
    RecordVerdict, RedeemPairingCode, RedeemVerdict, SettleUnpaired, UnpairDevice, UnpairVerdict,
};
use relay_store::queries::{FramesAbove, TokenStateOf};

use crate::bench::{Bench, Phone, draft, fact, inbound, journal};

const WITHIN: Duration = Duration::from_secs(3_600);

async fn unpair(bench: &Bench, phone: &Phone) -> UnpairVerdict {
    let (account_id, device_id) = (phone.account_id, phone.device_id);
    let verdict = bench.api(UnpairDevice { account_id, device_id, within: WITHIN }).await;
    while bench.sweep(SettleUnpaired).await > 0 {}
    verdict
}

async fn six(bench: &Bench) -> (Phone, Key, Vec<Outbound>) {
    let (phone, key) = bench.sender(PlanName::Free).await;
    let mut messages = Vec::new();
    for n in 0..6 {
        messages.push(bench.accept(&key, &n.to_string()).await);
    }
    (phone, key, messages)
}

async fn token_lives(bench: &Bench, phone: &Phone) -> bool {
    bench.ask(TokenStateOf(phone.device_id)).await.is_some_and(|state| state.paired)
}

#[tokio::test]
async fn what_waits_fails_at_once_and_what_the_phone_has_is_still_heard() {
    let bench = Bench::open();
    let (mut phone, key, messages) = six(&bench).await;
    bench.heard().await;
    assert_eq!(unpair(&bench, &phone).await, UnpairVerdict::Leaving { by: bench.now().plus(WITHIN) });
    assert!(bench.heard().await.contains(&Effect::Reconnect { device_id: phone.device_id }));
    assert_eq!(bench.message(&messages[5]).await.state.failure.unwrap().code, "device_unpaired");
    assert_eq!(bench.message(&messages[0]).await.state.rank, Rank::Dispatched);
    let refused = AcceptMessages { key, drafts: vec![draft("late")], request: None };
    assert_eq!(bench.api(refused).await, Acceptance::DeviceNotPaired);
    assert!(token_lives(&bench, &phone).await);
    // The session of before is fenced: its next word is not taken.
    let stale = phone.upload(&bench, 1, vec![fact(messages[0].id, FactKind::Sent, bench.now())]).await;
    assert_eq!(stale, RecordVerdict::Fenced);
    let mut hello = phone.hello(&bench, phone.with_past(2, 2));
    hello.unfinished = vec![messages[1].id];
    let OpenVerdict::Opened(opened) = bench.device(hello).await else { panic!("it may tell") };
    assert_eq!(opened.course, Course::Leaving);
    phone.epoch = opened.epoch;
    for (index, message) in messages.iter().enumerate().take(5) {
        // Those above its cursor never reached it, and are not framed any more.
        assert_eq!(bench.message(message).await.state.is_uncertain(), index >= 2, "message {index}");
    }
    assert!(phone.next(&bench).await.is_empty());
    let told = vec![fact(messages[0].id, FactKind::Sent, bench.now()), inbound("meanwhile", bench.now())];
    assert_eq!(phone.upload(&bench, 1, told).await, RecordVerdict::Recorded { up: 2, live: true });
    assert!(token_lives(&bench, &phone).await, "it has one message under way");
    let last = vec![fact(messages[1].id, FactKind::Sent, bench.now())];
    assert_eq!(phone.upload(&bench, 3, last).await, RecordVerdict::Left { up: 3 });
    assert!(!token_lives(&bench, &phone).await);
    assert_eq!(bench.device(phone.hello(&bench, phone.with_past(3, 2))).await, OpenVerdict::Revoked);
    assert_eq!((bench.message(&messages[1]).await.state.rank, bench.count("inbound")), (Rank::Sent, 1));
}

#[tokio::test]
async fn a_phone_with_nothing_to_tell_has_left_with_its_hello() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Free).await).await;
    unpair(&bench, &phone).await;
    assert_eq!(bench.device(phone.hello(&bench, phone.with_past(0, 0))).await, OpenVerdict::Left);
    assert!(!token_lives(&bench, &phone).await);
}

#[tokio::test]
async fn a_phone_that_does_not_return_in_time_is_revoked_and_what_it_had_is_uncertain() {
    let bench = Bench::open();
    let (phone, _, messages) = six(&bench).await;
    unpair(&bench, &phone).await;
    bench.advance(WITHIN - Duration::from_nanos(1));
    assert!(bench.sweep(EndLeaving { behind: Timestamp::EPOCH }).await.is_empty());
    bench.advance(Duration::from_nanos(1));
    assert!(bench.sweep(EndLeaving { behind: bench.now() }).await.is_empty(), "its deadline was over before");
    assert_eq!(bench.sweep(EndLeaving { behind: Timestamp::EPOCH }).await, [phone.device_id]);
    assert!(bench.sweep(EndLeaving { behind: Timestamp::EPOCH }).await.is_empty());
    while bench.sweep(SettleUnpaired).await > 0 {}
    assert!(!token_lives(&bench, &phone).await);
    assert!(bench.message(&messages[0]).await.state.is_uncertain());
}

#[tokio::test]
async fn pairing_again_calls_the_leaving_off() {
    let bench = Bench::open();
    let (mut phone, key, _) = six(&bench).await;
    unpair(&bench, &phone).await;
    pair_again(&bench, &mut phone).await;
    phone.connect(&bench, phone.with_past(0, 5)).await;
    bench.advance(2 * WITHIN);
    assert!(bench.sweep(EndLeaving { behind: Timestamp::EPOCH }).await.is_empty());
    assert_eq!(bench.accept(&key, "again").await.state.rank, Rank::Dispatched);
}

#[tokio::test]
async fn only_its_owner_unpairs_a_paired_phone() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Free).await).await;
    let stranger = Phone { account_id: bench.account(PlanName::Free).await, ..phone.clone() };
    let before = bench.tables();
    assert_eq!(unpair(&bench, &stranger).await, UnpairVerdict::NoSuchDevice);
    assert_eq!(bench.tables(), before);
    unpair(&bench, &phone).await;
    bench.device(phone.hello(&bench, phone.with_past(0, 0))).await;
    assert_eq!(unpair(&bench, &phone).await, UnpairVerdict::NotPaired);
}

async fn pair_again(bench: &Bench, phone: &mut Phone) {
    let (public, secret_digest, device_id) =
        bench.code(phone.account_id, PairTarget::Existing(phone.device_id)).await;
    assert_eq!(device_id, phone.device_id);
    let redeem = RedeemPairingCode { public, secret_digest, model: "Test".into() };
    let RedeemVerdict::Paired(paired) = bench.api(redeem).await else { panic!("the code works") };
    phone.generation = paired.generation;
}

async fn drain(bench: &Bench, phone: &Phone, drain: Drain) -> DrainVerdict {
    let (account_id, device_id) = (phone.account_id, phone.device_id);
    bench.api(DrainDevice { account_id, device_id, drain }).await
}

#[tokio::test]
async fn a_draining_phone_finishes_and_gets_nothing_new_and_the_next_one_sends_what_waited() {
    let bench = Bench::open();
    let (mut old, key, messages) = six(&bench).await;
    let old_journal = old.journal;
    assert_eq!(
        drain(&bench, &old, Drain::Begin).await,
        DrainVerdict::Draining { heard: false, in_flight: 5 }
    );
    bench.advance(Duration::from_secs(600));
    // It finishes what it was given, framed or not.
    let opened = old.connect(&bench, old.with_past(2, 2)).await;
    assert!(!opened.live);
    let frames = FramesAbove { device_id: old.device_id, journal_id: old_journal, cursor: 2, limit: 32 };
    assert_eq!(bench.ask(frames).await.rows.len(), 3);
    assert_eq!(
        drain(&bench, &old, Drain::Begin).await,
        DrainVerdict::Draining { heard: false, in_flight: 5 }
    );
    let facts = |range: std::ops::Range<usize>| {
        messages[range].iter().map(|message| fact(message.id, FactKind::Sent, bench.now())).collect()
    };
    old.upload(&bench, 1, facts(0..2)).await;
    assert_eq!(drain(&bench, &old, Drain::Begin).await, DrainVerdict::Draining { heard: true, in_flight: 3 });
    assert!(old.next(&bench).await.is_empty(), "nothing new");
    let waits = bench.accept(&key, "accepted meanwhile").await;
    assert_eq!(waits.state.rank, Rank::Queued);
    old.upload(&bench, 3, facts(2..5)).await;
    assert_eq!(drain(&bench, &old, Drain::Begin).await, DrainVerdict::Draining { heard: true, in_flight: 0 });
    let mut new = old.clone();
    pair_again(&bench, &mut new).await;
    new.journal = journal(1000);
    new.connect(&bench, new.fresh()).await;
    let left: Vec<_> = new.next(&bench).await.into_iter().map(|row| (row.id, row.journal_id)).collect();
    assert_eq!(left, [(messages[5].id, new.journal), (waits.id, new.journal)]);
    assert_eq!(bench.message(&messages[0]).await.state.rank, Rank::Sent);
}

#[tokio::test]
async fn a_phone_that_stays_after_all_goes_on_at_once() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    drain(&bench, &phone, Drain::Begin).await;
    phone.connect(&bench, phone.with_past(0, 0)).await;
    let waits = bench.accept(&key, "waits").await;
    assert_eq!(waits.state.rank, Rank::Queued);
    bench.heard().await;
    assert_eq!(drain(&bench, &phone, Drain::End).await, DrainVerdict::Serving);
    assert!(bench.heard().await.contains(&Effect::Wake { device_id: phone.device_id }));
    assert_eq!(phone.next(&bench).await[0].id, waits.id);
}
