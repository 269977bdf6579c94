//! Sweeps: at most 200 rows a batch, and only what is due.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::message::{Draft, Expiry};
use relay_domain::plan::PlanName;
use relay_domain::state::{FactKind, Rank};
use relay_store::changes::{
    AcceptMessages, ExpireQueued, GiveUpUncertain, RevokeDevice, SWEEP_ROWS, SettleUnpaired,
};
use relay_store::queries::TroubleOf;

use crate::bench::{Bench, draft, fact};

const LIMIT: usize = 200;

#[tokio::test]
async fn deadlines_are_swept_by_two_hundreds() {
    assert_eq!(SWEEP_ROWS, LIMIT as i64);
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let burst = AcceptMessages { key: key.clone(), drafts: vec![draft("the burst"); 100], request: None };
    bench.api(burst).await;
    let dated = Draft { expiry: Some(Expiry::After(Duration::from_secs(60))), ..draft("dated") };
    bench.api(AcceptMessages { key: key.clone(), drafts: vec![dated; 450], request: None }).await;
    bench.api(AcceptMessages { key, drafts: vec![draft("undated"); 3], request: None }).await;
    bench.advance(Duration::from_secs(60) - Duration::from_nanos(1));
    assert_eq!(bench.sweep(ExpireQueued).await, 0, "not a moment too early");
    bench.advance(Duration::from_nanos(1));
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(bench.sweep(ExpireQueued).await);
    }
    assert_eq!(swept, [200, 200, 50, 0]);
    let trouble = bench.ask(TroubleOf { account_id: phone.account_id, device_id: phone.device_id }).await;
    assert_eq!((trouble.queued, trouble.in_flight), (3, 100));
}

#[tokio::test]
async fn only_the_phone_expires_what_was_dispatched() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Pro).await;
    let dated = Draft { expiry: Some(Expiry::After(Duration::from_secs(60))), ..draft("dated") };
    bench.api(AcceptMessages { key, drafts: vec![dated], request: None }).await;
    bench.advance(Duration::from_secs(3600));
    let before = bench.tables();
    assert_eq!(bench.sweep(ExpireQueued).await, 0);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn what_a_revoked_phone_leaves_is_settled_by_two_hundreds() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let (one, _) = (bench.accept(&key, "on its way").await, bench.accept(&key, "on its way").await);
    bench.api(AcceptMessages { key: key.clone(), drafts: vec![draft("x"); 548], request: None }).await;
    let waits = bench.accept(&key, "waits").await;
    let (account_id, device_id) = (phone.account_id, phone.device_id);
    assert_eq!(bench.sweep(SettleUnpaired).await, 0, "a paired phone's are left alone");
    assert!(bench.api(RevokeDevice { account_id, device_id }).await);
    let mut settled = Vec::new();
    while *settled.last().unwrap_or(&1) > 0 {
        settled.push(bench.sweep(SettleUnpaired).await);
        assert!(settled.len() < 20, "it comes to an end: {settled:?}");
    }
    assert!(settled.iter().all(|rows| *rows <= LIMIT), "{settled:?}");
    assert_eq!(settled.iter().sum::<usize>(), 551);
    assert!(bench.message(&one).await.state.is_uncertain());
    let failed = bench.message(&waits).await.state;
    assert_eq!(
        (failed.rank, failed.failure.unwrap().reason.as_str()),
        (Rank::FailedHub, "Device not paired")
    );
}

#[tokio::test]
async fn uncertain_messages_are_given_up_by_two_hundreds() {
    let bench = Bench::open();
    let plan = relay_domain::plan::Plan { name: PlanName::Enterprise, ..PlanName::Enterprise.plan() };
    let phone = bench.online(bench.account_on(plan).await).await;
    let key = bench.key(&phone, 0).await;
    let accepted = bench.api(AcceptMessages { key, drafts: vec![draft("x"); 250], request: None }).await;
    let relay_store::changes::Acceptance::Verdicts(verdicts) = accepted else { panic!("accepted") };
    let reports: Vec<_> =
        verdicts.into_iter().map(|one| fact(one.unwrap().id, FactKind::Uncertain, bench.now())).collect();
    phone.upload(&bench, 1, reports).await;
    bench.advance(Duration::from_secs(60));
    let give_up = GiveUpUncertain { after: Duration::from_secs(60), behind: bench.now() };
    assert_eq!(bench.sweep(give_up).await, 0, "their time was over before");
    let give_up = GiveUpUncertain { behind: Timestamp::EPOCH, ..give_up };
    let swept = [bench.sweep(give_up).await, bench.sweep(give_up).await, bench.sweep(give_up).await];
    assert_eq!(swept, [200, 50, 0]);
}
