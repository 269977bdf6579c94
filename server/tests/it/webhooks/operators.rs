//! What the people who run the fleet are told.

use android_bridge::sim::{CarrierProfile, demo_sim};
use device_protocol::Telemetry;

use super::{create, options, show};
use crate::support::eventually;
use crate::support::fleet::Installation;
use crate::support::receiver::{Receiver, Told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_that_come_go_and_lose_their_sim_are_told() {
    let mut town = Installation::start(options().with(&["--device-offline-after", "500ms"])).await;
    let receiver = Receiver::start().await;
    let events = "device.online,device.offline,device.attention";
    let (webhook, _) = create(&town.hub, &receiver.url("/"), events, &[]);
    let line = town.line(CarrierProfile::quick()).await;
    receiver.until_told(1).await;
    line.phone().go_offline().await;
    receiver.until_told(2).await;
    line.phone().go_online().await;
    receiver.until_told(3).await;
    line.phone().swap_sim(0, Some(demo_sim(0, "+15550109999"))).await;
    let told = receiver.until_told(4).await;
    let events: Vec<String> = told.iter().map(Told::event).collect();
    assert_eq!(events, ["device.online", "device.offline", "device.online", "device.attention"]);
    let sick = Telemetry {
        battery_percent: Some(9),
        missing_permissions: Some(vec!["SEND_SMS".to_owned()]),
        rcs_on: Some(true),
        sms_refused: Some(true),
        ..Telemetry::default()
    };
    line.phone().set_health(sick).await;
    let told = receiver.until_told(8).await;
    let reasons = told[3..].iter().map(|told| told.json()["data"]["reason"].as_str().unwrap().to_owned());
    let mut kinds: Vec<String> =
        reasons.map(|reason| reason.split(": ").next().unwrap().to_owned()).collect();
    // Each stands for itself: they come in any order.
    kinds[1..].sort();
    assert_eq!(kinds, ["sim_swapped", "battery_low", "permission_lost", "radio_refused", "rcs_on"]);
    assert!(told.iter().all(|told| told.json()["data"]["deviceId"] == line.device_id));
    eventually("nothing waits", || async { (show(&town.hub, &webhook)["pending"] == 0).then_some(()) }).await;
    town.judge().await;
}
