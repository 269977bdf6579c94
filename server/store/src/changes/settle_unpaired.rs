//! What a device that left had queued or dispatched.

use diesel::prelude::*;
use relay_domain::DeviceId;
use relay_domain::device::Course;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure, Rank};

use super::{SWEEP_ROWS, fact};
use crate::backend::condition;
use crate::lane::{Change, Tx};
use crate::rows::id;
use crate::rows::outbound::OutboundRow;
use crate::schema::{device_stream, outbound};

/// Settles some messages of one device that is not paired any more, or leaves: queued ones fail. Once it has left,
/// dispatched ones become uncertain, for nobody knows whether the phone sent them, and so do those that are held since a
/// restore. The verdict counts them; zero means all is settled.
#[derive(Debug, Clone, Copy)]
pub struct SettleUnpaired;

/// What is open, each by its own partial index: together they would be a scan of the table.
const OPEN: [&str; 3] = [
    "rank = 0 AND held_until IS NULL",
    "rank = 0 AND held_until IS NOT NULL",
    "rank = 1 AND uncertain_at IS NULL",
];
/// The first of them are queued.
const QUEUED: usize = 2;

impl Change for SettleUnpaired {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let left: Option<Vec<u8>> = device_stream::table
            .filter(condition(
                "(paired = 0 AND (queued > 0 OR in_flight > 0)) OR (course = 2 AND queued > 0)",
            ))
            .select(device_stream::device_id)
            .first(tx.conn)
            .optional()?;
        let Some(left) = left else { return Ok(0) };
        let device_id: DeviceId = id(&left)?;
        let Some(mut stream) = tx.stream(device_id)? else { return Ok(0) };
        // The row on disk may be older than what this batch has changed.
        let open_kinds = match (stream.paired, stream.course) {
            (false, _) => &OPEN[..],
            // It still tells what became of what it has.
            (true, Course::Leaving) => &OPEN[..QUEUED],
            (true, _) => return Ok(0),
        };
        let mut open = Vec::new();
        for which in open_kinds {
            if open.is_empty() {
                open = open_messages(tx, &left, which)?;
            }
        }
        for row in &open {
            if row.rank != Rank::Queued.number() || row.is_held_in_queue() {
                fact::uncertain(tx, &mut stream, row)?;
                continue;
            }
            let kind = FactKind::Failed(FailedAt::Hub, Failure::device_unpaired());
            fact::record(tx, &mut stream, row, &Fact { kind, at: tx.now, up_seq: 0 })?;
        }
        if open.is_empty() {
            stream.queued = 0;
            if !stream.paired {
                stream.in_flight = 0;
            }
        }
        tx.put_stream(stream);
        Ok(open.len().max(1))
    }
}

fn open_messages(tx: &mut Tx<'_>, device: &[u8], which: &'static str) -> QueryResult<Vec<OutboundRow>> {
    outbound::table
        .filter(outbound::device_id.eq(device))
        .filter(condition(which))
        .limit(SWEEP_ROWS)
        .select(OutboundRow::as_select())
        .load(tx.conn)
}
