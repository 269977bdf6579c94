//! Acceptance: messages become durable, and those that may leave at once are dispatched in the same transaction.

use diesel::prelude::*;
use relay_domain::account::ShortCodes;
use relay_domain::allocate::{Slot, allocate};
use relay_domain::device::Course;
use relay_domain::key::Key;
use relay_domain::message::{Draft, Outbound, Refusal, Times};
use relay_domain::state::Rank;
use relay_domain::webhook::EventKind;
use relay_domain::{AccountId, MessageId, Timestamp, month};

use super::named_request::{self, Answered, Request};
use super::webhooks::notify::{self, Chain};
use super::{dispatch, dispatch_next};
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::outbound::{self, OutboundRow, load_of_account};
use crate::rows::{broken, sim, text};

/// Accepts messages for one line; a single message is a bulk of one.
#[derive(Debug, Clone)]
pub struct AcceptMessages {
    /// The key that asks, with its line.
    pub key: Key,
    /// What it asks for, in order.
    pub drafts: Vec<Draft>,
    /// The request's own name, if it has one: asked again, it is answered again and nothing is stored.
    pub request: Option<Request>,
}

/// What came of each draft, in order; or why none was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// One verdict for each draft.
    Verdicts(Vec<Result<Outbound, Refusal>>),
    /// The same was asked before: what came of it then, each message as it is now. Nothing was stored.
    Replayed(Vec<Result<Outbound, Refusal>>),
    /// Something else was asked before by the same name: nothing was stored.
    OtherRequest,
    /// The line's device is not paired, or leaves: nothing was stored.
    DeviceNotPaired,
    /// The key was revoked meanwhile: nothing was stored.
    KeyRevoked,
}

impl Change for AcceptMessages {
    type Verdict = Acceptance;

    fn weight(&self) -> usize {
        self.drafts.len().max(1)
    }

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Acceptance> {
        if !tx.hot.key_lives(tx.conn, self.key.id)? {
            return Ok(Acceptance::KeyRevoked);
        }
        // Before anything else: a replay answers what was answered, also when the month is full by now, the
        // device has left, or the schedule has passed.
        if let Some(request) = &self.request
            && let Some(before) = named_request::load(tx, self.key.id, &request.name)?
        {
            if before.fingerprint != request.fingerprint {
                return Ok(Acceptance::OtherRequest);
            }
            return self.replay(tx, before.answered).map(Acceptance::Replayed);
        }
        let Some(mut stream) = tx
            .stream(self.key.line.device_id)?
            .filter(|stream| stream.paired && stream.course != Course::Leaving)
        else {
            return Ok(Acceptance::DeviceNotPaired);
        };
        let verdicts = self.accept(tx, &mut stream)?;
        tx.put_stream(stream);
        if let Some(request) = &self.request
            && verdicts.iter().any(Result::is_ok)
        {
            let answered =
                verdicts.iter().map(|verdict| verdict.as_ref().map(|one| one.id).map_err(|why| *why));
            named_request::store(tx, self.key.id, request, &answered.collect())?;
        }
        Ok(Acceptance::Verdicts(verdicts))
    }
}

impl AcceptMessages {
    /// What was answered before, each message as it is now.
    fn replay(&self, tx: &mut Tx<'_>, answered: Answered) -> QueryResult<Vec<Result<Outbound, Refusal>>> {
        let mut verdicts = Vec::with_capacity(answered.len());
        for one in answered {
            verdicts.push(match one {
                Ok(id) => {
                    let row = load_of_account(tx.conn, self.key.line.account_id, id)?;
                    Ok(row.ok_or_else(|| broken("answer", "names no message"))?.read()?)
                }
                Err(why) => Err(why),
            });
        }
        Ok(verdicts)
    }

    fn accept(&self, tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<Vec<Result<Outbound, Refusal>>> {
        let line = &self.key.line;
        let account = tx.hot.account(tx.conn, line.account_id)?;
        let account = account.ok_or_else(|| broken("line.account_id", "names no account"))?;
        let (cap, month) = (account.plan.monthly_cap, month::of(tx.now, &account.zone));
        let short_codes = account.short_codes;
        let usage_key: (AccountId, i32) = (line.account_id, month);
        let mut used = tx.hot.usage(tx.conn, usage_key)?;
        let slot = sim::slot_state(tx.hot.sims(tx.conn, line.device_id)?, line.slot, line.sim_id);
        // Asked once: what this very change queues stands in the same queue. Nothing leaves without a live phone anyway.
        let mut others_wait =
            stream.live() && stream.queued > 0 && dispatch_next::head(tx, stream)?.is_some();
        let (mut verdicts, mut woken) = (Vec::with_capacity(self.drafts.len()), false);
        for draft in &self.drafts {
            let times = match draft.times(tx.now) {
                Ok(times) => times,
                Err(late) => {
                    verdicts.push(Err(Refusal::Untimely(late)));
                    continue;
                }
            };
            if draft.recipient.is_short_code() && short_codes == ShortCodes::Refused {
                verdicts.push(Err(Refusal::ShortCode));
                continue;
            }
            if cap.is_some_and(|cap| used >= i64::from(cap)) {
                verdicts.push(Err(Refusal::MonthlyCap));
                continue;
            }
            used += 1;
            let may_leave = !others_wait && times.held_until.is_none();
            let row = self.insert(tx, stream, draft, times, may_leave.then_some(slot))?;
            match times.held_until {
                Some(at) => tx.effect(Effect::Scheduled { at }),
                None => {
                    let queued = row.rank == Rank::Queued.number();
                    woken |= queued;
                    others_wait |= queued && slot == Slot::HoldsTheSim;
                }
            }
            verdicts.push(Ok(row.read()?));
        }
        tx.hot.put_usage(usage_key, used);
        if woken && stream.connected {
            tx.effect(Effect::Wake { device_id: stream.device_id });
        }
        Ok(verdicts)
    }

    /// Inserts one message: dispatched where its slot is given and a token exists, queued otherwise.
    fn insert(
        &self,
        tx: &mut Tx<'_>,
        stream: &mut Stream,
        draft: &Draft,
        times: Times,
        slot: Option<Slot>,
    ) -> QueryResult<OutboundRow> {
        let id: MessageId = tx.id();
        let token = slot.and_then(|slot| allocate(&stream.readiness(), slot, tx.now).ok());
        let place = token.and_then(|arrival| dispatch::next_place(stream, arrival, tx.now));
        let mut turn = 0;
        if place.is_none() {
            stream.queued += 1;
            if times.held_until.is_none() {
                turn = tx.hot.next_turn(tx.conn, stream, self.key.id, draft.priority)?;
            }
        }
        let line = &self.key.line;
        let rank = if place.is_some() { Rank::Dispatched } else { Rank::Queued };
        let now = tx.now;
        let row = || OutboundRow {
            id: id.as_bytes().to_vec(),
            account_id: line.account_id.as_bytes().to_vec(),
            device_id: line.device_id.as_bytes().to_vec(),
            key_id: self.key.id.as_bytes().to_vec(),
            line_id: line.id.as_bytes().to_vec(),
            sim_id: line.sim_id.as_bytes().to_vec(),
            slot: i32::from(line.slot),
            recipient: draft.recipient.as_str().to_owned(),
            recipient_normal: draft.recipient_normal.clone(),
            body: text::escape(&draft.body),
            parts: i32::from(draft.parts),
            priority: draft.priority.number(),
            turn,
            created_at: now.nanos(),
            scheduled_at: draft.scheduled_at.map(Timestamp::nanos),
            held_until: times.held_until.map(Timestamp::nanos),
            expires_at: times.expires_at.map(Timestamp::nanos),
            rank: rank.number(),
            rank_at: now.nanos(),
            rank_seq: 0,
            journal_id: place.map(|place| place.journal_id.as_bytes().to_vec()),
            down_seq: place.map(|place| crate::rows::signed(place.down_seq)),
            dispatched_at: place.map(|place| place.at.nanos()),
            sent_at: None,
            uncertain_at: None,
            failure_class: None,
            failure_code: None,
            failure_reason: None,
            restored_at: None,
        };
        let accepted = row();
        outbound::insert(tx.conn, &accepted)?;
        let told = if place.is_some() { EventKind::OutboundDispatched } else { EventKind::OutboundQueued };
        notify::message(tx, &accepted, told, Chain::Begins, tx.now, None)?;
        if place.is_some() {
            let sims = tx.hot.sims(tx.conn, line.device_id)?;
            let facts = sim::in_slot(sims, line.slot).map(sim::SimRow::facts).unwrap_or_default();
            let frame = row().frame(facts)?;
            dispatch::announce(tx, stream, frame)?;
        }
        Ok(accepted)
    }
}
