//! A phone said hello: who speaks for the device from now on, and where both streams go on.

use diesel::prelude::*;
use relay_domain::device::{Course, Restored};
use relay_domain::message::Dispatch;
use relay_domain::resume::{self, Case, Known, Presented, Refused};
use relay_domain::sim::SimReport;
use relay_domain::state::Rank;
use relay_domain::webhook::EventKind;
use relay_domain::{DeviceId, MessageId, bucket};

use super::webhooks::notify::{self, Chain};
use super::{attend, fact, release_held, sim_inventory, unpair_device};
use crate::backend::condition;
use crate::lane::{Change, Stream, Tx};
use crate::rows::outbound::{OutboundRow, clear_held, load_of_device, store_dispatch};
use crate::rows::{device as device_rows, id, signed, signed32};
use crate::schema::{device, outbound};

/// Opens a session.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The device that the token names.
    pub device_id: DeviceId,
    /// The generation that the token names.
    pub generation: u32,
    /// Number of the connection in this process, rising in the order of upgrades.
    pub connection: u64,
    /// The journal.
    pub presented: Presented,
    /// Messages that the journal has taken and not ended.
    pub unfinished: Vec<MessageId>,
    /// The SIM inventory.
    pub sims: Vec<SimReport>,
    /// Dispatched messages that the phone takes.
    pub max_pending: u32,
    /// App version, for people.
    pub app_version: String,
    /// Phone and system, for people.
    pub os: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenVerdict {
    /// Open.
    Opened(OpenedSession),
    /// The token is of an older generation, or the device was revoked.
    Revoked,
    /// A newer connection has opened a session before this hello was looked at.
    Replaced,
    /// The journal is older than what was stored from it.
    WentBack,
    /// The hello's numbers contradict each other.
    Bad,
    /// The phone was unpaired and has nothing left to tell: its token is dead.
    Left,
}

/// An open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedSession {
    /// Its number.
    pub epoch: u64,
    /// The hub's incarnation.
    pub incarnation: u32,
    /// The row of the resume table.
    pub case: Case,
    /// U.
    pub up: u64,
    /// N.
    pub down: u64,
    /// Whether messages may be allocated at once: nothing that the hello announced is missing.
    pub live: bool,
    /// What an operator has decided about the phone: one that leaves only tells, and nothing is framed to it.
    pub course: Course,
}

impl Change for OpenSession {
    type Verdict = OpenVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<OpenVerdict> {
        let (Some(row), Some(mut stream)) =
            (device_rows::load(tx.conn, self.device_id)?, tx.stream(self.device_id)?)
        else {
            return Ok(OpenVerdict::Revoked);
        };
        if !stream.paired || row.revoked_at.is_some() || row.generation != signed32(self.generation) {
            return Ok(OpenVerdict::Revoked);
        }
        if !tx.is_newest_connection(self.device_id, self.connection) {
            return Ok(OpenVerdict::Replaced);
        }
        let known = Known { journal: stream.journal, up: stream.up, down: stream.down };
        let resumed = match resume::resume(&known, &self.presented) {
            Ok(resumed) => resumed,
            Err(Refused::Bad) => return Ok(OpenVerdict::Bad),
            Err(Refused::WentBack) => {
                let detail = "a copied phone, or one set back: pair it again";
                attend::attend(tx, &stream, "journal_went_back", detail)?;
                return Ok(OpenVerdict::WentBack);
            }
        };
        if resumed.orphans() {
            self.orphan(tx, &mut stream)?;
        }
        if resumed.hole(&self.presented) {
            let detail = format!("events before {} were pruned and never stored", self.presented.lowest);
            attend::attend(tx, &stream, "events_missing", &detail)?;
        }
        stream.journal = Some(self.presented.journal);
        stream.up = resumed.up;
        stream.down = resumed.down;
        // A clock that was set back over a restart must not block the device until it has caught up.
        stream.arrival = bucket::settled(stream.quota, stream.arrival, tx.now);
        stream.epoch = next_epoch(stream.epoch, tx.incarnation);
        stream.connected = true;
        stream.stalled = false;
        stream.resume_head = self.presented.head;
        stream.max_pending = self.max_pending;
        stream.last_seen_at = Some(tx.now);
        if stream.restored == Restored::Unheard && !resumed.settles_held() {
            stream.restored = Restored::Unclear;
        }
        self.bind_unfinished(tx, &mut stream)?;
        if stream.course == Course::Leaving {
            self.give_up(tx, &mut stream, Untold::Unframed)?;
        }
        if resumed.hole(&self.presented) {
            self.give_up(tx, &mut stream, Untold::Taken)?;
        }
        recount(tx, &mut stream)?;
        release_held::if_heard(tx, &mut stream)?;
        let left = unpair_device::leave_if_told(tx, &mut stream)?;
        tx.put_stream(stream);
        if left {
            return Ok(OpenVerdict::Left);
        }
        sim_inventory::apply(tx, &stream, &self.sims)?;
        self.describe(tx)?;
        Ok(OpenVerdict::Opened(OpenedSession {
            epoch: stream.epoch,
            incarnation: tx.incarnation,
            case: resumed.case,
            up: stream.up,
            down: stream.down,
            live: stream.live(),
            course: stream.course,
        }))
    }
}

/// Why nothing more will be heard of some messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Untold {
    /// They never reached the journal, and are not framed any more: the phone leaves.
    Unframed,
    /// The journal has taken them, and what became of them may have been in the events that are lost.
    Taken,
}

/// The epoch after `last`: incarnation × 2³² + counter.
fn next_epoch(last: u64, incarnation: u32) -> u64 {
    last.max(u64::from(incarnation) << 32) + 1
}

impl OpenSession {
    /// The journal known before is gone: nobody knows what it had taken.
    fn orphan(&self, tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<()> {
        let Some(journal) = stream.journal else { return Ok(()) };
        let bound: Vec<OutboundRow> = outbound::table
            .filter(outbound::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(condition("rank = 1"))
            .filter(outbound::journal_id.eq(journal.as_bytes().as_slice()))
            .filter(outbound::uncertain_at.is_null())
            .select(OutboundRow::as_select())
            .load(tx.conn)?;
        for row in bound {
            fact::uncertain(tx, stream, &row)?;
        }
        Ok(())
    }

    /// What the journal has and the hub still has as queued was dispatched in a commit that the hub lost.
    fn bind_unfinished(&self, tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<()> {
        for message in &self.unfinished {
            let row = load_of_device(tx.conn, self.device_id, *message)?;
            if let Some(row) = row.filter(|row| row.rank == Rank::Queued.number()) {
                bind(tx, stream, &row)?;
            }
        }
        Ok(())
    }

    /// Messages of the journal of which nothing more will be heard become uncertain, unless it says that it is not done
    /// with them. What it still tells counts all the same.
    fn give_up(&self, tx: &mut Tx<'_>, stream: &mut Stream, untold: Untold) -> QueryResult<()> {
        let bound: Vec<OutboundRow> = outbound::table
            .filter(outbound::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(condition("rank = 1"))
            .filter(outbound::journal_id.eq(self.presented.journal.as_bytes().as_slice()))
            .filter(outbound::uncertain_at.is_null())
            .select(OutboundRow::as_select())
            .load(tx.conn)?;
        let cursor = signed(self.presented.down);
        for row in bound {
            let taken = row.down_seq.is_some_and(|down| down <= cursor);
            if taken == (untold == Untold::Taken) && !self.unfinished.contains(&id(&row.id)?) {
                fact::uncertain(tx, stream, &row)?;
            }
        }
        Ok(())
    }

    fn describe(&self, tx: &mut Tx<'_>) -> QueryResult<()> {
        diesel::update(device::table.filter(device::id.eq(self.device_id.as_bytes().as_slice())))
            .set((device::app_version.eq(&self.app_version), device::os.eq(&self.os)))
            .execute(tx.conn)
            .map(drop)
    }
}

/// A queued message turns out to be in the phone's journal already: it is bound there and never framed again.
pub(super) fn bind(tx: &mut Tx<'_>, stream: &mut Stream, row: &OutboundRow) -> QueryResult<()> {
    let Some(journal_id) = stream.journal else { return Ok(()) };
    let message: MessageId = id(&row.id)?;
    stream.queued = stream.queued.saturating_sub(1);
    stream.in_flight += 1;
    store_dispatch(tx.conn, message, &Dispatch { journal_id, down_seq: 0, at: tx.now })?;
    clear_held(tx.conn, message)?;
    notify::message(tx, row, EventKind::OutboundDispatched, Chain::GoesOn, tx.now, None)
}

/// Counts anew what the stream row counts along, once a session.
fn recount(tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<()> {
    let Some(journal) = stream.journal else { return Ok(()) };
    let of_device = || outbound::table.filter(outbound::device_id.eq(stream.device_id.as_bytes().as_slice()));
    let in_flight: i64 = of_device()
        .filter(condition("rank = 1"))
        .filter(outbound::journal_id.eq(journal.as_bytes().as_slice()))
        .filter(outbound::uncertain_at.is_null())
        .count()
        .get_result(tx.conn)?;
    // Each of the two has its partial index; together they would be a scan of the table.
    let waiting: i64 =
        of_device().filter(condition("rank = 0 AND held_until IS NULL")).count().get_result(tx.conn)?;
    let held: i64 =
        of_device().filter(condition("rank = 0 AND held_until IS NOT NULL")).count().get_result(tx.conn)?;
    let counted = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    (stream.in_flight, stream.queued) = (counted(in_flight), counted(waiting + held));
    Ok(())
}
