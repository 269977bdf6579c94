//! Pairing codes: ten minutes, once, five guesses; and what a pairing does to the tokens before it.

use std::time::Duration;

use relay_domain::pairing_code::{LIFETIME, MAX_WRONG_SECRETS};
use relay_domain::plan::PlanName;
use relay_store::changes::{
    IssuePairingCode, PairTarget, PairingCodeVerdict, RedeemPairingCode, RedeemVerdict,
};
use relay_store::queries::{Devices, ListDevices, TokenState, TokenStateOf};
use relay_store::{Effect, EndReason};

use crate::bench::{Bench, digest};

const WRONG: u64 = u64::MAX;

fn redeem(public: &str, secret_digest: [u8; 32]) -> RedeemPairingCode {
    RedeemPairingCode { public: public.to_owned(), secret_digest, model: "Pixel 8".into() }
}

#[tokio::test]
async fn a_code_works_once() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, secret, device_id) = bench.code(account, PairTarget::New("Office".into())).await;
    let RedeemVerdict::Paired(paired) = bench.api(redeem(&public, secret)).await else { panic!("it works") };
    assert_eq!((paired.device_id, paired.account_id, paired.generation), (device_id, account, 1));
    let before = bench.tables();
    assert_eq!(bench.api(redeem(&public, secret)).await, RedeemVerdict::Used);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_code_dies_after_ten_minutes_and_not_before() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (in_time, one, _) = bench.code(account, PairTarget::New("In time".into())).await;
    let (late, two, _) = bench.code(account, PairTarget::New("Late".into())).await;
    bench.advance(LIFETIME - Duration::from_nanos(1));
    assert!(matches!(bench.api(redeem(&in_time, one)).await, RedeemVerdict::Paired(_)));
    bench.advance(Duration::from_nanos(1));
    assert_eq!(bench.api(redeem(&late, two)).await, RedeemVerdict::Expired);
    // Its public half is free again, and the newer code is the one that counts.
    let again = IssuePairingCode {
        account_id: account,
        target: PairTarget::New("Again".into()),
        public: late.clone(),
        secret_digest: digest(77),
    };
    assert!(matches!(bench.api(again).await, PairingCodeVerdict::Issued { .. }));
    assert!(matches!(bench.api(redeem(&late, digest(77))).await, RedeemVerdict::Paired(_)));
}

#[tokio::test]
async fn a_clock_that_is_set_back_brings_no_old_code_to_life() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, secret, _) = bench.code(account, PairTarget::New("Office".into())).await;
    bench.set_back(Duration::from_nanos(1));
    assert_eq!(bench.api(redeem(&public, secret)).await, RedeemVerdict::Expired);
    bench.advance(Duration::from_nanos(1));
    assert!(matches!(bench.api(redeem(&public, secret)).await, RedeemVerdict::Paired(_)));
}

#[tokio::test]
async fn five_wrong_secrets_burn_a_code_even_for_who_knows_it() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, secret, device_id) = bench.code(account, PairTarget::New("Office".into())).await;
    let (other, other_secret, _) = bench.code(account, PairTarget::New("Other".into())).await;
    for _ in 0..MAX_WRONG_SECRETS {
        assert_eq!(bench.api(redeem(&public, digest(WRONG))).await, RedeemVerdict::Wrong);
    }
    assert_eq!(bench.api(redeem(&public, secret)).await, RedeemVerdict::Burnt);
    let state = bench.ask(TokenStateOf(device_id)).await;
    assert_eq!(state, Some(TokenState { generation: 0, paired: false }));
    assert!(
        matches!(bench.api(redeem(&other, other_secret)).await, RedeemVerdict::Paired(_)),
        "a neighbour's lives"
    );
}

#[tokio::test]
async fn four_wrong_secrets_do_not() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, secret, _) = bench.code(account, PairTarget::New("Office".into())).await;
    for _ in 1..MAX_WRONG_SECRETS {
        assert_eq!(bench.api(redeem(&public, digest(WRONG))).await, RedeemVerdict::Wrong);
    }
    assert!(matches!(bench.api(redeem(&public, secret)).await, RedeemVerdict::Paired(_)));
}

#[tokio::test]
async fn an_unknown_code_is_wrong_and_writes_nothing() {
    let bench = Bench::open();
    let before = bench.tables();
    assert_eq!(bench.api(redeem("ZZZZ", digest(1))).await, RedeemVerdict::Wrong);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_public_half_that_lives_is_not_given_out_twice() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, ..) = bench.code(account, PairTarget::New("Office".into())).await;
    let before = bench.tables();
    let twice = IssuePairingCode {
        account_id: account,
        target: PairTarget::New("Other".into()),
        public,
        secret_digest: digest(9),
    };
    assert_eq!(bench.api(twice).await, PairingCodeVerdict::PublicTaken);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn pairing_again_keeps_the_device_and_ends_the_tokens_before() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let phone = bench.online(account).await;
    let (public, secret, device_id) = bench.code(account, PairTarget::Existing(phone.device_id)).await;
    assert_eq!(device_id, phone.device_id);
    bench.heard().await;
    let RedeemVerdict::Paired(paired) = bench.api(redeem(&public, secret)).await else { panic!("it works") };
    assert_eq!(paired.generation, phone.generation + 1);
    let ended = Effect::EndSession { device_id, generation: paired.generation, why: EndReason::PairedAnew };
    assert!(bench.heard().await.contains(&ended), "the old token's session is told");
    let devices = bench.ask(ListDevices { account_id: Some(account), which: Devices::Active }).await;
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].name, "Office", "a name that was given stays");
}

#[tokio::test]
async fn a_device_without_a_name_takes_the_phones() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let (public, secret, _) = bench.code(account, PairTarget::New(String::new())).await;
    bench.api(redeem(&public, secret)).await;
    assert_eq!(
        bench.ask(ListDevices { account_id: Some(account), which: Devices::Active }).await[0].name,
        "Pixel 8"
    );
}
