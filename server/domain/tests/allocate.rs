//! Promises of allocation: each reason to wait, which one is told when several hold, and what a dispatch costs.

use proptest::prelude::*;
use relay_domain::Timestamp;
use relay_domain::allocate::{Readiness, Slot, Wait, allocate, pending_limit};
use relay_domain::bucket;
use relay_domain::plan::{PlanName, Quota};

const NOW: Timestamp = Timestamp::from_nanos(1_750_000_000_000_000_000);

fn free() -> Quota {
    PlanName::Free.plan().quota
}

fn ready() -> Readiness {
    Readiness {
        live: true,
        stalled: false,
        paused: false,
        in_flight: 0,
        max_pending: 256,
        quota: free(),
        arrival: NOW,
    }
}

fn empty() -> Timestamp {
    NOW.plus(free().interval() * free().burst.get())
}

#[test]
fn a_ready_device_pays_one_token() {
    assert_eq!(allocate(&ready(), Slot::HoldsTheSim, NOW), Ok(NOW.plus(free().interval())));
}

#[test]
fn an_empty_bucket_names_the_instant_of_the_next_token() {
    let until = NOW.plus(free().interval());
    let device = Readiness { arrival: empty(), ..ready() };
    assert_eq!(allocate(&device, Slot::HoldsTheSim, NOW), Err(Wait::BucketEmpty { until }));
    assert!(allocate(&device, Slot::HoldsTheSim, until).is_ok());
}

#[test]
fn the_reason_furthest_from_leaving_is_told() {
    // Everything is wrong; then one after the other is put right, and the next reason shows.
    let mut device =
        Readiness { live: false, stalled: true, paused: true, in_flight: 256, arrival: empty(), ..ready() };
    let mismatch = |device: &Readiness| allocate(device, Slot::Mismatch, NOW);
    assert_eq!(mismatch(&device), Err(Wait::DeviceOffline));
    device.live = true;
    assert_eq!(mismatch(&device), Err(Wait::DeviceUnresponsive));
    device.stalled = false;
    assert_eq!(mismatch(&device), Err(Wait::Paused));
    device.paused = false;
    assert_eq!(mismatch(&device), Err(Wait::SimMismatch));
    let matching = |device: &Readiness| allocate(device, Slot::HoldsTheSim, NOW);
    assert_eq!(matching(&device), Err(Wait::PhoneBusy));
    device.in_flight = 255;
    assert!(matches!(matching(&device), Err(Wait::BucketEmpty { .. })));
    device.arrival = NOW;
    assert!(matching(&device).is_ok());
}

#[test]
fn a_plans_burst_leaves_at_once_whatever_the_phone_asks_for() {
    let quota = PlanName::Enterprise.plan().quota;
    assert_eq!(pending_limit(1, quota), 1000);
    assert_eq!(pending_limit(5000, quota), 5000);
    let mut device = Readiness { max_pending: 1, quota, ..ready() };
    for in_flight in 0..1000 {
        device.in_flight = in_flight;
        device.arrival = allocate(&device, Slot::HoldsTheSim, NOW).unwrap();
    }
    device.in_flight = 1000;
    assert_eq!(allocate(&device, Slot::HoldsTheSim, NOW), Err(Wait::PhoneBusy));
}

proptest! {
    #[test]
    fn nothing_leaves_unless_everything_is_right(
        (live, stalled, paused) in any::<(bool, bool, bool)>(),
        holds in any::<bool>(),
        (in_flight, max_pending) in (0_u32..12, 0_u32..12),
        used in 0_u32..7,
    ) {
        let arrival = NOW.plus(free().interval() * used);
        let device = Readiness { live, stalled, paused, in_flight, max_pending, quota: free(), arrival };
        let slot = if holds { Slot::HoldsTheSim } else { Slot::Mismatch };
        let open = live && !stalled && !paused && holds && in_flight < max_pending.max(5);
        match allocate(&device, slot, NOW) {
            Ok(next) => {
                prop_assert!(open && used < 5);
                prop_assert_eq!(Ok(next), bucket::take(free(), arrival, NOW));
            }
            Err(Wait::BucketEmpty { until }) => {
                prop_assert!(open && used >= 5);
                prop_assert!(allocate(&device, slot, until).is_ok() || used > 5);
            }
            Err(_) => prop_assert!(!open),
        }
    }
}
