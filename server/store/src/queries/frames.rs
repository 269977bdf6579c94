//! What a session frames next: dispatched messages of its journal above its cursor.

use std::collections::HashMap;

use diesel::prelude::*;
use relay_domain::sim::SimFacts;
use relay_domain::{DeviceId, JournalId};

use super::{Query, Read};
use crate::backend::condition;
use crate::effect::FrameRow;
use crate::rows::outbound::OutboundRow;
use crate::rows::{signed, sim, unsigned};
use crate::schema::{device_stream, outbound};

/// Online, offline, reconnect and restart are this one question.
#[derive(Debug, Clone, Copy)]
pub struct FramesAbove {
    /// The device.
    pub device_id: DeviceId,
    /// The journal of the session: no other journal's messages are framed.
    pub journal_id: JournalId,
    /// `down_seq` up to which the session has framed.
    pub cursor: u64,
    /// Rows at most.
    pub limit: i64,
}

/// The next frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames {
    /// In rising `down_seq`.
    pub rows: Vec<FrameRow>,
    /// Everything up to this number is in `rows` or needs no frame: the new cursor.
    pub cursor: u64,
}

impl Query for FramesAbove {
    type Answer = Frames;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Frames> {
        let device = self.device_id.as_bytes().as_slice();
        let found: Vec<OutboundRow> = outbound::table
            .filter(outbound::device_id.eq(device))
            .filter(condition("rank = 1"))
            .filter(outbound::down_seq.gt(signed(self.cursor)))
            .filter(outbound::journal_id.eq(self.journal_id.as_bytes().as_slice()))
            .order(outbound::down_seq)
            .limit(self.limit)
            .select(OutboundRow::as_select())
            .load(read.conn)?;
        let complete = i64::try_from(found.len()).is_ok_and(|len| len < self.limit);
        let given_out: i64 = device_stream::table
            .filter(device_stream::device_id.eq(device))
            .select(device_stream::down_seq)
            .first(read.conn)?;
        let facts: HashMap<Vec<u8>, SimFacts> = if found.is_empty() {
            HashMap::new()
        } else {
            sim::load(read.conn, self.device_id)?
                .into_iter()
                .map(|sim| (sim.id.clone(), sim.facts()))
                .collect()
        };
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let of_line = facts.get(&row.sim_id).cloned().unwrap_or_default();
            rows.extend(row.frame(of_line)?);
        }
        let last = rows.last().map_or(self.cursor, |row| row.down_seq);
        let cursor = if complete { last.max(unsigned("down_seq", given_out)?) } else { last };
        Ok(Frames { rows, cursor })
    }
}
