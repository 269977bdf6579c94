//! What the people who run the fleet are told.

use super::*;

#[tokio::test]
async fn a_phone_that_comes_or_goes_is_told_once_and_one_that_flaps_is_not() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Pro).await).await;
    let away_for = Duration::from_secs(120);
    let to_tell = async || {
        let question = PresenceToTell { away_before: bench.now().minus(away_for), limit: 10 };
        bench.ask(question).await
    };
    assert!(to_tell().await.is_empty(), "nobody asked");
    let webhook = bench.webhook(phone.account_id, &["device.online", "device.offline"]).await;
    let device_id = phone.device_id;
    let tell = async |presence| bench.sweep(TellPresence { device_id, presence }).await;
    assert_eq!(to_tell().await, [(device_id, Presence::Online)]);
    assert!(!tell(Presence::Offline).await, "it is not so");
    assert!(tell(Presence::Online).await);
    assert!(!tell(Presence::Online).await, "told already");
    assert!(to_tell().await.is_empty());
    let close = async |epoch| {
        let last_seen_at = bench.now();
        bench.device(CloseSession { device_id, epoch, last_seen_at }).await;
    };
    close(phone.epoch).await;
    bench.advance(away_for);
    assert!(to_tell().await.is_empty(), "it may come back");
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert!(to_tell().await.is_empty(), "it was never told as gone");
    close(phone.epoch).await;
    let went_at = bench.now();
    bench.advance(away_for + Duration::from_secs(1));
    assert_eq!(to_tell().await, [(device_id, Presence::Offline)]);
    assert!(tell(Presence::Offline).await);
    let came = bench.only_due(webhook).await;
    assert_eq!((came.kind, came.facts.at), (EventKind::DeviceOnline, START), "in order");
    bench.tried(&came, Outcome::Taken).await;
    let went = bench.only_due(webhook).await;
    assert_eq!((went.kind, went.facts.at), (EventKind::DeviceOffline, went_at));
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(to_tell().await, [(device_id, Presence::Online)]);
}

#[tokio::test]
async fn what_a_person_should_look_at_is_told_and_the_same_not_again_within_hours() {
    let bench = Bench::open();
    let mut phone = bench.online(bench.account(PlanName::Pro).await).await;
    let webhook = bench.webhook(phone.account_id, &["device.attention"]).await;
    let reason = async || {
        let mut reasons = vec![];
        while let Some(notice) = bench.due(webhook).await.notices.pop() {
            bench.tried(&notice, Outcome::Taken).await;
            reasons.push(notice.facts.reason.unwrap());
        }
        reasons
    };
    let lost = |epoch, name: &str| {
        let detail = format!("the app may not {name}");
        Attend { device_id: phone.device_id, epoch, kind: "permission_lost", detail }
    };
    assert!(bench.device(lost(phone.epoch, "SEND_SMS")).await);
    assert!(!bench.device(lost(phone.epoch, "SEND_SMS")).await);
    assert!(bench.device(lost(phone.epoch, "READ_SMS")).await, "that is another");
    let told = ["permission_lost: the app may not SEND_SMS", "permission_lost: the app may not READ_SMS"];
    assert_eq!(reason().await, told);
    for number in 0..20 {
        assert_eq!(bench.device(lost(phone.epoch, &number.to_string())).await, number < 6, "{number}");
    }
    assert_eq!(reason().await.len(), 6);
    bench.advance(6 * HOUR);
    assert!(bench.device(lost(phone.epoch, "SEND_SMS")).await);
    assert!(!bench.device(lost(phone.epoch - 1, "other")).await, "an older session");
    assert_eq!(reason().await.len(), 1);
    let before = std::mem::take(&mut phone.sims);
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(
        reason().await,
        ["sim_removed: the SIM of slot 0 (+4915112345678) is gone: its slot is empty"]
    );
    phone.sims.clone_from(&before);
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert!(reason().await.is_empty(), "it is back");
    phone.sims.clear();
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert!(reason().await.is_empty(), "it sits loose: that was said");
    phone.sims.clone_from(&before);
    phone.connect(&bench, phone.with_past(0, 0)).await;
    phone.sims = vec![sim(0, Some("+4915100000009"), Some("iccid-b"))];
    phone.connect(&bench, phone.with_past(0, 0)).await;
    let swapped = "sim_swapped: the SIM of slot 0 (+4915112345678) is gone: another SIM sits in its slot";
    assert_eq!(reason().await, [swapped]);
}
