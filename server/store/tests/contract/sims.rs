//! SIMs: recognised wherever they sit, and a number that an operator sets belongs to the SIM.

use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::PlanName;
use relay_domain::report::Report;
use relay_store::changes::{SetSimNumber, SimNumberVerdict};
use relay_store::queries::{Devices, InboundFilter, ListDevices, ListInbound, Window};

use crate::bench::{Bench, Phone, inbound, sim};

async fn shown(bench: &Bench, phone: &Phone) -> Vec<(u8, Option<String>)> {
    let devices = bench.ask(ListDevices { account_id: Some(phone.account_id), which: Devices::Active }).await;
    devices[0].sims.iter().map(|sim| (sim.slot, sim.number.clone())).collect()
}

fn set(phone: &Phone, slot: u8, number: &str) -> SetSimNumber {
    let number = PhoneNumber::parse(number).unwrap();
    SetSimNumber { account_id: phone.account_id, device_id: phone.device_id, slot, number }
}

async fn received_on(bench: &Bench, phone: &Phone, number: &str) -> usize {
    let question = ListInbound {
        account_id: phone.account_id,
        number: Some(number.into()),
        filter: InboundFilter::default(),
        window: Window { offset: 0, limit: 10 },
    };
    bench.ask(question).await.rows.len()
}

#[tokio::test]
async fn a_sim_that_changes_its_slot_stays_the_same_sim() {
    let bench = Bench::open();
    let mut phone = bench.phone(bench.account(PlanName::Pro).await).await;
    phone.sims = vec![sim(0, Some("+4915100000001"), Some("a")), sim(1, None, Some("b"))];
    phone.connect(&bench, phone.fresh()).await;
    phone.sims = vec![sim(0, None, Some("b")), sim(1, None, Some("a"))];
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(bench.count("sim"), 2);
    assert_eq!(shown(&bench, &phone).await, [(0, None), (1, Some("+4915100000001".into()))]);
    phone.sims.clear();
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(shown(&bench, &phone).await, [], "what is out is not listed");
    assert_eq!(bench.count("sim"), 2, "and not forgotten");
}

#[tokio::test]
async fn a_reported_inventory_counts_only_above_the_heads_of_the_hello() {
    let bench = Bench::open();
    let mut phone = bench.phone(bench.account(PlanName::Pro).await).await;
    phone.sims = vec![sim(0, None, Some("new"))];
    let presented = relay_domain::resume::Presented { acked: 0, ..phone.with_past(1, 0) };
    phone.connect(&bench, presented).await;
    let before = bench.tables()["sim"].clone();
    phone.upload(&bench, 1, vec![Report::Sims(vec![sim(0, None, Some("old"))])]).await;
    assert_eq!(bench.tables()["sim"], before, "the hello is newer");
    phone.upload(&bench, 2, vec![Report::Sims(vec![sim(0, None, Some("newer"))])]).await;
    assert_eq!(bench.count("sim"), 2);
}

#[tokio::test]
async fn a_number_set_late_is_taken_by_what_arrived_before() {
    let bench = Bench::open();
    let mut phone = bench.phone(bench.account(PlanName::Pro).await).await;
    phone.sims = vec![sim(0, None, Some("a"))];
    phone.connect(&bench, phone.fresh()).await;
    phone.upload(&bench, 1, vec![inbound("one", bench.now()), inbound("two", bench.now())]).await;
    assert_eq!(received_on(&bench, &phone, "+4915100000001").await, 0);
    let SimNumberVerdict::Set { inbound_numbered, .. } = bench.api(set(&phone, 0, "+4915100000001")).await
    else {
        panic!("it is set")
    };
    assert_eq!(inbound_numbered, 2);
    assert_eq!(received_on(&bench, &phone, "+4915100000001").await, 2);
    phone.upload(&bench, 3, vec![inbound("three", bench.now())]).await;
    assert_eq!(received_on(&bench, &phone, "+4915100000001").await, 3);
}

#[tokio::test]
async fn a_set_number_wins_over_the_sims_own_and_stays_with_the_sim() {
    let bench = Bench::open();
    let mut phone = bench.phone(bench.account(PlanName::Pro).await).await;
    phone.sims = vec![sim(0, Some("+4915100000009"), Some("a"))];
    phone.connect(&bench, phone.fresh()).await;
    bench.api(set(&phone, 0, "+4915100000001")).await;
    assert_eq!(shown(&bench, &phone).await, [(0, Some("+4915100000001".into()))]);
    phone.sims = vec![sim(0, None, Some("b")), sim(1, Some("+4915100000009"), Some("a"))];
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(shown(&bench, &phone).await, [(0, None), (1, Some("+4915100000001".into()))]);
}

#[tokio::test]
async fn a_number_is_not_set_where_no_sim_is_or_no_device() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let before = bench.tables();
    assert_eq!(bench.api(set(&phone, 3, "+4915100000001")).await, SimNumberVerdict::EmptySlot);
    let stranger = SetSimNumber {
        account_id: relay_domain::AccountId::from_bytes([9; 16]),
        ..set(&phone, 0, "+4915100000001")
    };
    assert_eq!(bench.api(stranger).await, SimNumberVerdict::NoSuchDevice);
    assert_eq!(bench.tables(), before);
}
