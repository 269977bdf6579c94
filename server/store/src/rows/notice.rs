//! `notice` and `attempt`.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use relay_domain::notice::{Attempt, Facts, Notice, NoticeStatus};
use relay_domain::webhook::EventKind;
use relay_domain::{NoticeId, Timestamp, WebhookId};
use uuid::Uuid;

use super::{broken, id, id_opt, nanos, slot, span, text, unsigned32};
use crate::backend::{Backend, Conn, Words as _, words};
use crate::schema::{attempt, notice};

#[derive(Queryable, Selectable)]
#[diesel(table_name = notice)]
pub(crate) struct NoticeRow {
    id: Vec<u8>,
    event_id: Vec<u8>,
    webhook_id: Vec<u8>,
    account_id: Vec<u8>,
    kind: i16,
    about: Vec<u8>,
    chain: Vec<u8>,
    happened_at: i64,
    device_id: Option<Vec<u8>>,
    number: Option<String>,
    body: Option<String>,
    slot: Option<i32>,
    own_number: Option<String>,
    reason: Option<String>,
    created_at: i64,
    paused_nanos: i64,
    attempts: i32,
    status: i16,
    next_at: Option<i64>,
}

impl NoticeRow {
    pub(crate) fn read(self) -> QueryResult<Notice> {
        let kind = EventKind::from_number(self.kind);
        let status = NoticeStatus::from_number(self.status);
        Ok(Notice {
            id: id(&self.id)?,
            event_id: id(&self.event_id)?,
            webhook_id: id(&self.webhook_id)?,
            account_id: id(&self.account_id)?,
            kind: kind.ok_or_else(|| broken("kind", self.kind.to_string()))?,
            about: id(&self.about)?,
            chain: id(&self.chain)?,
            facts: Facts {
                at: Timestamp::from_nanos(self.happened_at),
                device_id: id_opt(self.device_id.as_deref())?,
                number: self.number.map(text::unescape),
                body: self.body.map(text::unescape),
                slot: self.slot.map(slot).transpose()?,
                own_number: self.own_number,
                reason: self.reason.map(text::unescape),
            },
            created_at: Timestamp::from_nanos(self.created_at),
            paused_before: span("paused_nanos", self.paused_nanos)?,
            attempts: unsigned32("attempts", self.attempts)?,
            status: status.ok_or_else(|| broken("status", self.status.to_string()))?,
            next_at: self.next_at.map(Timestamp::from_nanos),
        })
    }
}

words!(
    Insert = "INSERT INTO notice (id, event_id, webhook_id, account_id, kind, about, chain, happened_at, device_id, \
         number, body, slot, own_number, reason, created_at, paused_nanos, attempts, status, next_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
);

pub(crate) fn insert(conn: &mut Conn, notice: &Notice) -> QueryResult<()> {
    let Facts { at, device_id, number, body, slot, own_number, reason } = &notice.facts;
    let escaped = |text: &Option<String>| text.as_deref().map(text::escape);
    let (number, body, reason) = (escaped(number), escaped(body), escaped(reason));
    let insert = Insert::with([
        notice.id.as_bytes().into(),
        notice.event_id.as_bytes().into(),
        notice.webhook_id.as_bytes().into(),
        notice.account_id.as_bytes().into(),
        notice.kind.number().into(),
        notice.about.as_bytes().into(),
        notice.chain.as_bytes().into(),
        at.nanos().into(),
        device_id.as_ref().map(|device| device.as_bytes().as_slice()).into(),
        number.as_deref().into(),
        body.as_deref().into(),
        slot.map(i64::from).into(),
        own_number.as_deref().into(),
        reason.as_deref().into(),
        notice.created_at.nanos().into(),
        nanos(notice.paused_before).into(),
        super::signed32(notice.attempts).into(),
        notice.status.number().into(),
        notice.next_at.map(Timestamp::nanos).into(),
    ]);
    insert.run(conn).map(drop)
}

/// The types of a [`NoticeRow`]'s columns.
type Columns = SqlTypeOf<<NoticeRow as Selectable<Backend>>::SelectExpression>;

words!(
    ById = "SELECT id, event_id, webhook_id, account_id, kind, about, chain, happened_at, device_id, number, body, \
         slot, own_number, reason, created_at, paused_nanos, attempts, status, next_at FROM notice WHERE id = ?"
);

pub(crate) fn load(conn: &mut Conn, notice: NoticeId) -> QueryResult<Option<Notice>> {
    let question = ById::with([notice.as_bytes().into()]);
    let row: Option<NoticeRow> = question.answering::<Columns>().first(conn)?;
    row.map(NoticeRow::read).transpose()
}

words!(
    FirstPending =
        "SELECT id FROM notice WHERE webhook_id = ? AND chain = ? AND status = 0 ORDER BY id LIMIT 1"
);

/// The first notice of a chain that is pending.
pub(crate) fn first_pending(
    conn: &mut Conn,
    webhook: WebhookId,
    chain: Uuid,
) -> QueryResult<Option<NoticeId>> {
    let question = FirstPending::with([webhook.as_bytes().into(), chain.as_bytes().into()]);
    let found: Option<Vec<u8>> = question.answering::<Binary>().first(conn)?;
    found.as_deref().map(id).transpose()
}

words!(
    // Each chain that waits has one notice whose turn it is, which an index finds, and another the rest of its chain.
    Pending = "SELECT COUNT(*) FROM (SELECT 1 FROM notice AS turn JOIN notice AS waiting ON waiting.chain = turn.chain \
         AND waiting.webhook_id = turn.webhook_id AND waiting.status = 0 \
         WHERE turn.webhook_id = ? AND turn.next_at IS NOT NULL LIMIT ?) AS counted"
);

/// How many of a webhook's notices wait, counted up to a bound.
pub(crate) fn pending(conn: &mut Conn, webhook: WebhookId, most: i64) -> QueryResult<i64> {
    let question = Pending::with([webhook.as_bytes().into(), most.into()]);
    question.answering::<BigInt>().first(conn).map(Option::unwrap_or_default)
}

words!(
    FirstDue = "SELECT id, next_at FROM notice WHERE webhook_id = ? AND next_at IS NOT NULL ORDER BY next_at, id LIMIT ?"
);

/// A webhook's pending notices whose turn it is, from the earliest on: which, and when.
pub(crate) fn first_due(
    conn: &mut Conn,
    webhook: WebhookId,
    most: i64,
) -> QueryResult<Vec<(NoticeId, Timestamp)>> {
    let question = FirstDue::with([webhook.as_bytes().into(), most.into()]);
    let found: Vec<(Vec<u8>, i64)> = question.answering::<(Binary, BigInt)>().all(conn)?;
    found.into_iter().map(|(row, at)| Ok((id(&row)?, Timestamp::from_nanos(at)))).collect()
}

words!(StoreTry = "UPDATE notice SET attempts = ?, status = ?, next_at = ?, ended_at = ? WHERE id = ?");

/// Writes what an attempt has changed now.
pub(crate) fn store_try(conn: &mut Conn, notice: &Notice, now: Timestamp) -> QueryResult<()> {
    let ended_at = (notice.status != NoticeStatus::Pending).then_some(now);
    let update = StoreTry::with([
        super::signed32(notice.attempts).into(),
        notice.status.number().into(),
        notice.next_at.map(Timestamp::nanos).into(),
        ended_at.map(Timestamp::nanos).into(),
        notice.id.as_bytes().into(),
    ]);
    update.run(conn).map(drop)
}

words!(StoreTurn = "UPDATE notice SET next_at = ? WHERE id = ?");

/// Its turn has come.
pub(crate) fn store_turn(conn: &mut Conn, notice: NoticeId, next_at: Timestamp) -> QueryResult<()> {
    StoreTurn::with([next_at.nanos().into(), notice.as_bytes().into()]).run(conn).map(drop)
}

words!(Hurry = "UPDATE notice SET next_at = ? WHERE webhook_id = ? AND next_at IS NOT NULL AND next_at > ?");

/// What a webhook waits to try again is tried now.
pub(crate) fn hurry(conn: &mut Conn, webhook: WebhookId, now: Timestamp) -> QueryResult<()> {
    let hurry = Hurry::with([now.nanos().into(), webhook.as_bytes().into(), now.nanos().into()]);
    hurry.run(conn).map(drop)
}

words!(
    Append = "INSERT INTO attempt (webhook_id, notice_id, number, at, took_nanos, status, answer, error) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
);

/// Appends the newest attempt of a notice to the log.
pub(crate) fn append(conn: &mut Conn, notice: &Notice, attempt: &Attempt) -> QueryResult<()> {
    let answer = text::escape(&attempt.answer);
    let insert = Append::with([
        notice.webhook_id.as_bytes().into(),
        notice.id.as_bytes().into(),
        super::signed32(notice.attempts).into(),
        attempt.at.nanos().into(),
        nanos(attempt.took).into(),
        attempt.status.map(i64::from).into(),
        answer.as_str().into(),
        attempt.error.as_deref().into(),
    ]);
    insert.run(conn).map(drop)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = attempt)]
pub(crate) struct AttemptRow {
    pub(crate) number: i32,
    at: i64,
    took_nanos: i64,
    status: Option<i32>,
    answer: String,
    error: Option<String>,
}

impl AttemptRow {
    pub(crate) fn read(self) -> QueryResult<Attempt> {
        let status = self.status.map(u16::try_from).transpose();
        Ok(Attempt {
            at: Timestamp::from_nanos(self.at),
            took: span("took_nanos", self.took_nanos)?,
            status: status.map_err(|error| broken("status", error))?,
            answer: text::unescape(self.answer),
            error: self.error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::assert_names_the_columns;

    #[test]
    fn the_words_name_the_columns_of_a_row_in_their_order() {
        assert_names_the_columns::<ById>(&notice::table.select(NoticeRow::as_select()));
    }
}
