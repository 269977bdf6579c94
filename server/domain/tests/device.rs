//! What can be read off a device.

use relay_domain::device::{Device, Sim};
use relay_domain::sim::SimFacts;
use relay_domain::{AccountId, DeviceId, SimId, Timestamp};

fn device(paired: bool, revoked: bool, slots: &[u8]) -> Device {
    let at = |is: bool| is.then(|| Timestamp::from_millis(1));
    let sim = |slot: &u8| Sim {
        id: SimId::from_bytes([*slot; 16]),
        slot: *slot,
        number: None,
        carrier: None,
        is_default: false,
        facts: SimFacts::default(),
    };
    Device {
        id: DeviceId::from_bytes([1; 16]),
        account_id: AccountId::from_bytes([2; 16]),
        name: "desk".into(),
        generation: 1,
        paired_at: at(paired),
        revoked_at: at(revoked),
        last_seen_at: None,
        own_quota: None,
        sims: slots.iter().map(sim).collect(),
        created_at: Timestamp::from_millis(0),
        deleted_at: None,
        leave_by: None,
    }
}

#[test]
fn only_a_device_that_was_paired_and_not_revoked_is_paired() {
    let paired = [(false, false), (false, true), (true, true), (true, false)]
        .map(|(paired, revoked)| device(paired, revoked, &[]).is_paired());
    assert_eq!(paired, [false, false, false, true]);
}

#[test]
fn a_sim_is_found_by_its_slot() {
    let device = device(true, false, &[0, 2]);
    let found = [0, 1, 2].map(|slot| device.sim_in(slot).map(|sim| sim.slot));
    assert_eq!(found, [Some(0), None, Some(2)]);
}
