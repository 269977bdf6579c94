//! Notices that nobody waits for: those of webhooks that are gone, and those that ended long ago.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::notice::{Notice, NoticeStatus};
use relay_domain::webhook::WebhookStatus;

use super::notify;
use crate::backend::condition;
use crate::changes::SWEEP_ROWS;
use crate::lane::{Change, Tx};
use crate::rows::notice::{self as rows, NoticeRow};
use crate::schema::{attempt, notice, webhook};

/// How long the log of an ended notice is kept.
const LOG_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Gives up some pending notices of webhooks that are gone or deleted. The verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct BuryNotices;

impl Change for BuryNotices {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        // Literals, here and below: with bound values SQLite cannot know that the partial indexes hold the answers.
        let over = webhook::table.filter(condition("status >= 3")).select(webhook::id);
        // The first of each chain; the next one follows in its place.
        let found: Vec<NoticeRow> = notice::table
            .filter(notice::webhook_id.eq_any(over))
            .filter(condition("next_at IS NOT NULL"))
            .limit(SWEEP_ROWS)
            .select(NoticeRow::as_select())
            .load(tx.conn)?;
        let found: Vec<Notice> = found.into_iter().map(NoticeRow::read).collect::<QueryResult<_>>()?;
        for one in &found {
            let dead = Notice { status: NoticeStatus::Dead, next_at: None, ..one.clone() };
            rows::store_try(tx.conn, &dead, tx.now)?;
            notify::next_of_chain(tx, one.webhook_id, one.chain)?;
        }
        Ok(found.len())
    }
}

/// Forgets some notices that ended long ago, with their attempts, and webhooks that were deleted long
/// ago. The verdict counts the notices.
#[derive(Debug, Clone, Copy)]
pub struct ForgetNotices;

impl Change for ForgetNotices {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let long_ago = tx.now.minus(LOG_KEPT);
        let old: Vec<(Vec<u8>, Vec<u8>)> = notice::table
            .filter(condition("ended_at IS NOT NULL"))
            .filter(notice::ended_at.lt(long_ago.nanos()))
            .order(notice::ended_at)
            .limit(SWEEP_ROWS)
            .select((notice::webhook_id, notice::id))
            .load(tx.conn)?;
        for (webhook_id, id) in &old {
            let tries = attempt::table.filter(attempt::webhook_id.eq(webhook_id));
            diesel::delete(tries.filter(attempt::notice_id.eq(id))).execute(tx.conn)?;
            diesel::delete(notice::table.filter(notice::id.eq(id))).execute(tx.conn)?;
        }
        let deleted = webhook::table
            .filter(condition("status >= 3"))
            .filter(webhook::status.eq(WebhookStatus::Deleted.number()))
            .filter(webhook::status_at.lt(long_ago.nanos()));
        diesel::delete(deleted).execute(tx.conn)?;
        Ok(old.len())
    }
}
