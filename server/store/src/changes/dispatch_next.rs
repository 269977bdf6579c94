//! The head of a device's queue leaves, as far as tokens go.

use diesel::QueryResult;
use relay_domain::DeviceId;
use relay_domain::allocate::{Slot, Wait, allocate};
use relay_domain::webhook::EventKind;

use super::webhooks::notify::{self, Chain};
use super::{dispatch, expire_queued};
use crate::effect::FrameRow;
use crate::lane::{Change, Stream, Tx};
use crate::rows::outbound::{self, OutboundRow, store_dispatch};
use crate::rows::{id, sim};

/// Messages that one change dispatches at most; the session asks again while there are more.
const MOST: usize = 32;

/// Asked by the session that is live, when it was woken or the next token exists.
#[derive(Debug, Clone, Copy)]
pub struct DispatchNext {
    /// The device.
    pub device_id: DeviceId,
    /// The session's epoch.
    pub epoch: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextVerdict {
    /// These were dispatched, in order; `wait` says why the next one was not, if there is one.
    Dispatched {
        /// In rising `down_seq`.
        rows: Vec<FrameRow>,
        /// Why the new head waits.
        wait: Option<Wait>,
        /// The bound was reached: ask again.
        more: bool,
    },
    /// Another session speaks for the device: nothing was written.
    Fenced,
}

impl Change for DispatchNext {
    type Verdict = NextVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<NextVerdict> {
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|stream| stream.epoch == self.epoch) else {
            return Ok(NextVerdict::Fenced);
        };
        let mut rows = Vec::new();
        let (mut wait, mut changed) = (None, false);
        while rows.len() < MOST && stream.queued > 0 {
            let Some((head, facts)) = head(tx, &stream)? else { break };
            // Its deadline may have passed before a sweep came by: it takes no token.
            if head.expires_at.is_some_and(|at| at <= tx.now.nanos()) {
                expire_queued::expire(tx, &mut stream, &head)?;
                changed = true;
                continue;
            }
            let arrival = match allocate(&stream.readiness(), Slot::HoldsTheSim, tx.now) {
                Ok(arrival) => arrival,
                Err(why) => {
                    wait = Some(why);
                    break;
                }
            };
            let Some(place) = dispatch::next_place(&mut stream, arrival, tx.now) else { break };
            stream.queued = stream.queued.saturating_sub(1);
            let current = &mut stream.turns[head.priority()? as usize];
            *current = head.turn.max(*current);
            store_dispatch(tx.conn, id(&head.id)?, &place)?;
            let dispatched = OutboundRow {
                journal_id: Some(place.journal_id.as_bytes().to_vec()),
                down_seq: Some(crate::rows::signed(place.down_seq)),
                dispatched_at: Some(place.at.nanos()),
                ..head
            };
            notify::message(tx, &dispatched, EventKind::OutboundDispatched, Chain::GoesOn, tx.now, None)?;
            rows.extend(dispatched.frame(facts)?);
        }
        let more = wait.is_none() && rows.len() == MOST;
        if changed || !rows.is_empty() {
            tx.put_stream(stream);
        }
        Ok(NextVerdict::Dispatched { rows, wait, more })
    }
}

/// The first eligible message: the least (priority, turn, id) over the SIMs that sit where their line wants
/// them, one index probe each. Messages of a SIM that is away block nobody.
pub(super) fn head(
    tx: &mut Tx<'_>,
    stream: &Stream,
) -> QueryResult<Option<(OutboundRow, relay_domain::sim::SimFacts)>> {
    let sims = tx.hot.sims(tx.conn, stream.device_id)?;
    let inserted: Vec<sim::SimRow> = sims.iter().filter(|sim| sim.inserted != 0).cloned().collect();
    let mut best: Option<(OutboundRow, relay_domain::sim::SimFacts)> = None;
    for sim in inserted {
        let first = outbound::first_queued(tx.conn, stream.device_id, &sim)?;
        if let Some(row) = first {
            let key = |row: &OutboundRow| (row.priority, row.turn, row.id.clone());
            if best.as_ref().is_none_or(|(leader, _)| key(&row) < key(leader)) {
                best = Some((row, sim.facts()));
            }
        }
    }
    Ok(best)
}
