//! What a reported SIM inventory changes.

use diesel::QueryResult;
use relay_domain::sim::SimReport;
use relay_domain::sim::{self as rules, KnownSim};
use relay_domain::{DeviceId, SimId};

use super::attend;
use crate::effect::Effect;
use crate::lane::{Stream, Tx};
use crate::rows::sim::{self, SimRow};

/// Takes the inventory over: SIMs seen before are recognised wherever they sit now, new ones are added, and what
/// is not there any more is out.
pub(super) fn apply(tx: &mut Tx<'_>, stream: &Stream, reported: &[SimReport]) -> QueryResult<()> {
    let device = stream.device_id;
    let mut known_rows = tx.hot.sims(tx.conn, device)?.to_vec();
    let known = known_rows.iter().map(SimRow::known).collect::<QueryResult<Vec<KnownSim>>>()?;
    let recognised = rules::recognise(&known, reported);
    let (mut changed, mut left) = (false, Vec::new());
    for row in &mut known_rows {
        let id: SimId = row.sim_id()?;
        let seen = reported.iter().zip(&recognised).find(|(_, answer)| **answer == Some(id));
        let before = (row.inserted, row.slot, row.number().map(str::to_owned));
        match seen {
            Some((report, _)) => show(row, report, tx.now.nanos()),
            None => {
                if row.inserted != 0 {
                    left.push((row.slot, row.number().unwrap_or("number unknown").to_owned()));
                }
                row.inserted = 0;
            }
        }
        if before != (row.inserted, row.slot, row.number().map(str::to_owned)) {
            changed = true;
        }
        sim::update(tx.conn, row.clone())?;
    }
    for (report, _) in reported.iter().zip(&recognised).filter(|(_, answer)| answer.is_none()) {
        let id: SimId = tx.id();
        let mut row = unseen(stream, id);
        show(&mut row, report, tx.now.nanos());
        sim::insert(tx.conn, row)?;
        changed = true;
    }
    tx.hot.forget_sims(device);
    for (slot, number) in left {
        let swapped = reported.iter().any(|report| i32::from(report.slot) == slot);
        let (kind, what) = match swapped {
            true => ("sim_swapped", "another SIM sits in its slot"),
            false => ("sim_removed", "its slot is empty"),
        };
        attend::attend(tx, stream, kind, &format!("the SIM of slot {slot} ({number}) is gone: {what}"))?;
    }
    if changed && stream.queued > 0 {
        // A message whose SIM has come back may leave now.
        tx.effect(Effect::Wake { device_id: device });
    }
    Ok(())
}

fn unseen(stream: &Stream, id: SimId) -> SimRow {
    SimRow {
        id: id.as_bytes().to_vec(),
        account_id: stream.account_id.as_bytes().to_vec(),
        device_id: stream.device_id.as_bytes().to_vec(),
        slot: 0,
        inserted: 0,
        number_set: None,
        number_told: None,
        carrier: None,
        subscription_id: None,
        iccid_hash: None,
        is_default: 0,
        seen_at: 0,
    }
}

fn show(row: &mut SimRow, report: &SimReport, now: i64) {
    let facts = report.facts.clone().merged(&row.facts());
    row.slot = i32::from(report.slot);
    row.inserted = 1;
    row.number_told = facts.number;
    row.subscription_id = facts.subscription_id;
    row.iccid_hash = facts.iccid_hash;
    row.carrier = report.carrier.clone().or_else(|| row.carrier.take());
    row.is_default = i32::from(report.is_default);
    row.seen_at = now;
}

/// The SIM that an inbound message came on: the one in its slot, if the report does not contradict it.
pub(super) fn of_inbound(
    tx: &mut Tx<'_>,
    device: DeviceId,
    slot: u8,
    facts: &rules::SimFacts,
) -> QueryResult<Option<SimRow>> {
    let sims = tx.hot.sims(tx.conn, device)?;
    let told = facts != &rules::SimFacts::default();
    let in_slot = sim::in_slot(sims, slot).filter(|sim| !sim.facts().contradicts(facts));
    // An upload after a swap names the SIM that was there then.
    let elsewhere = || sims.iter().rev().find(|sim| told && !sim.facts().contradicts(facts));
    Ok(in_slot.or_else(elsewhere).cloned())
}
