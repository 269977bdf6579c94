//! `inbound`.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use relay_domain::message::Inbound;
use relay_domain::{AccountId, InboundId, Timestamp};

use super::{id, slot, text};
use crate::backend::{Backend, Conn, Words as _, words};
use crate::schema::inbound;

#[derive(Queryable, Selectable)]
#[diesel(table_name = inbound)]
pub(crate) struct InboundRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) device_id: Vec<u8>,
    pub(crate) sim_id: Option<Vec<u8>>,
    pub(crate) slot: i32,
    pub(crate) number: Option<String>,
    pub(crate) sender: String,
    pub(crate) sender_normal: String,
    pub(crate) body: String,
    pub(crate) parts: i32,
    pub(crate) smsc_at: Option<i64>,
    pub(crate) digest: String,
    pub(crate) source: String,
    pub(crate) journal_id: Vec<u8>,
    pub(crate) up_seq: i64,
    pub(crate) received_at: i64,
    pub(crate) created_at: i64,
    pub(crate) swept_by: Option<Vec<u8>>,
}

impl InboundRow {
    pub(crate) fn read(self) -> QueryResult<Inbound> {
        Ok(Inbound {
            id: id(&self.id)?,
            account_id: id(&self.account_id)?,
            device_id: id(&self.device_id)?,
            slot: slot(self.slot)?,
            number: self.number,
            sender: text::unescape(self.sender),
            body: text::unescape(self.body),
            received_at: Timestamp::from_nanos(self.received_at),
            created_at: Timestamp::from_nanos(self.created_at),
        })
    }
}

/// The types of an [`InboundRow`]'s columns.
type Columns = SqlTypeOf<<InboundRow as Selectable<Backend>>::SelectExpression>;

words!(
    OfNumber = "SELECT id, account_id, device_id, sim_id, slot, number, sender, sender_normal, body, parts, smsc_at, digest, \
         source, journal_id, up_seq, received_at, created_at, swept_by FROM inbound \
         WHERE id = ? AND account_id = ? AND number = ?"
);

/// What this number received for this account; what another number or account received is none.
pub(crate) fn load_of_number(
    conn: &mut Conn,
    account: AccountId,
    number: &str,
    inbound: InboundId,
) -> QueryResult<Option<InboundRow>> {
    let question = OfNumber::with([inbound.as_bytes().into(), account.as_bytes().into(), number.into()]);
    question.answering::<Columns>().first(conn)
}

words!(
    Insert = "INSERT INTO inbound (id, account_id, device_id, sim_id, slot, number, sender, sender_normal, body, \
         parts, smsc_at, digest, source, journal_id, up_seq, received_at, created_at, swept_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
);

pub(crate) fn insert(conn: &mut Conn, row: &InboundRow) -> QueryResult<()> {
    let insert = Insert::with([
        (&row.id).into(),
        (&row.account_id).into(),
        (&row.device_id).into(),
        row.sim_id.as_deref().into(),
        row.slot.into(),
        row.number.as_deref().into(),
        row.sender.as_str().into(),
        row.sender_normal.as_str().into(),
        row.body.as_str().into(),
        row.parts.into(),
        row.smsc_at.into(),
        row.digest.as_str().into(),
        row.source.as_str().into(),
        (&row.journal_id).into(),
        row.up_seq.into(),
        row.received_at.into(),
        row.created_at.into(),
        row.swept_by.as_deref().into(),
    ]);
    insert.run(conn).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::assert_names_the_columns;

    #[test]
    fn the_words_name_the_columns_of_a_row_in_their_order() {
        assert_names_the_columns::<OfNumber>(&inbound::table.select(InboundRow::as_select()));
    }
}
