//! `outbound`.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use relay_domain::message::{Dispatch, Outbound, Priority};
use relay_domain::sim::SimFacts;
use relay_domain::state::{Failure, FailureClass, MessageState, Rank};
use relay_domain::{AccountId, DeviceId, JournalId, MessageId, Timestamp};

use super::sim::SimRow;
use super::{broken, id, id_opt, signed, slot, text, unsigned};
use crate::backend::{Backend, Conn, Words as _, words};
use crate::effect::FrameRow;
use crate::schema::outbound;

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbound)]
pub(crate) struct OutboundRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) device_id: Vec<u8>,
    pub(crate) key_id: Vec<u8>,
    pub(crate) line_id: Vec<u8>,
    pub(crate) sim_id: Vec<u8>,
    pub(crate) slot: i32,
    pub(crate) recipient: String,
    pub(crate) recipient_normal: String,
    pub(crate) body: String,
    pub(crate) parts: i32,
    pub(crate) priority: i16,
    pub(crate) turn: i64,
    pub(crate) created_at: i64,
    pub(crate) scheduled_at: Option<i64>,
    pub(crate) held_until: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) rank: i16,
    pub(crate) rank_at: i64,
    pub(crate) rank_seq: i64,
    pub(crate) journal_id: Option<Vec<u8>>,
    pub(crate) down_seq: Option<i64>,
    pub(crate) dispatched_at: Option<i64>,
    pub(crate) sent_at: Option<i64>,
    pub(crate) uncertain_at: Option<i64>,
    pub(crate) failure_class: Option<String>,
    pub(crate) failure_code: Option<String>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) restored_at: Option<i64>,
}

impl OutboundRow {
    pub(crate) fn read(self) -> QueryResult<Outbound> {
        let state = self.state()?;
        let dispatch = self.dispatch()?;
        let priority = self.priority()?;
        Ok(Outbound {
            id: id(&self.id)?,
            account_id: id(&self.account_id)?,
            device_id: id(&self.device_id)?,
            key_id: id(&self.key_id)?,
            line_id: id(&self.line_id)?,
            slot: slot(self.slot)?,
            sim_id: id(&self.sim_id)?,
            recipient: self.recipient,
            body: text::unescape(self.body),
            parts: parts(self.parts)?,
            priority,
            created_at: Timestamp::from_nanos(self.created_at),
            scheduled_at: self.scheduled_at.map(Timestamp::from_nanos),
            expires_at: self.expires_at.map(Timestamp::from_nanos),
            restored_at: self.restored_at.map(Timestamp::from_nanos),
            dispatch,
            state,
        })
    }

    pub(crate) fn priority(&self) -> QueryResult<Priority> {
        Priority::from_number(self.priority).ok_or_else(|| broken("priority", self.priority.to_string()))
    }

    pub(crate) fn state(&self) -> QueryResult<MessageState> {
        let failure = failure(
            self.failure_class.as_deref(),
            self.failure_code.as_deref(),
            self.failure_reason.as_deref(),
        )?;
        Ok(MessageState {
            rank: Rank::from_number(self.rank).ok_or_else(|| broken("rank", self.rank.to_string()))?,
            at: Timestamp::from_nanos(self.rank_at),
            up_seq: unsigned("rank_seq", self.rank_seq)?,
            failure,
            sent_at: self.sent_at.map(Timestamp::from_nanos),
            uncertain_at: self.uncertain_at.map(Timestamp::from_nanos),
        })
    }

    /// Queued and held since a restore.
    pub(crate) fn is_held_in_queue(&self) -> bool {
        self.rank == Rank::Queued.number() && self.restored_at.is_some()
    }

    fn dispatch(&self) -> QueryResult<Option<Dispatch>> {
        let journal: Option<JournalId> = id_opt(self.journal_id.as_deref())?;
        Ok(match (journal, self.down_seq, self.dispatched_at) {
            (Some(journal_id), Some(down_seq), Some(at)) => Some(Dispatch {
                journal_id,
                down_seq: unsigned("down_seq", down_seq)?,
                at: Timestamp::from_nanos(at),
            }),
            _ => None,
        })
    }

    /// The message as a phone needs it; `None` while it is not dispatched.
    pub(crate) fn frame(self, sim: SimFacts) -> QueryResult<Option<FrameRow>> {
        let Some(dispatch) = self.dispatch()? else { return Ok(None) };
        Ok(Some(FrameRow {
            down_seq: dispatch.down_seq,
            id: id(&self.id)?,
            journal_id: dispatch.journal_id,
            slot: slot(self.slot)?,
            sim,
            to: self.recipient,
            body: text::unescape(self.body),
            parts: parts(self.parts)?,
            expires_at: self.expires_at.map(Timestamp::from_nanos),
        }))
    }
}

/// The failure in three columns that are set together.
pub(crate) fn failure(
    class: Option<&str>,
    code: Option<&str>,
    reason: Option<&str>,
) -> QueryResult<Option<Failure>> {
    let (Some(class), Some(code), Some(reason)) = (class, code, reason) else { return Ok(None) };
    Ok(Some(Failure {
        class: FailureClass::from_word(class).ok_or_else(|| broken("failure_class", class))?,
        code: code.to_owned(),
        reason: reason.to_owned(),
    }))
}

fn parts(value: i32) -> QueryResult<u16> {
    u16::try_from(value).map_err(|error| broken("parts", error))
}

/// `held_until` of what stands outside the queue until a restore's questions are answered.
pub(crate) const UNTIL_RELEASED: i64 = i64::MAX;

/// The types of an [`OutboundRow`]'s columns.
type Columns = SqlTypeOf<<OutboundRow as Selectable<Backend>>::SelectExpression>;

/// A row, spelt out.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, account_id, device_id, key_id, line_id, sim_id, slot, recipient, recipient_normal, body, parts, \
             priority, turn, created_at, scheduled_at, held_until, expires_at, rank, rank_at, rank_seq, journal_id, \
             down_seq, dispatched_at, sent_at, uncertain_at, failure_class, failure_code, failure_reason, restored_at \
             FROM outbound ",
            $rest
        )
    };
}

words!(OfDevice = select!("WHERE id = ? AND device_id = ?"));

/// A message of this device; another device's is as good as none.
pub(crate) fn load_of_device(
    conn: &mut Conn,
    device: DeviceId,
    message: MessageId,
) -> QueryResult<Option<OutboundRow>> {
    let question = OfDevice::with([message.as_bytes().into(), device.as_bytes().into()]);
    question.answering::<Columns>().first(conn)
}

words!(
    // The condition is spelt out: with a bound value SQLite cannot know that the partial index holds the answer.
    FirstQueued = select!(
        "WHERE device_id = ? AND sim_id = ? AND slot = ? AND rank = 0 AND held_until IS NULL \
         ORDER BY priority, turn, id LIMIT 1"
    )
);

/// The first of a device's queued messages that this SIM may send, from where it sits.
pub(crate) fn first_queued(
    conn: &mut Conn,
    device: DeviceId,
    sim: &SimRow,
) -> QueryResult<Option<OutboundRow>> {
    let question = FirstQueued::with([device.as_bytes().into(), (&sim.id).into(), sim.slot.into()]);
    question.answering::<Columns>().first(conn)
}

/// Whether any device has this message.
pub(crate) fn exists(conn: &mut Conn, message: MessageId) -> QueryResult<bool> {
    let found = outbound::table.filter(outbound::id.eq(message.as_bytes().as_slice()));
    diesel::select(diesel::dsl::exists(found)).get_result(conn)
}

words!(OfAccount = select!("WHERE id = ? AND account_id = ?"));

/// A message of this account; another account's is as good as none.
pub(crate) fn load_of_account(
    conn: &mut Conn,
    account: AccountId,
    message: MessageId,
) -> QueryResult<Option<OutboundRow>> {
    let question = OfAccount::with([message.as_bytes().into(), account.as_bytes().into()]);
    question.answering::<Columns>().first(conn)
}

words!(
    Insert = "INSERT INTO outbound (id, account_id, device_id, key_id, line_id, sim_id, slot, recipient, \
         recipient_normal, body, parts, priority, turn, created_at, scheduled_at, held_until, expires_at, \
         rank, rank_at, rank_seq, journal_id, down_seq, dispatched_at, sent_at, uncertain_at, failure_class, \
         failure_code, failure_reason, restored_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
);

pub(crate) fn insert(conn: &mut Conn, row: &OutboundRow) -> QueryResult<()> {
    let insert = Insert::with([
        (&row.id).into(),
        (&row.account_id).into(),
        (&row.device_id).into(),
        (&row.key_id).into(),
        (&row.line_id).into(),
        (&row.sim_id).into(),
        row.slot.into(),
        row.recipient.as_str().into(),
        row.recipient_normal.as_str().into(),
        row.body.as_str().into(),
        row.parts.into(),
        row.priority.into(),
        row.turn.into(),
        row.created_at.into(),
        row.scheduled_at.into(),
        row.held_until.into(),
        row.expires_at.into(),
        row.rank.into(),
        row.rank_at.into(),
        row.rank_seq.into(),
        row.journal_id.as_deref().into(),
        row.down_seq.into(),
        row.dispatched_at.into(),
        row.sent_at.into(),
        row.uncertain_at.into(),
        row.failure_class.as_deref().into(),
        row.failure_code.as_deref().into(),
        row.failure_reason.as_deref().into(),
        row.restored_at.into(),
    ]);
    insert.run(conn).map(drop)
}

words!(
    StoreState = "UPDATE outbound SET rank = ?, rank_at = ?, rank_seq = ?, sent_at = ?, uncertain_at = ?, failure_class = ?, \
         failure_code = ?, failure_reason = ? WHERE id = ?"
);

/// Writes the state that a fact has changed.
pub(crate) fn store_state(conn: &mut Conn, message: MessageId, state: &MessageState) -> QueryResult<()> {
    let failure = state.failure.as_ref();
    let update = StoreState::with([
        state.rank.number().into(),
        state.at.nanos().into(),
        signed(state.up_seq).into(),
        state.sent_at.map(Timestamp::nanos).into(),
        state.uncertain_at.map(Timestamp::nanos).into(),
        failure.map(|failure| failure.class.word()).into(),
        failure.map(|failure| failure.code.as_str()).into(),
        failure.map(|failure| failure.reason.as_str()).into(),
        message.as_bytes().into(),
    ]);
    update.run(conn).map(drop)
}

/// Nobody knows whether a phone had this queued message: it counts as dispatched, to a journal that is not known.
pub(crate) fn store_unknown(conn: &mut Conn, message: MessageId, now: Timestamp) -> QueryResult<()> {
    diesel::update(outbound::table.filter(outbound::id.eq(message.as_bytes().as_slice())))
        .set((
            outbound::rank.eq(Rank::Dispatched.number()),
            outbound::rank_at.eq(now.nanos()),
            outbound::held_until.eq(None::<i64>),
            outbound::restored_at.eq(None::<i64>),
        ))
        .execute(conn)
        .map(drop)
}

/// It is dispatched, and so not held any more.
pub(crate) fn clear_held(conn: &mut Conn, message: MessageId) -> QueryResult<()> {
    diesel::update(outbound::table.filter(outbound::id.eq(message.as_bytes().as_slice())))
        .set((outbound::restored_at.eq(None::<i64>), outbound::held_until.eq(None::<i64>)))
        .execute(conn)
        .map(drop)
}

/// It is not held any more: its schedule counts again, or it stands in the queue in this turn.
pub(crate) fn store_freed(
    conn: &mut Conn,
    message: MessageId,
    held_until: Option<Timestamp>,
    turn: i64,
) -> QueryResult<()> {
    diesel::update(outbound::table.filter(outbound::id.eq(message.as_bytes().as_slice())))
        .set((
            outbound::restored_at.eq(None::<i64>),
            outbound::held_until.eq(held_until.map(Timestamp::nanos)),
            outbound::turn.eq(turn),
        ))
        .execute(conn)
        .map(drop)
}

/// A held message may leave from now on, in this turn.
pub(crate) fn store_release(conn: &mut Conn, message: MessageId, turn: i64) -> QueryResult<()> {
    diesel::update(outbound::table.filter(outbound::id.eq(message.as_bytes().as_slice())))
        .set((outbound::held_until.eq(None::<i64>), outbound::turn.eq(turn)))
        .execute(conn)
        .map(drop)
}

words!(
    StoreDispatch = "UPDATE outbound SET rank = ?, rank_at = ?, journal_id = ?, down_seq = ?, dispatched_at = ? WHERE id = ?"
);

/// Binds a message to a journal, once in its life.
pub(crate) fn store_dispatch(conn: &mut Conn, message: MessageId, dispatch: &Dispatch) -> QueryResult<()> {
    let update = StoreDispatch::with([
        Rank::Dispatched.number().into(),
        dispatch.at.nanos().into(),
        dispatch.journal_id.as_bytes().into(),
        signed(dispatch.down_seq).into(),
        dispatch.at.nanos().into(),
        message.as_bytes().into(),
    ]);
    update.run(conn).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::assert_names_the_columns;

    #[test]
    fn the_words_name_the_columns_of_a_row_in_their_order() {
        assert_names_the_columns::<OfDevice>(&outbound::table.select(OutboundRow::as_select()));
    }
}
