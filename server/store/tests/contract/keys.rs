//! Keys: bound to the line that a slot holds, dead from the commit that revokes them.

use relay_domain::key::KeyDigest;
use relay_domain::plan::PlanName;
use relay_store::changes::{AcceptMessages, Acceptance, KeyVerdict, RevokeKey};
use relay_store::queries::{FindKey, ListKeys};
use relay_store::{CommitError, Effect};

use crate::bench::{Bench, create_key, digest, draft, sim};

#[tokio::test]
async fn a_revoked_key_is_refused_inside_acceptance_whoever_still_remembers_it() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    bench.accept(&key, "before").await;
    assert!(bench.api(RevokeKey { key_id: key.id }).await);
    let before = bench.tables();
    let verdict =
        bench.api(AcceptMessages { key: key.clone(), drafts: vec![draft("after")], request: None }).await;
    assert_eq!(verdict, Acceptance::KeyRevoked);
    assert_eq!(bench.tables(), before, "neither message nor usage");
}

#[tokio::test]
async fn revoking_twice_keeps_the_first_instant_and_announces_the_key_each_time() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    let found = bench.ask(ListKeys { account_id: None }).await;
    assert_eq!(found[0].revoked_at, None);
    let revoked_at = bench.now();
    assert!(bench.api(RevokeKey { key_id: key.id }).await);
    bench.advance(std::time::Duration::from_secs(5));
    bench.heard().await;
    assert!(bench.api(RevokeKey { key_id: key.id }).await);
    let found = bench.ask(ListKeys { account_id: Some(key.line.account_id) }).await;
    assert_eq!(found[0].revoked_at, Some(revoked_at));
    assert!(matches!(bench.heard().await[..], [Effect::KeyRevoked { .. }]));
}

#[tokio::test]
async fn a_key_that_does_not_exist_is_not_revoked() {
    let bench = Bench::open();
    let (_, key) = bench.sender(PlanName::Free).await;
    let before = bench.tables();
    let nobody = relay_domain::KeyId::from_bytes([9; 16]);
    assert_ne!(key.id, nobody);
    assert!(!bench.api(RevokeKey { key_id: nobody }).await);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn a_key_needs_a_sim_with_a_number() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let mut phone = bench.phone(account).await;
    phone.sims = vec![sim(0, None, Some("iccid-a"))];
    phone.connect(&bench, phone.fresh()).await;
    let before = bench.tables();
    let ask = |slot| create_key(&phone, slot, KeyDigest(digest(5)));
    assert_eq!(bench.api(ask(0)).await, KeyVerdict::NumberUnknown);
    assert_eq!(bench.api(ask(1)).await, KeyVerdict::EmptySlot);
    let strange = relay_domain::DeviceId::from_bytes([9; 16]);
    let elsewhere = relay_store::changes::CreateKey { device_id: strange, ..ask(0) };
    assert_eq!(bench.api(elsewhere).await, KeyVerdict::NoSuchDevice);
    assert_eq!(bench.tables(), before);
}

#[tokio::test]
async fn keys_of_one_line_share_it_and_are_found_by_their_digest_alone() {
    let bench = Bench::open();
    let (phone, one) = bench.sender(PlanName::Pro).await;
    let KeyVerdict::Created(two) = bench.api(create_key(&phone, 0, KeyDigest(digest(99)))).await else {
        panic!("a second key")
    };
    assert_eq!(one.line, two.line);
    assert_eq!(bench.count("line"), 1);
    assert_eq!(bench.ask(FindKey(KeyDigest(digest(99)))).await, Some(two));
    assert_eq!(bench.ask(FindKey(KeyDigest(digest(98)))).await, None);
}

#[tokio::test]
async fn a_change_that_breaks_the_schema_is_refused_and_stores_nothing() {
    let bench = Bench::open();
    let (phone, _) = bench.sender(PlanName::Pro).await;
    bench.api(create_key(&phone, 0, KeyDigest(digest(50)))).await;
    let before = bench.tables();
    // Two secrets with one digest: the schema forbids it, and no verdict foresees it.
    let twice = bench.store.lane().api(create_key(&phone, 0, KeyDigest(digest(50)))).await;
    assert_eq!(twice, Err(CommitError::Refused));
    assert_eq!(bench.tables(), before);
    bench.api(create_key(&phone, 0, KeyDigest(digest(51)))).await;
}
