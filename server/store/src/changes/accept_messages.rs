//! Acceptance: messages become durable, and those that may leave at once are dispatched in the same transaction.

use diesel::prelude::*;
use relay_domain::allocate::{Slot, allocate};
use relay_domain::key::Key;
use relay_domain::message::{Draft, Outbound, Priority};
use relay_domain::state::Rank;
use relay_domain::{AccountId, MessageId, month};

use super::{dispatch, dispatch_next};
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::outbound::{self, OutboundRow};
use crate::rows::{account, sim, text};

/// Accepts messages for one line; a single message is a bulk of one.
#[derive(Debug, Clone)]
pub struct AcceptMessages {
    /// The key that asks, with its line.
    pub key: Key,
    /// What it asks for, in order.
    pub drafts: Vec<Draft>,
}

/// What came of each draft, in order; or why none was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// One verdict for each draft.
    Verdicts(Vec<Result<Outbound, Refusal>>),
    /// The line's device is not paired: nothing was stored.
    DeviceNotPaired,
    /// The key was revoked meanwhile: nothing was stored.
    KeyRevoked,
}

/// Why one draft was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The account's messages of this month are used up.
    MonthlyCap,
}

impl Change for AcceptMessages {
    type Verdict = Acceptance;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Acceptance> {
        let line = &self.key.line;
        let Some(mut stream) = tx.stream(line.device_id)?.filter(|stream| stream.paired) else {
            return Ok(Acceptance::DeviceNotPaired);
        };
        if crate::queries::key_is_revoked(tx.conn, self.key.id)? {
            return Ok(Acceptance::KeyRevoked);
        }
        let cap = account::load(tx.conn, line.account_id)?.and_then(|account| account.plan.monthly_cap);
        let usage_key: (AccountId, i32) = (line.account_id, month::of(tx.now));
        let mut used = tx.hot.usage(tx.conn, usage_key)?;
        let slot = sim::slot_state(tx.hot.sims(tx.conn, line.device_id)?, line.slot, line.sim_id);
        // Asked once: what this very change queues stands behind it in the same queue.
        let mut others_wait = stream.queued > 0 && dispatch_next::head(tx, &stream)?.is_some();
        let (mut verdicts, mut woken) = (Vec::with_capacity(self.drafts.len()), false);
        for draft in &self.drafts {
            if cap.is_some_and(|cap| used >= i64::from(cap)) {
                verdicts.push(Err(Refusal::MonthlyCap));
                continue;
            }
            used += 1;
            let row = self.insert(tx, &mut stream, draft, slot, others_wait)?;
            let queued = row.rank == Rank::Queued.number();
            woken |= queued;
            others_wait |= queued && slot == Slot::HoldsTheSim;
            verdicts.push(Ok(row.read()?));
        }
        tx.hot.put_usage(usage_key, used);
        tx.put_stream(stream);
        if woken && stream.connected {
            tx.effect(Effect::Wake { device_id: stream.device_id });
        }
        Ok(Acceptance::Verdicts(verdicts))
    }
}

impl AcceptMessages {
    fn insert(
        &self,
        tx: &mut Tx<'_>,
        stream: &mut Stream,
        draft: &Draft,
        slot: Slot,
        others_wait: bool,
    ) -> QueryResult<OutboundRow> {
        let id: MessageId = tx.id();
        let token = if others_wait { None } else { allocate(&stream.readiness(), slot, tx.now).ok() };
        let place = token.and_then(|arrival| dispatch::next_place(stream, arrival, tx.now));
        if place.is_none() {
            stream.queued += 1;
        }
        let line = &self.key.line;
        let rank = if place.is_some() { Rank::Dispatched } else { Rank::Queued };
        let row = || OutboundRow {
            id: id.as_bytes().to_vec(),
            account_id: line.account_id.as_bytes().to_vec(),
            device_id: line.device_id.as_bytes().to_vec(),
            key_id: self.key.id.as_bytes().to_vec(),
            line_id: line.id.as_bytes().to_vec(),
            sim_id: line.sim_id.as_bytes().to_vec(),
            slot: i32::from(line.slot),
            recipient: draft.recipient.as_str().to_owned(),
            body: text::escape(&draft.body),
            parts: i32::from(draft.parts),
            priority: Priority::default() as i16,
            turn: 0,
            created_at: tx.now.nanos(),
            expires_at: draft.expires_at.map(relay_domain::Timestamp::nanos),
            rank: rank.number(),
            rank_at: tx.now.nanos(),
            rank_seq: 0,
            journal_id: place.map(|place| place.journal_id.as_bytes().to_vec()),
            down_seq: place.map(|place| crate::rows::signed(place.down_seq)),
            dispatched_at: place.map(|place| place.at.nanos()),
            sent_at: None,
            uncertain_at: None,
            failure_class: None,
            failure_code: None,
            failure_reason: None,
        };
        let accepted = row();
        outbound::insert(tx.conn, row())?;
        if place.is_some() {
            let sims = tx.hot.sims(tx.conn, line.device_id)?;
            let facts = sim::in_slot(sims, line.slot).map(sim::SimRow::facts).unwrap_or_default();
            let frame = row().frame(facts)?;
            dispatch::announce(tx, stream, frame)?;
        }
        Ok(accepted)
    }
}
