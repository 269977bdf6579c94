//! Inbound doubled or lost.

use android_bridge::sim::{CarrierProfile, Chance};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::changes::PairTarget;

use super::super::simulation::{PhoneSpec, Simulation};
use super::{TO, calm, one_phone};

/// Rule: pairing raises the generation, and opening a session checks it inside its transaction.
#[test]
fn old_installation_returns() {
    let mut s = one_phone();
    s.lose_link(0);
    s.run_until("the old installation connects", |s| s.phones[0].link.is_some());
    let old = s.phones[0].link.as_ref().unwrap().0;
    s.hub.hold(old, true);
    s.run_ms(200);
    let device_id = s.phones[0].device_id;
    let (_, generation) = s.pair(PairTarget::Existing(device_id));
    s.phones[0].reinstall(generation);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("the new installation is welcomed", |s| s.phones[0].is_quiet());
    s.hub.hold(old, false);
    s.run_ms(30_000);
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Dispatched, "the new installation still speaks for the device");
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
}

/// Rule: every change for a session is conditional on its epoch.
#[test]
fn a_late_change_of_an_older_session_writes_nothing() {
    let mut s = one_phone();
    s.lose_link(0);
    let now = s.phones[0].now(s.clock.elapsed_ms());
    s.phones[0].world.receive_sms(0, "+18885550100", "told to the old session", now);
    let device_id = s.phones[0].device_id;
    s.run_until("the session is open", |s| s.hub.open_connection(device_id).is_some());
    let old = s.hub.open_connection(device_id).unwrap();
    // Its task sleeps with the phone's events in its hands; meanwhile the app is installed anew.
    s.hub.hold(old, true);
    s.run_ms(500);
    s.reinstall(0);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    s.hub.hold(old, false);
    s.run_ms(5_000);
    let now = s.phones[0].now(s.clock.elapsed_ms());
    s.phones[0].world.receive_sms(0, "+18885550100", "told to the new session", now);
    s.run_until("the phone has told it", |s| s.phones[0].is_quiet());
    s.run_ms(5_000);
    // The first text is there because the new journal's sweep found it, and once because the old change wrote nothing.
    let mut inbound = s.inbound();
    inbound.sort_unstable();
    assert_eq!(inbound, ["told to the new session", "told to the old session"]);
}

fn with_carrier(profile: CarrierProfile) -> Simulation {
    Simulation::new(7, Quota::new(100, 600).unwrap(), vec![PhoneSpec { sims: 1, profile }])
}

const FROM: &str = "+18885550100";

/// Rule: a broadcast is first matched with swept entries that no broadcast has claimed.
#[test]
fn sweep_before_broadcast() {
    // Whichever of the two comes first, the other comes within 40 s, and a sweep soon after a row.
    let mut s = with_carrier(CarrierProfile { provider_late_ms: 40_000..=40_000, ..calm() });
    for n in 0..8 {
        let now = s.clock.elapsed_ms();
        s.phones[0].receive_sms(FROM, &format!("text {n}"), now);
        s.run_ms(120_000);
    }
    s.run_until("told", |s| s.phones[0].is_quiet());
    let mut inbound = s.inbound();
    inbound.sort_unstable();
    let once: Vec<String> = (0..8).map(|n| format!("text {n}")).collect();
    assert_eq!(inbound, once);
}

/// Rule: the hub matches what a sweep finds with the rows of the device's other journals.
#[test]
fn reinstall_then_sweep() {
    let mut s = one_phone();
    let now = s.clock.elapsed_ms();
    (0..2).for_each(|_| s.phones[0].receive_sms(FROM, "same", now));
    s.run_until("uploaded", |s| s.inbound().len() == 2);
    s.reinstall(0);
    s.run_until("the new journal has swept", |s| s.phones[0].is_quiet());
    s.run_ms(1_000_000);
    assert_eq!(s.inbound(), ["same", "same"]);
}

/// Rule: the inbox is swept at every start.
#[test]
fn crash_before_flush() {
    let mut s = one_phone();
    s.crash_phone(0);
    // Its process is dead: nobody hears the broadcast.
    let now = s.clock.elapsed_ms();
    s.phones[0].receive_sms(FROM, "while it was dead", now);
    s.run_ms(1_000);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("found in the inbox", |s| s.inbound() == ["while it was dead"]);
}

/// Rule: and every 15 minutes: a broadcast that never came is made good.
#[test]
fn a_broadcast_that_never_comes() {
    let mut s = with_carrier(CarrierProfile { broadcast_lost: Chance(1_000_000), ..calm() });
    let now = s.clock.elapsed_ms();
    s.phones[0].receive_sms(FROM, "nobody was told", now);
    s.run_ms(15 * 60_000 + 1_000);
    assert_eq!(s.inbound(), ["nobody was told"]);
}
