//! Who speaks for a device: the newest session of the newest token, and nobody else writes a byte.

use relay_domain::plan::PlanName;
use relay_domain::resume::{Case, Presented};
use relay_domain::state::FactKind;
use relay_store::changes::{
    CloseSession, DispatchNext, NextVerdict, OpenSession, OpenVerdict, PairTarget, RecordEvents,
    RecordVerdict, RedeemPairingCode, RevokeDevice, SetStalled, Stalled,
};
use relay_store::queries::{TokenState, TokenStateOf, TroubleOf};

use crate::bench::{Bench, fact, inbound, unreadable};

#[tokio::test]
async fn a_stale_epoch_writes_nothing() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Free).await;
    let message = bench.accept(&key, "x").await;
    for _ in 0..5 {
        bench.accept(&key, "the rest waits").await;
    }
    let stale = phone.clone();
    phone.connect(&bench, phone.with_past(0, 5)).await;
    assert!(phone.epoch > stale.epoch);
    bench.advance(std::time::Duration::from_secs(600));
    let before = bench.tables();
    let (device_id, epoch) = (stale.device_id, stale.epoch);
    let reports =
        vec![fact(message.id, FactKind::Sent, bench.now()), inbound("hello", bench.now()), unreadable("{")];
    let verdict = bench.device(RecordEvents { device_id, epoch, first: 1, reports }).await;
    assert_eq!(verdict, RecordVerdict::Fenced);
    assert_eq!(bench.device(DispatchNext { device_id, epoch }).await, NextVerdict::Fenced);
    assert!(!bench.device(SetStalled { device_id, epoch, stalled: Stalled::Stalls }).await);
    bench.device(CloseSession { device_id, epoch, last_seen_at: bench.now() }).await;
    assert_eq!(bench.tables(), before, "nothing at all was written");
    assert_eq!(phone.next(&bench).await.len(), 1, "the live session goes on");
}

#[tokio::test]
async fn a_hello_that_is_looked_at_late_does_not_take_the_stream_back() {
    let bench = Bench::open();
    let mut phone = bench.phone(bench.account(PlanName::Pro).await).await;
    let slow = phone.hello(&bench, phone.fresh());
    phone.connect(&bench, phone.fresh()).await;
    let before = bench.tables();
    assert_eq!(bench.device(slow).await, OpenVerdict::Replaced);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_token_of_an_older_pairing_or_of_a_revoked_device_opens_nothing() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let mut phone = bench.online(account).await;
    let old = phone.clone();
    let (public, secret_digest, _) = bench.code(account, PairTarget::Existing(phone.device_id)).await;
    bench.api(RedeemPairingCode { public, secret_digest, model: String::new() }).await;
    let before = bench.tables();
    assert_eq!(bench.device(old.hello(&bench, old.with_past(0, 0))).await, OpenVerdict::Revoked);
    assert_eq!(bench.tables(), before);
    phone.generation += 1;
    phone.connect(&bench, phone.with_past(0, 0)).await;
    let revoke = RevokeDevice { account_id: account, device_id: phone.device_id };
    assert!(bench.api(revoke).await);
    let state = bench.ask(TokenStateOf(phone.device_id)).await;
    assert_eq!(state, Some(TokenState { generation: phone.generation + 1, paired: false }));
    let before = bench.tables();
    assert_eq!(bench.device(phone.hello(&bench, phone.with_past(0, 0))).await, OpenVerdict::Revoked);
    assert_eq!(phone.upload(&bench, 1, vec![inbound("late", bench.now())]).await, RecordVerdict::Fenced);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_journal_that_went_back_is_refused_and_an_operator_is_told() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    phone.upload(&bench, 1, vec![inbound("one", bench.now()), inbound("two", bench.now())]).await;
    let copy = phone.hello(&bench, phone.with_past(1, 0));
    let before = bench.tables();
    assert_eq!(bench.device(copy).await, OpenVerdict::WentBack);
    let mut after = bench.tables();
    assert_eq!(after.insert("attention".into(), Vec::new()).unwrap().len(), 1);
    assert_eq!(after, before, "nothing but the remark");
    let question = TroubleOf { account_id: phone.account_id, device_id: phone.device_id };
    assert!(bench.ask(question).await.remark.unwrap().starts_with("journal_went_back"));
    assert!(phone.upload(&bench, 3, vec![inbound("three", bench.now())]).await != RecordVerdict::Fenced);
}

#[tokio::test]
async fn numbers_that_contradict_each_other_write_nothing() {
    let bench = Bench::open();
    let phone = bench.phone(bench.account(PlanName::Pro).await).await;
    let fresh = phone.fresh();
    let before = bench.tables();
    for bad in [
        Presented { lowest: 0, ..fresh },
        Presented { acked: 1, ..fresh },
        Presented { lowest: 2, ..fresh },
        Presented { head: u64::MAX >> 1, ..fresh },
        Presented { down: u64::MAX >> 1, ..fresh },
    ] {
        assert_eq!(bench.device(phone.hello(&bench, bad)).await, OpenVerdict::Bad, "{bad:?}");
    }
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_pruned_journal_leaves_a_hole_that_an_operator_sees() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Pro).await).await;
    let pruned = Presented { lowest: 5, ..phone.with_past(7, 0) };
    let opened = phone.connect(&bench, pruned).await;
    assert_eq!((opened.case, opened.up, opened.live), (Case::Pruned, 4, false));
    let question = TroubleOf { account_id: phone.account_id, device_id: phone.device_id };
    assert!(bench.ask(question).await.remark.unwrap().contains("before 5"));
}

#[tokio::test]
async fn a_restart_clears_who_was_live_and_epochs_go_on_rising() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    let before = phone.epoch;
    let bench = bench.reopen().await;
    assert_eq!(bench.accept(&key, "nobody is there").await.dispatch, None);
    // A change of the last process's session that was still on its way when it died is old only once a new
    // session has opened; until then nobody else speaks for the device.
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert!(phone.epoch > before);
    assert_eq!(phone.next(&bench).await.len(), 1);
}

#[tokio::test]
async fn a_device_that_does_not_exist_opens_nothing() {
    let bench = Bench::open();
    let phone = bench.phone(bench.account(PlanName::Pro).await).await;
    let strange = relay_domain::DeviceId::from_bytes([9; 16]);
    let hello = OpenSession { device_id: strange, ..phone.hello(&bench, phone.fresh()) };
    assert_eq!(bench.device(hello).await, OpenVerdict::Revoked);
}
