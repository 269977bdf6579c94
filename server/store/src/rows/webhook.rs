//! `webhook`.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use relay_domain::key::Dialect;
use relay_domain::webhook::{Bodies, EventSet, NextSecret, SealedSecret, Webhook, WebhookStatus};
use relay_domain::{AccountId, Timestamp, WebhookId};

use super::{broken, id, nanos, span};
use crate::backend::{Backend, Conn, Words as _, words};
use crate::schema::webhook;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook, treat_none_as_null = true)]
pub(crate) struct WebhookRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    dialect: String,
    url: String,
    events: i32,
    include_body: i32,
    secret: Vec<u8>,
    next_secret: Option<Vec<u8>>,
    takes_over_at: Option<i64>,
    status: i16,
    status_at: i64,
    paused_nanos: i64,
    succeeded_at: Option<i64>,
    failing_since: Option<i64>,
    created_at: i64,
    failed_at: Option<i64>,
}

impl WebhookRow {
    pub(crate) fn read(self) -> QueryResult<Webhook> {
        let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.word() == self.dialect);
        let status = WebhookStatus::from_number(self.status);
        let next = self.next_secret.zip(self.takes_over_at);
        Ok(Webhook {
            id: id(&self.id)?,
            account_id: id(&self.account_id)?,
            dialect: dialect.ok_or_else(|| broken("dialect", self.dialect))?,
            url: self.url,
            events: EventSet::from_bits(u32::try_from(self.events).map_err(|error| broken("events", error))?),
            bodies: if self.include_body == 0 { Bodies::LeftOut } else { Bodies::Included },
            secret: SealedSecret(self.secret),
            next_secret: next.map(|(secret, at)| NextSecret {
                secret: SealedSecret(secret),
                takes_over_at: Timestamp::from_nanos(at),
            }),
            status: status.ok_or_else(|| broken("status", self.status.to_string()))?,
            status_at: Timestamp::from_nanos(self.status_at),
            paused_for: span("paused_nanos", self.paused_nanos)?,
            succeeded_at: self.succeeded_at.map(Timestamp::from_nanos),
            failing_since: self.failing_since.map(Timestamp::from_nanos),
            failed_at: self.failed_at.map(Timestamp::from_nanos),
            created_at: Timestamp::from_nanos(self.created_at),
        })
    }

    pub(crate) fn write(webhook: &Webhook) -> WebhookRow {
        let next = webhook.next_secret.as_ref();
        WebhookRow {
            id: webhook.id.as_bytes().to_vec(),
            account_id: webhook.account_id.as_bytes().to_vec(),
            dialect: webhook.dialect.word().to_owned(),
            url: webhook.url.clone(),
            events: webhook.events.bits().cast_signed(),
            include_body: i32::from(webhook.bodies == Bodies::Included),
            secret: webhook.secret.0.clone(),
            next_secret: next.map(|next| next.secret.0.clone()),
            takes_over_at: next.map(|next| next.takes_over_at.nanos()),
            status: webhook.status.number(),
            status_at: webhook.status_at.nanos(),
            paused_nanos: nanos(webhook.paused_for),
            succeeded_at: webhook.succeeded_at.map(Timestamp::nanos),
            failing_since: webhook.failing_since.map(Timestamp::nanos),
            created_at: webhook.created_at.nanos(),
            failed_at: webhook.failed_at.map(Timestamp::nanos),
        }
    }
}

/// The types of a [`WebhookRow`]'s columns.
type Columns = SqlTypeOf<<WebhookRow as Selectable<Backend>>::SelectExpression>;

words!(
    ById = "SELECT id, account_id, dialect, url, events, include_body, secret, next_secret, takes_over_at, status, status_at, \
         paused_nanos, succeeded_at, failing_since, created_at, failed_at FROM webhook WHERE id = ?"
);

pub(crate) fn load(conn: &mut Conn, webhook: WebhookId) -> QueryResult<Option<Webhook>> {
    let question = ById::with([webhook.as_bytes().into()]);
    let row: Option<WebhookRow> = question.answering::<Columns>().first(conn)?;
    row.map(WebhookRow::read).transpose()
}

/// Those of an account that are told of something, or will be, oldest first.
pub(crate) fn load_of_account(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Webhook>> {
    let rows: Vec<WebhookRow> = webhook::table
        .filter(webhook::account_id.eq(account.as_bytes().as_slice()))
        .filter(webhook::status.lt(WebhookStatus::Gone.number()))
        .order(webhook::id)
        .select(WebhookRow::as_select())
        .load(conn)?;
    rows.into_iter().map(WebhookRow::read).collect()
}

pub(crate) fn insert(conn: &mut Conn, webhook: &Webhook) -> QueryResult<()> {
    diesel::insert_into(webhook::table).values(WebhookRow::write(webhook)).execute(conn).map(drop)
}

pub(crate) fn store(conn: &mut Conn, webhook: &Webhook) -> QueryResult<()> {
    let this = webhook::table.filter(webhook::id.eq(webhook.id.as_bytes().as_slice()));
    diesel::update(this).set(WebhookRow::write(webhook)).execute(conn).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::assert_names_the_columns;

    #[test]
    fn the_words_name_the_columns_of_a_row_in_their_order() {
        assert_names_the_columns::<ById>(&webhook::table.select(WebhookRow::as_select()));
    }
}
