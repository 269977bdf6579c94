//! What the people who run the fleet are told.

use android_bridge::sim::{CarrierProfile, demo_sim};

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
    assert!(told.iter().all(|told| told.json()["data"]["deviceId"] == line.device_id));
    assert!(told[3].json()["data"]["reason"].as_str().unwrap().starts_with("sim_swapped: "));
    eventually("nothing waits", || async { (show(&town.hub, &webhook)["pending"] == 0).then_some(()) }).await;
    town.judge().await;
}
