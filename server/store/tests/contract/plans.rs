//! Plans that change: in the middle of a drained bucket and in the middle of a month.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::account::AccountChanges;
use relay_domain::month::Zone;
use relay_domain::plan::{PlanName, Quota};
use relay_store::Effect;
use relay_store::changes::{
    AcceptMessages, Acceptance, ChangeAccount, PairTarget, SetDeviceQuota, SpreadPlan,
};
use relay_store::queries::{Devices, ListDevices, MonthUsed, UsageOf};

use crate::bench::{Bench, Phone, draft};

fn to_plan(plan: PlanName) -> AccountChanges {
    AccountChanges { plan: Some(plan.plan()), ..AccountChanges::default() }
}

async fn change(bench: &Bench, phone: &Phone, plan: PlanName) {
    let change = ChangeAccount { account_id: phone.account_id, changes: to_plan(plan) };
    assert_eq!(bench.api(change).await.unwrap().plan, plan.plan());
    while bench.sweep(SpreadPlan).await > 0 {}
}

#[tokio::test]
async fn an_upgrade_in_a_drained_bucket_keeps_what_was_used_and_wakes_the_phone() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    let bulk = |count| AcceptMessages { key: key.clone(), drafts: vec![draft("x"); count], request: None };
    bench.api(bulk(60)).await;
    assert!(phone.next(&bench).await.is_empty(), "five have left and the bucket is empty");
    bench.heard().await;
    change(&bench, &phone, PlanName::Starter).await;
    assert!(bench.heard().await.contains(&Effect::Wake { device_id: phone.device_id }));
    // 50 at once, of which 5 are used.
    let mut left = 0;
    loop {
        match phone.next(&bench).await.len() {
            0 => break,
            more => left += more,
        }
    }
    assert_eq!(left, 45);
    change(&bench, &phone, PlanName::Free).await;
    bench.advance(Duration::from_secs(59));
    assert!(phone.next(&bench).await.is_empty(), "back on Free with nothing left");
    bench.advance(Duration::from_secs(1));
    assert_eq!(phone.next(&bench).await.len(), 1);
}

#[tokio::test]
async fn a_cap_that_comes_in_the_middle_of_a_month_counts_what_was_accepted_before() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Starter).await;
    let bulk = |count| AcceptMessages { key: key.clone(), drafts: vec![draft("x"); count], request: None };
    let passed = async |count| match bench.api(bulk(count)).await {
        Acceptance::Verdicts(verdicts) => verdicts.iter().filter(|verdict| verdict.is_ok()).count(),
        other => panic!("not looked at: {other:?}"),
    };
    assert_eq!(passed(499).await, 499);
    change(&bench, &phone, PlanName::Free).await;
    assert_eq!(passed(2).await, 1);
    change(&bench, &phone, PlanName::Pro).await;
    assert_eq!(passed(2).await, 2);
    change(&bench, &phone, PlanName::Free).await;
    assert_eq!(passed(1).await, 0);
    let used = bench.ask(UsageOf { account_id: phone.account_id, months: 12 }).await;
    assert_eq!(used, [MonthUsed { month: 202_604, accepted: 502 }]);
}

#[tokio::test]
async fn a_new_plan_reaches_every_device_by_two_hundreds_and_none_of_another_account() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Free).await;
    let other = bench.account(PlanName::Free).await;
    for n in 0..205 {
        bench.code(account, PairTarget::New(n.to_string())).await;
    }
    bench.code(other, PairTarget::New("other".into())).await;
    bench.api(ChangeAccount { account_id: account, changes: to_plan(PlanName::Pro) }).await.unwrap();
    let mut spread = Vec::new();
    for _ in 0..4 {
        spread.push(bench.sweep(SpreadPlan).await);
    }
    assert_eq!(spread, [200, 5, 1, 0]);
    let rows = &bench.tables()["device_stream"];
    assert_eq!(rows.iter().filter(|row| row.contains(" 100 50 ")).count(), 205);
    assert_eq!(rows.iter().filter(|row| row.contains(" 5 1 ")).count(), 1);
}

#[tokio::test]
async fn a_device_with_a_quota_of_its_own_keeps_it_until_it_is_given_back() {
    let bench = Bench::open();
    let (phone, _) = bench.sender(PlanName::Free).await;
    let own = Quota::new(7, 3).unwrap();
    let set = |quota| SetDeviceQuota { account_id: phone.account_id, device_id: phone.device_id, quota };
    assert_eq!(bench.api(set(Some(own))).await, Some(own));
    change(&bench, &phone, PlanName::Pro).await;
    let shown =
        bench.ask(ListDevices { account_id: Some(phone.account_id), which: Devices::Active }).await.remove(0);
    assert_eq!(shown.own_quota, Some(own));
    assert!(bench.tables()["device_stream"][0].contains(" 7 3 "));
    assert_eq!(bench.api(set(None)).await, Some(PlanName::Pro.plan().quota));
    assert!(bench.tables()["device_stream"][0].contains(" 100 50 "));
    let stranger = bench.account(PlanName::Free).await;
    let theirs = SetDeviceQuota { account_id: stranger, device_id: phone.device_id, quota: Some(own) };
    assert_eq!(bench.api(theirs).await, None, "another account's device is none");
}

#[tokio::test]
async fn the_month_is_the_accounts_own() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    let manila = Zone::parse("Asia/Manila").unwrap();
    let changes = AccountChanges { zone: Some(manila.clone()), ..AccountChanges::default() };
    let change = ChangeAccount { account_id: phone.account_id, changes };
    assert_eq!(bench.api(change).await.unwrap().zone, manila);
    let bulk = AcceptMessages { key, drafts: vec![draft("x"); 2], request: None };
    // The first of May begins in Manila at 16:00 UTC of the last day of April.
    let may = Timestamp::from_millis(1_777_593_600_000 - 8 * 3_600_000);
    bench.turn_to(Timestamp::from_nanos(may.nanos() - 1));
    bench.api(bulk.clone()).await;
    bench.turn_to(may);
    bench.api(bulk).await;
    let used = bench.ask(UsageOf { account_id: phone.account_id, months: 12 }).await;
    let months = [(202_605, 2), (202_604, 2)].map(|(month, accepted)| MonthUsed { month, accepted });
    assert_eq!(used, months);
}

#[tokio::test]
async fn an_unknown_account_has_no_plan_to_change() {
    let bench = Bench::open();
    let nobody = relay_domain::AccountId::from_bytes([9; 16]);
    assert_eq!(
        bench.api(ChangeAccount { account_id: nobody, changes: AccountChanges::default() }).await,
        None
    );
}
