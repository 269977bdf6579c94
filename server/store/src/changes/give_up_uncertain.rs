//! Messages that have been uncertain for too long.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::Timestamp;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure};

use super::{SWEEP_ROWS, fact};
use crate::backend::condition;
use crate::lane::{Change, Tx};
use crate::rows::id;
use crate::rows::outbound::OutboundRow;
use crate::schema::outbound;

/// Gives some of them up: the lowest of failures, so that a later truth still wins. The verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct GiveUpUncertain {
    /// How long a message stays uncertain.
    pub after: Duration,
    /// Those whose time was over by then are let be.
    pub behind: Timestamp,
}

impl Change for GiveUpUncertain {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let due: Vec<OutboundRow> = outbound::table
            .filter(condition("rank = 1 AND uncertain_at IS NOT NULL"))
            .filter(outbound::uncertain_at.le(tx.now.minus(self.after).nanos()))
            .filter(outbound::uncertain_at.gt(self.behind.minus(self.after).nanos()))
            .order(outbound::uncertain_at)
            .limit(SWEEP_ROWS)
            .select(OutboundRow::as_select())
            .load(tx.conn)?;
        for row in &due {
            let Some(mut stream) = tx.stream(id(&row.device_id)?)? else { continue };
            let failure = Failure::outcome_unknown("the phone never told whether it was sent");
            let kind = FactKind::Failed(FailedAt::Unknown, failure);
            fact::record(tx, &mut stream, row, &Fact { kind, at: tx.now, up_seq: 0 })?;
            tx.put_stream(stream);
        }
        Ok(due.len())
    }
}
