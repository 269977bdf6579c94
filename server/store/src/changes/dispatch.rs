//! Binding a message to the live journal of its device: shared by acceptance and by the queue's head.

use diesel::QueryResult;
use relay_domain::Timestamp;
use relay_domain::message::Dispatch;

use crate::effect::{Effect, FrameRow};
use crate::lane::{Stream, Tx};

/// Takes the next place in the down stream. `None` where no journal is known: then nothing is live either.
pub(super) fn next_place(stream: &mut Stream, arrival: Timestamp, now: Timestamp) -> Option<Dispatch> {
    let journal_id = stream.journal?;
    stream.down += 1;
    stream.in_flight += 1;
    stream.arrival = arrival;
    Some(Dispatch { journal_id, down_seq: stream.down, at: now })
}

/// Tells the session.
pub(super) fn announce(tx: &mut Tx<'_>, stream: &Stream, row: Option<FrameRow>) -> QueryResult<()> {
    if let Some(row) = row {
        tx.effect(Effect::Dispatched { device_id: stream.device_id, row: Box::new(row) });
    }
    Ok(())
}
