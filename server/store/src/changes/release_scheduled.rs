//! Schedules that have come: what was held back may leave.

use diesel::prelude::*;

use super::SWEEP_ROWS;
use crate::backend::condition;
use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::id;
use crate::rows::outbound::{OutboundRow, store_release};
use crate::schema::outbound;

/// Releases some messages whose schedule has come, in its order. They queue up as if they were accepted now. The
/// verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseScheduled;

impl Change for ReleaseScheduled {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let due: Vec<OutboundRow> = outbound::table
            .filter(condition("rank = 0 AND held_until IS NOT NULL"))
            .filter(outbound::held_until.le(tx.now.nanos()))
            .order((outbound::held_until, outbound::id))
            .limit(SWEEP_ROWS)
            .select(OutboundRow::as_select())
            .load(tx.conn)?;
        for row in &due {
            let Some(stream) = tx.stream(id(&row.device_id)?)? else { continue };
            let turn = tx.hot.next_turn(tx.conn, &stream, id(&row.key_id)?, row.priority()?)?;
            store_release(tx.conn, id(&row.id)?, turn)?;
            if stream.connected {
                tx.effect(Effect::Wake { device_id: stream.device_id });
            }
        }
        Ok(due.len())
    }
}
