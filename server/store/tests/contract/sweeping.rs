//! What a sweep finds again is matched one to one with what the device's other journals have told.

use relay_domain::Timestamp;
use relay_domain::plan::PlanName;
use relay_domain::report::{BROADCAST, InboundReport, Report, SWEEP};
use relay_domain::sim::SimFacts;

use crate::bench::{Bench, Phone, journal};

const FROM: &str = "+4915200000001";

/// An SMS that the message centre had at this second.
fn sms(body: &str, second: i64, source: &'static str) -> Report {
    let at = crate::bench::START.minus(std::time::Duration::from_secs(1_000));
    let smsc_at = Timestamp::from_millis(at.millis() + second * 1_000);
    Report::Inbound(InboundReport {
        slot: 0,
        sim: SimFacts { iccid_hash: Some("iccid-a".into()), ..SimFacts::default() },
        sender: FROM.into(),
        body: body.into(),
        parts: 1,
        smsc_at: Some(smsc_at),
        digest: format!("digest of {body}"),
        source,
        received_at: smsc_at,
    })
}

async fn reinstall(bench: &Bench, phone: &mut Phone) {
    phone.journal = journal(bench.draw() + 1_000);
    phone.connect(bench, phone.fresh()).await;
}

async fn stored(bench: &Bench) -> usize {
    bench.count("inbound")
}

#[tokio::test]
async fn what_the_journal_before_has_told_is_acknowledged_and_not_stored_again() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Free).await).await;
    phone.upload(&bench, 1, vec![sms("a", 1, BROADCAST), sms("b", 2, BROADCAST)]).await;
    reinstall(&bench, &mut phone).await;
    // The third came while no app was there.
    let swept = ["a", "b", "c"].iter().zip(1..).map(|(body, second)| sms(body, second, SWEEP));
    let recorded = phone.upload(&bench, 1, swept.collect()).await;
    assert_eq!(recorded, relay_store::changes::RecordVerdict::Recorded { up: 3, live: true });
    assert_eq!(stored(&bench).await, 3);
    // And once more.
    reinstall(&bench, &mut phone).await;
    let swept = ["a", "b", "c"].iter().zip(1..).map(|(body, second)| sms(body, second, SWEEP));
    phone.upload(&bench, 1, swept.collect()).await;
    assert_eq!(stored(&bench).await, 3);
}

#[tokio::test]
async fn two_identical_texts_in_one_second_are_two_however_many_of_them_were_told() {
    for told in 0..=2 {
        let bench = Bench::open();
        let mut phone = bench.online(bench.account(PlanName::Free).await).await;
        phone.upload(&bench, 1, vec![sms("same", 1, BROADCAST); told]).await;
        reinstall(&bench, &mut phone).await;
        phone.upload(&bench, 1, vec![sms("same", 1, SWEEP); 2]).await;
        assert_eq!(stored(&bench).await, 2, "{told} were told before");
    }
}

#[tokio::test]
async fn a_broadcast_and_a_sweep_of_the_same_journal_are_its_own_affair() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Free).await).await;
    // One to one on the phone: what it journals of one journal is never matched here.
    phone.upload(&bench, 1, vec![sms("same", 1, BROADCAST), sms("same", 1, SWEEP)]).await;
    assert_eq!(stored(&bench).await, 2);
}

#[tokio::test]
async fn another_second_another_sender_or_another_sim_is_another_message() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Free).await).await;
    phone.upload(&bench, 1, vec![sms("same", 1, BROADCAST)]).await;
    reinstall(&bench, &mut phone).await;
    let changed = |change: fn(&mut InboundReport)| {
        let Report::Inbound(mut report) = sms("same", 1, SWEEP) else { panic!("an SMS") };
        change(&mut report);
        Report::Inbound(report)
    };
    let others = vec![
        sms("same", 2, SWEEP),
        changed(|report| report.sender = "+4915200000002".into()),
        changed(|report| report.sim.iccid_hash = Some("iccid-b".into())),
    ];
    let many = others.len();
    phone.upload(&bench, 1, others).await;
    assert_eq!(stored(&bench).await, 1 + many);
    phone.upload(&bench, 1 + many as u64, vec![sms("same", 1, SWEEP)]).await;
    assert_eq!(stored(&bench).await, 1 + many, "the one that it is was still there to be matched");
}

#[tokio::test]
async fn another_devices_rows_are_not_matched() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Free).await;
    let first = bench.online(account).await;
    first.upload(&bench, 1, vec![sms("same", 1, BROADCAST)]).await;
    let second = bench.online(account).await;
    second.upload(&bench, 1, vec![sms("same", 1, SWEEP)]).await;
    assert_eq!(stored(&bench).await, 2);
}

#[tokio::test]
async fn a_row_that_was_stored_before_its_sim_told_its_number_is_found() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Free).await;
    let mut phone = bench.phone(account).await;
    let told = std::mem::replace(&mut phone.sims, vec![crate::bench::sim(0, None, Some("iccid-a"))]);
    phone.connect(&bench, phone.fresh()).await;
    phone.upload(&bench, 1, vec![sms("early", 1, BROADCAST)]).await;
    phone.sims = told;
    reinstall(&bench, &mut phone).await;
    phone.upload(&bench, 1, vec![sms("early", 1, SWEEP)]).await;
    assert_eq!(stored(&bench).await, 1);
}

#[tokio::test]
async fn where_one_side_has_no_time_stamp_the_hour_decides() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Free).await).await;
    phone.upload(&bench, 1, vec![sms("same", 1, BROADCAST), sms("same", 2, BROADCAST)]).await;
    reinstall(&bench, &mut phone).await;
    let untimed = |later_s: u64| {
        let Report::Inbound(mut report) = sms("same", 1, SWEEP) else { panic!("an SMS") };
        report.smsc_at = None;
        report.received_at = report.received_at.plus(std::time::Duration::from_secs(later_s));
        Report::Inbound(report)
    };
    // The one that surely is the second leaves the first for the one that has no time.
    phone.upload(&bench, 1, vec![sms("same", 2, SWEEP), untimed(3_000)]).await;
    assert_eq!(stored(&bench).await, 2);
    reinstall(&bench, &mut phone).await;
    phone.upload(&bench, 1, vec![untimed(2 * 3_600)]).await;
    assert_eq!(stored(&bench).await, 3, "two hours later it is another");
}

#[tokio::test]
async fn a_phone_that_cannot_tell_its_sims_is_matched_by_the_slot_whatever_sits_there_now() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Free).await).await;
    phone.upload(&bench, 1, vec![sms("same", 1, BROADCAST)]).await;
    phone.sims = vec![crate::bench::sim(0, Some("+4915119999999"), Some("iccid-b"))];
    reinstall(&bench, &mut phone).await;
    let Report::Inbound(mut report) = sms("same", 1, SWEEP) else { panic!("an SMS") };
    report.sim = SimFacts::default();
    phone.upload(&bench, 1, vec![Report::Inbound(report)]).await;
    assert_eq!(stored(&bench).await, 1);
}
