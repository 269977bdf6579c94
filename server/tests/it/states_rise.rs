//! States rise: no observer ever sees one fall, a late truth lifts what was given up, and each failure says
//! where it happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use android_bridge::sim::{CarrierProfile, Chance, Rules};
use serde_json::Value;

use crate::support::fleet::Installation;
use crate::support::{HubOptions, eventually};

const TO: &str = "+436601234567";
const CERTAIN: Chance = Chance(1_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_observer_sees_a_state_fall_whatever_the_carrier_does() {
    let rough = CarrierProfile {
        rules: Rules::ChancesOnly,
        radio_fails: Chance(200_000),
        radio_codes: vec!["generic_failure".into(), "invalid_number".into(), "no_signal".into()],
        receipt_lost: Chance(200_000),
        receipt_fails: Chance(200_000),
        late_receipt: Chance(200_000),
        late_receipt_ms: 300,
        ..CarrierProfile::quick()
    };
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(rough).await;
    let over = Arc::new(AtomicBool::new(false));
    let (watching, customer) = (Arc::clone(&over), line.customer.clone());
    let observer = tokio::spawn(async move {
        while !watching.load(Ordering::SeqCst) {
            customer.observe_everything().await;
        }
    });
    for n in 0..120 {
        line.send(TO, &format!("number {n}")).await;
        if n % 40 == 39 {
            line.phone().go_offline().await;
            line.phone().go_online().await;
        }
    }
    line.until("all begun", |phone| phone.connected && phone.counts.submitted == 120 && phone.settled())
        .await;
    over.store(true, Ordering::SeqCst);
    observer.await.unwrap();
    let counts = town.judge().await;
    assert!(counts.delivered > 0 && counts.sent > 0 && counts.failed > 0, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fate_of_the_demo_carrier_shows_as_it_is() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    let no_signal = line.send("+436600000001", "fails at the radio").await;
    let no_receipt = line.send("+436600000002", "no receipt comes").await;
    let arrives = line.send(TO, "arrives").await;
    let failed = line.customer.until_status(&no_signal, "FAILED").await;
    assert_eq!(failed["failureReason"], "No signal");
    assert!(failed["failedAt"].is_string() && failed["sentAt"].is_null(), "{failed}");
    let sent = line.customer.until_status(&no_receipt, "SENT").await;
    assert!(sent["sentAt"].is_string() && sent["deliveredAt"].is_null(), "{sent}");
    let delivered = line.customer.until_status(&arrives, "DELIVERED").await;
    assert!(delivered["sentAt"].is_string() && delivered["deliveredAt"].is_string(), "{delivered}");
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_receipt_lifts_sent_to_delivered_even_over_a_hub_restart() {
    let late = CarrierProfile { late_receipt: CERTAIN, late_receipt_ms: 1_500, ..CarrierProfile::quick() };
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(late).await;
    let id = line.send(TO, "its receipt is late").await;
    line.customer.until_status(&id, "SENT").await;
    town.hub.kill();
    town.hub.restart().await;
    line.customer.until_status(&id, "DELIVERED").await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivered_wins_over_failed_with_an_unknown_outcome() {
    // The receipt comes long after the phone's second life has reported that it does not know.
    let slow = CarrierProfile { answer_ms: 8_000..=8_000, ..CarrierProfile::quick() };
    let options = HubOptions::default().with(&["--uncertain-after", "1s"]);
    let mut town = Installation::start(options).await;
    let mut line = town.line(slow).await;
    let id = line.send(TO, "handed to the radio, then the phone died").await;
    line.until("at the radio", |phone| phone.counts.submitted == 1).await;
    line.kill().await;
    line.restart(&mut town).await;
    line.until("told that it does not know", |phone| phone.connected && phone.settled()).await;
    // What the carrier has to say waits while the phone is dead.
    line.kill().await;
    let failed = line.customer.until_status(&id, "FAILED").await;
    assert!(failed["failureReason"].as_str().unwrap().starts_with("Outcome unknown: "), "{failed}");
    line.restart(&mut town).await;
    let delivered = line.customer.until_status(&id, "DELIVERED").await;
    assert_eq!(delivered["failureReason"], Value::Null);
    assert_eq!(delivered["failedAt"], Value::Null);
    assert_eq!(town.submits_of(&id), 1);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_radio_that_never_answers_leaves_the_receipt_to_tell() {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    line.phone().set_radio_silent(true).await;
    let id = line.send(TO, "no answer, but a receipt").await;
    line.customer.until_status(&id, "DELIVERED").await;
    eventually("nothing is open at the phone", || async {
        line.phone().state().borrow().settled().then_some(())
    })
    .await;
    town.judge().await;
}
