//! Tenants are walls: another account's id answers exactly like one that does not exist, in every question and
//! every change that names an account.

use relay_domain::message::Outbound;
use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::PlanName;
use relay_domain::{AccountId, MessageId};
use relay_store::changes::{
    CancelMessage, CancelVerdict, CreateKey, IssueCommand, IssuePairingCode, IssueVerdict, KeyVerdict,
    PairTarget, PairingCodeVerdict, RevokeDevice, SetSimNumber, SimNumberVerdict,
};
use relay_store::queries::{
    DeviceTrouble, Devices, FindOutbound, InboundFilter, ListDevices, ListInbound, ListKeys, ListOutbound,
    OutboundFilter, TimelineOf, TroubleOf, Window,
};

use crate::bench::{Bench, Phone, create_key, digest, inbound, unreadable};

const WINDOW: Window = Window { offset: 0, limit: 10 };

/// A tenant with one of everything, and a stranger.
async fn houses(bench: &Bench) -> (Phone, Outbound, AccountId) {
    let (phone, key) = bench.sender(PlanName::Free).await;
    for _ in 0..5 {
        bench.accept(&key, "dispatched").await;
    }
    let message = bench.accept(&key, "queued").await;
    phone.upload(bench, 1, vec![inbound("secret", bench.now()), unreadable("{")]).await;
    (phone, message, bench.account(PlanName::Free).await)
}

#[tokio::test]
async fn no_question_shows_another_accounts() {
    let bench = Bench::open();
    let (phone, message, stranger) = houses(&bench).await;
    let (account_id, device_id, message_id) = (stranger, phone.device_id, message.id);
    let nobody = MessageId::from_bytes([9; 16]);
    assert_eq!(
        bench.ask(FindOutbound { account_id, message_id }).await,
        bench.ask(FindOutbound { account_id, message_id: nobody }).await,
    );
    assert!(bench.ask(TimelineOf { account_id, message_id }).await.is_empty());
    let filter = OutboundFilter { device_id: Some(device_id), ..OutboundFilter::default() };
    let page = bench.ask(ListOutbound { account_id, filter, window: WINDOW }).await;
    assert_eq!((page.rows.len(), page.total), (0, Some(0)));
    for number in [None, Some("+4915112345678".to_owned())] {
        let filter = InboundFilter { device_id: Some(device_id), ..InboundFilter::default() };
        let page = bench.ask(ListInbound { account_id, number, filter, window: WINDOW }).await;
        assert_eq!((page.rows.len(), page.total), (0, Some(0)));
    }
    assert!(bench.ask(ListDevices { account_id: Some(account_id), which: Devices::Active }).await.is_empty());
    assert!(bench.ask(ListKeys { account_id: Some(account_id) }).await.is_empty());
    assert_eq!(bench.ask(TroubleOf { account_id, device_id }).await, DeviceTrouble::default());
    // The owner sees all of it.
    let account_id = phone.account_id;
    assert!(bench.ask(FindOutbound { account_id, message_id }).await.is_some());
    assert_eq!(bench.ask(TroubleOf { account_id, device_id }).await.unreadable, 1);
}

#[tokio::test]
async fn no_change_touches_another_accounts() {
    let bench = Bench::open();
    let (phone, message, stranger) = houses(&bench).await;
    let (account_id, device_id) = (stranger, phone.device_id);
    let before = bench.tables();
    let cancel = CancelMessage { account_id, message_id: message.id };
    assert_eq!(bench.api(cancel).await, CancelVerdict::NoSuchMessage);
    let key = CreateKey { account_id, ..create_key(&phone, 0, relay_domain::key::KeyDigest(digest(70))) };
    assert_eq!(bench.api(key).await, KeyVerdict::NoSuchDevice);
    let code = IssuePairingCode {
        account_id,
        target: PairTarget::Existing(device_id),
        public: "WALL".into(),
        secret_digest: digest(71),
    };
    assert_eq!(bench.api(code).await, PairingCodeVerdict::NoSuchDevice);
    assert!(!bench.api(RevokeDevice { account_id, device_id }).await);
    let number = PhoneNumber::parse("+4915100000001").unwrap();
    let set = SetSimNumber { account_id, device_id, slot: 0, number };
    assert_eq!(bench.api(set).await, SimNumberVerdict::NoSuchDevice);
    let command = IssueCommand {
        account_id,
        device_id,
        kind: "refresh_sims".into(),
        deadline: std::time::Duration::from_secs(60),
    };
    assert_eq!(bench.api(command).await, IssueVerdict::NoSuchDevice);
    assert_eq!(bench.tables(), before, "not a byte");
}

#[tokio::test]
async fn a_cancel_by_its_owner_works_once_and_not_after_dispatch() {
    let bench = Bench::open();
    let (phone, message, _) = houses(&bench).await;
    let cancel = CancelMessage { account_id: phone.account_id, message_id: message.id };
    assert!(matches!(bench.api(cancel).await, CancelVerdict::Canceled(_)));
    assert!(matches!(bench.api(cancel).await, CancelVerdict::TooLate(_)));
    let filter = OutboundFilter::default();
    let page = bench.ask(ListOutbound { account_id: phone.account_id, filter, window: WINDOW }).await;
    let dispatched = CancelMessage { account_id: phone.account_id, message_id: page.rows[5].id };
    let before = bench.tables();
    assert!(matches!(bench.api(dispatched).await, CancelVerdict::TooLate(_)));
    assert_eq!(bench.tables(), before);
}
