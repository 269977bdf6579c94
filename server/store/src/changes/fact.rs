//! One report about one message: timeline, state, and the device's count of what is on its way.

use diesel::QueryResult;
use relay_domain::MessageId;
use relay_domain::allocate::pending_limit;
use relay_domain::state::{Fact, FactKind, Rank};

use super::webhooks::notify;
use crate::effect::Effect;
use crate::lane::{Stream, Tx};
use crate::rows::outbound::{self, OutboundRow, store_unknown};
use crate::rows::{id, timeline};

/// Writes a report into the timeline and lifts the message's state where it rises. The caller keeps `stream`.
pub(super) fn record(
    tx: &mut Tx<'_>,
    stream: &mut Stream,
    row: &OutboundRow,
    fact: &Fact,
) -> QueryResult<()> {
    let message: MessageId = id(&row.id)?;
    timeline::append(tx, message, fact)?;
    let before = row.state()?;
    let mut after = before.clone();
    after.absorb(fact);
    if after == before {
        return Ok(());
    }
    outbound::store_state(tx.conn, message, &after)?;
    notify::report(tx, row, &before, &after)?;
    if before.rank == Rank::Queued && after.rank != Rank::Queued {
        stream.queued = stream.queued.saturating_sub(1);
    }
    let on_its_way = |rank, uncertain: bool| rank == Rank::Dispatched && !uncertain;
    let bound_here =
        row.journal_id.as_deref() == stream.journal.as_ref().map(|journal| journal.as_bytes().as_slice());
    if bound_here
        && on_its_way(before.rank, before.is_uncertain())
        && !on_its_way(after.rank, after.is_uncertain())
    {
        let was_full = stream.in_flight >= pending_limit(stream.max_pending, stream.quota);
        stream.in_flight = stream.in_flight.saturating_sub(1);
        if was_full && stream.queued > 0 {
            tx.effect(Effect::Wake { device_id: stream.device_id });
        }
    }
    Ok(())
}

/// Nobody knows what became of a message. A queued one that is held since a restore may have been given to a phone: it
/// counts as dispatched from now on. The caller keeps `stream`.
pub(super) fn uncertain(tx: &mut Tx<'_>, stream: &mut Stream, row: &OutboundRow) -> QueryResult<()> {
    let lost = Fact { kind: FactKind::Uncertain, at: tx.now, up_seq: 0 };
    if row.rank != Rank::Queued.number() {
        return record(tx, stream, row, &lost);
    }
    let message: MessageId = id(&row.id)?;
    store_unknown(tx.conn, message, tx.now)?;
    stream.queued = stream.queued.saturating_sub(1);
    let unknown = outbound::load_of_device(tx.conn, stream.device_id, message)?;
    unknown.map_or(Ok(()), |row| record(tx, stream, &row, &lost))
}
