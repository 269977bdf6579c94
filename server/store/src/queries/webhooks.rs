//! Webhooks, and how they stand.

use diesel::prelude::*;
use relay_domain::webhook::{Webhook, WebhookStatus};
use relay_domain::{AccountId, Timestamp, WebhookId};

use super::{COUNTED_ROWS, Query, Read, total};
use crate::backend::condition;
use crate::rows::notice::pending;
use crate::rows::webhook::{self as rows, WebhookRow};
use crate::schema::{notice, webhook};

/// A webhook with what waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookStanding {
    /// It.
    pub webhook: Webhook,
    /// Notices that wait; `None` above [`COUNTED_ROWS`].
    pub pending: Option<u64>,
    /// When the next of them is tried.
    pub next_at: Option<Timestamp>,
}

/// One webhook, unless it was deleted.
#[derive(Debug, Clone, Copy)]
pub struct FindWebhook(pub WebhookId);

impl Query for FindWebhook {
    type Answer = Option<WebhookStanding>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<WebhookStanding>> {
        let found = rows::load(read.conn, self.0)?;
        let found = found.filter(|webhook| webhook.status != WebhookStatus::Deleted);
        found.map(|webhook| stand(read, webhook)).transpose()
    }
}

/// Webhooks that were not deleted, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct ListWebhooks {
    /// Whose; `None` for everyone's.
    pub account_id: Option<AccountId>,
}

impl Query for ListWebhooks {
    type Answer = Vec<Webhook>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Webhook>> {
        let mut list = webhook::table
            .filter(webhook::status.ne(WebhookStatus::Deleted.number()))
            .order(webhook::id)
            .select(WebhookRow::as_select())
            .into_boxed();
        if let Some(account) = &self.account_id {
            list = list.filter(webhook::account_id.eq(account.as_bytes().as_slice()));
        }
        let found: Vec<WebhookRow> = list.load(read.conn)?;
        found.into_iter().map(WebhookRow::read).collect()
    }
}

fn stand(read: &mut Read<'_>, webhook: Webhook) -> QueryResult<WebhookStanding> {
    let id = webhook.id.as_bytes().as_slice();
    let counted = pending(read.conn, webhook.id, COUNTED_ROWS + 1)?;
    // A literal: with a bound value SQLite cannot know that the partial index holds the answer.
    let next: Option<Option<i64>> = notice::table
        .filter(notice::webhook_id.eq(id))
        .filter(condition("next_at IS NOT NULL"))
        .order(notice::next_at)
        .select(notice::next_at)
        .first(read.conn)
        .optional()?;
    let next_at = next.flatten().map(Timestamp::from_nanos);
    Ok(WebhookStanding { pending: total(counted), next_at, webhook })
}
