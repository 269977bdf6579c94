//! Deleted devices: in no list, known to no verb, their keys dead, their messages as they were.

use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::PlanName;
use relay_store::Effect;
use relay_store::changes::{
    AcceptMessages, Acceptance, CreateKey, DeleteDevice, DeleteVerdict, IssueCommand, IssuePairingCode,
    IssueVerdict, KeyVerdict, PairTarget, PairingCodeVerdict, RedeemPairingCode, RedeemVerdict, RevokeDevice,
    SetDeviceQuota, SetSimNumber, SettleUnpaired, SimNumberVerdict,
};
use relay_store::queries::{Devices, FindKey, InboundFilter, ListDevices, ListInbound, TokenStateOf, Window};

use crate::bench::{Bench, Phone, create_key, digest, draft, inbound};

fn delete(phone: &Phone) -> DeleteDevice {
    DeleteDevice { account_id: phone.account_id, device_id: phone.device_id }
}

async fn revoke(bench: &Bench, phone: &Phone) {
    assert!(bench.api(RevokeDevice { account_id: phone.account_id, device_id: phone.device_id }).await);
    while bench.sweep(SettleUnpaired).await > 0 {}
}

async fn listed(bench: &Bench, phone: &Phone, which: Devices) -> usize {
    bench.ask(ListDevices { account_id: Some(phone.account_id), which }).await.len()
}

#[tokio::test]
async fn a_paired_phone_is_not_deleted() {
    let bench = Bench::open();
    let (phone, _) = bench.sender(PlanName::Pro).await;
    let before = bench.tables();
    assert_eq!(bench.api(delete(&phone)).await, DeleteVerdict::StillPaired);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_device_that_never_paired_is_deleted_and_its_code_with_it() {
    let bench = Bench::open();
    let account_id = bench.account(PlanName::Pro).await;
    let (public, secret_digest, device_id) = bench.code(account_id, PairTarget::New("Typo".into())).await;
    let gone = bench.api(DeleteDevice { account_id, device_id }).await;
    assert_eq!(gone, DeleteVerdict::Deleted { revoked: Vec::new() });
    let redeem = RedeemPairingCode { public, secret_digest, model: "Pixel".into() };
    assert_eq!(bench.api(redeem).await, RedeemVerdict::Wrong);
    assert!(!bench.ask(TokenStateOf(device_id)).await.unwrap().paired);
}

#[tokio::test]
async fn a_deleted_device_is_in_no_list_and_what_it_sent_and_received_stays() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    phone.upload(&bench, 1, vec![inbound("y", bench.now())]).await;
    revoke(&bench, &phone).await;
    let before = bench.message(&message).await;
    assert!(matches!(bench.api(delete(&phone)).await, DeleteVerdict::Deleted { .. }));
    assert_eq!(listed(&bench, &phone, Devices::Active).await, 0);
    assert_eq!(listed(&bench, &phone, Devices::All).await, 1);
    let all = bench.ask(ListDevices { account_id: None, which: Devices::All }).await;
    assert_eq!(all[0].deleted_at, Some(bench.now()));
    assert_eq!(bench.message(&message).await, before);
    let list = ListInbound {
        account_id: phone.account_id,
        number: Some(key.line.number),
        filter: InboundFilter::default(),
        window: Window { offset: 0, limit: 10 },
    };
    assert_eq!(bench.ask(list).await.rows[0].body, "y");
}

#[tokio::test]
async fn the_keys_of_its_lines_die_in_the_same_commit_and_no_others() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let second = bench.key(&phone, 0).await;
    let other = bench.online(phone.account_id).await;
    let others = bench.key(&other, 0).await;
    revoke(&bench, &phone).await;
    bench.heard().await;
    let DeleteVerdict::Deleted { mut revoked } = bench.api(delete(&phone)).await else {
        panic!("it is deleted")
    };
    revoked.sort();
    assert_eq!(revoked, [key.id, second.id]);
    let dead = bench.heard().await.into_iter().filter(|effect| matches!(effect, Effect::KeyRevoked { .. }));
    assert_eq!(dead.count(), 2, "whoever remembers a key forgets it");
    let drafts = vec![draft("x")];
    assert_eq!(
        bench.api(AcceptMessages { key, drafts: drafts.clone(), request: None }).await,
        Acceptance::KeyRevoked
    );
    assert!(matches!(
        bench.api(AcceptMessages { key: others, drafts, request: None }).await,
        Acceptance::Verdicts(_)
    ));
}

#[tokio::test]
async fn a_revoked_key_keeps_its_instant() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let secret = relay_domain::key::KeyDigest(digest(90));
    let KeyVerdict::Created(key) = bench.api(create_key(&phone, 0, secret)).await else { panic!("no key") };
    bench.api(relay_store::changes::RevokeKey { key_id: key.id }).await;
    let at = bench.now();
    bench.advance(std::time::Duration::from_secs(60));
    revoke(&bench, &phone).await;
    assert_eq!(bench.api(delete(&phone)).await, DeleteVerdict::Deleted { revoked: Vec::new() });
    assert_eq!(bench.ask(FindKey(secret)).await.unwrap().revoked_at, Some(at));
}

#[tokio::test]
async fn no_verb_knows_a_deleted_device() {
    let bench = Bench::open();
    let (phone, _) = bench.sender(PlanName::Pro).await;
    let (account_id, device_id) = (phone.account_id, phone.device_id);
    let (public, secret_digest, _) = bench.code(account_id, PairTarget::Existing(device_id)).await;
    revoke(&bench, &phone).await;
    let stranger = DeleteDevice { account_id: bench.account(PlanName::Pro).await, device_id };
    assert_eq!(bench.api(stranger).await, DeleteVerdict::NoSuchDevice);
    assert!(matches!(bench.api(delete(&phone)).await, DeleteVerdict::Deleted { .. }));
    bench.advance(std::time::Duration::from_secs(1));
    let before = bench.tables();
    assert_eq!(bench.api(delete(&phone)).await, DeleteVerdict::NoSuchDevice);
    assert!(!bench.api(RevokeDevice { account_id, device_id }).await);
    let key = CreateKey { ..create_key(&phone, 0, relay_domain::key::KeyDigest(digest(91))) };
    assert_eq!(bench.api(key).await, KeyVerdict::NoSuchDevice);
    let number = PhoneNumber::parse("+4915100000001").unwrap();
    let set = SetSimNumber { account_id, device_id, slot: 0, number };
    assert_eq!(bench.api(set).await, SimNumberVerdict::NoSuchDevice);
    assert_eq!(bench.api(SetDeviceQuota { account_id, device_id, quota: None }).await, None);
    let command = IssueCommand {
        account_id,
        device_id,
        kind: "refresh_sims".into(),
        deadline: std::time::Duration::from_secs(60),
    };
    assert_eq!(bench.api(command).await, IssueVerdict::NoSuchDevice);
    let code = IssuePairingCode {
        account_id,
        target: PairTarget::Existing(device_id),
        public: "GONE".into(),
        secret_digest: digest(92),
    };
    assert_eq!(bench.api(code).await, PairingCodeVerdict::NoSuchDevice);
    let redeem = RedeemPairingCode { public, secret_digest, model: "Pixel".into() };
    assert_eq!(bench.api(redeem).await, RedeemVerdict::Wrong);
    assert_eq!(bench.tables(), before, "not a byte");
}
