//! Why a message waits, and when it should leave.

use diesel::prelude::*;
use relay_domain::allocate::{Slot, Wait, allocate};
use relay_domain::message::Outbound;
use relay_domain::state::Rank;
use relay_domain::{MessageId, Timestamp, bucket};

use super::{COUNTED_ROWS, Query, Read};
use crate::backend::{condition, counted};
use crate::rows::outbound::{OutboundRow, load_of_account};
use crate::rows::{id, sim, stream};
use crate::schema::outbound;

/// A message's place, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Why it waits.
    pub why: Wait,
    /// When it should leave, if nothing else happens; `None` where that depends on a phone or a person.
    pub leaves_at: Option<Timestamp>,
    /// Messages of its device that leave before it, counted up to [`COUNTED_ROWS`].
    pub ahead: u32,
}

/// Asks it for messages that were just read; those that are not queued any more are left out.
#[derive(Debug, Clone)]
pub struct WaitsOf {
    /// The messages.
    pub messages: Vec<(relay_domain::AccountId, MessageId)>,
    /// Now.
    pub now: Timestamp,
}

impl WaitsOf {
    /// For these.
    pub fn of(messages: &[Outbound], now: Timestamp) -> WaitsOf {
        let queued = messages.iter().filter(|message| message.state.rank == Rank::Queued);
        WaitsOf { messages: queued.map(|message| (message.account_id, message.id)).collect(), now }
    }
}

impl Query for WaitsOf {
    type Answer = Vec<(MessageId, Waiting)>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<(MessageId, Waiting)>> {
        let mut waits = Vec::with_capacity(self.messages.len());
        for (account, message) in &self.messages {
            let row = load_of_account(read.conn, *account, *message)?;
            if let Some(row) = row.filter(|row| row.rank == Rank::Queued.number())
                && let Some(waiting) = waiting(read, &row, self.now)?
            {
                waits.push((*message, waiting));
            }
        }
        Ok(waits)
    }
}

fn waiting(read: &mut Read<'_>, row: &OutboundRow, now: Timestamp) -> QueryResult<Option<Waiting>> {
    let device = id(&row.device_id)?;
    let Some(stream) = stream::load(read.conn, device)? else { return Ok(None) };
    if row.restored_at.is_some() {
        return Ok(Some(Waiting { why: Wait::HeldRestored, leaves_at: None, ahead: 0 }));
    }
    if let Some(until) = row.held_until.map(Timestamp::from_nanos) {
        let (why, leaves_at) = (Wait::Scheduled { until }, Some(until.max(now)));
        return Ok(Some(Waiting { why, leaves_at, ahead: 0 }));
    }
    let sims = sim::load(read.conn, device)?;
    let slot = sim::slot_state(&sims, crate::rows::slot(row.slot)?, id(&row.sim_id)?);
    let ahead = match slot {
        Slot::HoldsTheSim => ahead(read, row, &sims)?,
        Slot::Mismatch => 0,
    };
    let why = match allocate(&stream.readiness(), slot, now) {
        // What keeps the whole device back keeps this one back, whoever stands before it.
        Err(
            why @ (Wait::DeviceOffline
            | Wait::DeviceUnresponsive
            | Wait::Paused
            | Wait::SimMismatch
            | Wait::PhoneBusy),
        ) => why,
        Err(why @ Wait::BucketEmpty { .. }) if ahead == 0 => why,
        Ok(_) | Err(_) => Wait::WaitingTurn,
    };
    let foreseen = matches!(why, Wait::BucketEmpty { .. } | Wait::WaitingTurn);
    let leaves_at = foreseen.then(|| bucket::earliest(stream.quota, stream.arrival, now, ahead));
    Ok(Some(Waiting { why, leaves_at, ahead }))
}

/// Messages that leave before this one: those of SIMs that are in their place.
fn ahead(read: &mut Read<'_>, row: &OutboundRow, sims: &[sim::SimRow]) -> QueryResult<u32> {
    let mut before_it = 0;
    for sim in sims.iter().filter(|sim| sim.inserted != 0) {
        let same_class = outbound::priority.eq(row.priority);
        let same_turn = outbound::turn.eq(row.turn).and(outbound::id.lt(&row.id));
        let before =
            outbound::priority.lt(row.priority).or(same_class.and(outbound::turn.lt(row.turn).or(same_turn)));
        let found = outbound::table
            .filter(outbound::device_id.eq(&row.device_id))
            .filter(outbound::sim_id.eq(&sim.id))
            .filter(outbound::slot.eq(sim.slot))
            .filter(condition("rank = 0 AND held_until IS NULL"))
            .filter(before)
            .limit(COUNTED_ROWS - before_it)
            .select(outbound::id);
        before_it += counted(found, read.conn)?;
    }
    Ok(u32::try_from(before_it).unwrap_or(u32::MAX))
}
