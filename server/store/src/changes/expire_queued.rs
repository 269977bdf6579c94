//! Deadlines of messages that still wait in the hub. Only the phone expires a dispatched one.

use diesel::prelude::*;
use relay_domain::Timestamp;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure};

use super::{SWEEP_ROWS, fact};
use crate::backend::condition;
use crate::lane::{Change, Stream, Tx};
use crate::rows::id;
use crate::rows::outbound::OutboundRow;
use crate::schema::outbound;

/// Expires some queued messages whose deadline has passed. The verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct ExpireQueued;

impl Change for ExpireQueued {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let due: Vec<OutboundRow> = outbound::table
            .filter(condition("rank = 0 AND expires_at IS NOT NULL"))
            // Only a phone knows whether it had a held one.
            .filter(outbound::restored_at.is_null())
            .filter(outbound::expires_at.le(tx.now.nanos()))
            .order(outbound::expires_at)
            .limit(SWEEP_ROWS)
            .select(OutboundRow::as_select())
            .load(tx.conn)?;
        for row in &due {
            let Some(mut stream) = tx.stream(id(&row.device_id)?)? else { continue };
            expire(tx, &mut stream, row)?;
            tx.put_stream(stream);
        }
        Ok(due.len())
    }
}

/// Expires one queued message. The caller keeps `stream`.
pub(super) fn expire(tx: &mut Tx<'_>, stream: &mut Stream, row: &OutboundRow) -> QueryResult<()> {
    let at = row.expires_at.map_or(tx.now, Timestamp::from_nanos);
    let kind = FactKind::Failed(FailedAt::Deadline, Failure::expired());
    fact::record(tx, stream, row, &Fact { kind, at, up_seq: 0 })
}
