//! A system's inbox on the table: its rows, their broadcasts, and what a phone made of them.

use android_bridge::{
    book::Via,
    clock::Now,
    engine::{InboxRow, Input},
    sim::demo_sim,
};
use device_protocol::{Event, event::InboundSource};

use super::{NUMBER, rig::Rig};

pub const HOUR_MS: u64 = 60 * 60 * 1000;
pub const DAY_MS: u64 = 24 * HOUR_MS;
/// Longer than the phone lets pass between a change and its sweep.
pub const SOON_MS: u64 = 10_000;

pub fn row(body: &str, now: Now) -> InboxRow {
    InboxRow {
        slot: 0,
        sim: Some(demo_sim(0, NUMBER).reference()),
        from: "+43664000".into(),
        body: body.into(),
        parts: 1,
        smsc_at_ms: Some(now.wall_ms),
        received_wall_ms: now.wall_ms,
    }
}

/// The broadcast of a row.
pub fn told(row: &InboxRow) -> Input {
    let InboxRow { slot, sim, from, body, parts, smsc_at_ms, .. } = row.clone();
    Input::SmsReceived { slot, sim, from, body, parts, smsc_at_ms }
}

pub fn sweep(rig: &mut Rig) {
    rig.input(Input::InboxChanged);
    rig.pass_waking(SOON_MS);
}

pub fn bodies(rig: &Rig) -> Vec<(String, InboundSource)> {
    let inbound = rig.phone.engine().book().facts.iter().filter_map(|fact| match &fact.event {
        Event::Inbound(inbound) => Some((inbound.body.clone(), inbound.source)),
        _ => None,
    });
    inbound.collect()
}

pub fn vias(rig: &Rig) -> Vec<Via> {
    rig.phone.engine().book().marks.values().map(|mark| mark.via).collect()
}
