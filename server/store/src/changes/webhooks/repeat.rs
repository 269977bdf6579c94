//! Notices that somebody asks for: a test, or what was told before once more. They are in no chain: they wait for
//! nothing, and nothing waits for them.

use diesel::prelude::*;
use relay_domain::notice::{Facts, Notice, NoticeStatus};
use relay_domain::webhook::{EventKind, WebhookStatus};
use relay_domain::{NoticeId, Timestamp, WebhookId};
use uuid::Uuid;

use super::notify::{self, Chain};
use crate::backend::condition;
use crate::changes::SWEEP_ROWS;
use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::notice::{self as rows, NoticeRow};
use crate::rows::webhook;
use crate::schema::notice;

/// Tells a webhook something that means nothing.
#[derive(Debug, Clone, Copy)]
pub struct TestWebhook {
    /// Which.
    pub webhook_id: WebhookId,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestVerdict {
    /// This event is told.
    Told(NoticeId),
    /// There is no such webhook.
    NoSuchWebhook,
    /// It answered 410: nothing is told.
    WebhookGone,
}

impl Change for TestWebhook {
    type Verdict = TestVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<TestVerdict> {
        let Some(this) = webhook::load(tx.conn, self.webhook_id)? else {
            return Ok(TestVerdict::NoSuchWebhook);
        };
        match this.status {
            WebhookStatus::Deleted => Ok(TestVerdict::NoSuchWebhook),
            WebhookStatus::Gone => Ok(TestVerdict::WebhookGone),
            WebhookStatus::Active | WebhookStatus::Paused | WebhookStatus::Failing => {
                let (about, facts) = (this.id.uuid(), Facts::at(tx.now));
                notify::write(tx, &this, EventKind::WebhookTest, about, Chain::Apart, facts)
                    .map(TestVerdict::Told)
            }
        }
    }
}

/// Which notices are told once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// This one, however it ended.
    One(NoticeId),
    /// Those of this webhook that were given up and written since then, from behind this one on.
    DeadSince(WebhookId, Timestamp, Option<NoticeId>),
}

/// Tells some notices once more, each with the id that it had.
#[derive(Debug, Clone, Copy)]
pub struct RepeatNotices(pub Repeat);

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatVerdict {
    /// So many, up to this one; there may be more behind it.
    Repeated(usize, Option<NoticeId>),
    /// There is no such notice.
    NoSuchNotice,
    /// It had not ended: it, or what it waits for, is tried now.
    Hurried,
    /// Its webhook is gone.
    WebhookGone,
}

impl Change for RepeatNotices {
    type Verdict = RepeatVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<RepeatVerdict> {
        let chosen = match self.0 {
            Repeat::One(wanted) => match rows::load(tx.conn, wanted)? {
                None => return Ok(RepeatVerdict::NoSuchNotice),
                Some(found) if found.status == NoticeStatus::Pending => {
                    let first = rows::first_pending(tx.conn, found.webhook_id, found.chain)?;
                    rows::store_turn(tx.conn, first.unwrap_or(found.id), tx.now)?;
                    tx.effect(Effect::WebhookChanged { webhook_id: found.webhook_id });
                    return Ok(RepeatVerdict::Hurried);
                }
                Some(found) => vec![found],
            },
            Repeat::DeadSince(webhook_id, since, behind) => dead(tx, webhook_id, since, behind)?,
        };
        let last = chosen.last().map(|notice| notice.id);
        for before in &chosen {
            let Some(owner) =
                webhook::load(tx.conn, before.webhook_id)?.filter(|owner| !owner.status.is_over())
            else {
                return Ok(RepeatVerdict::WebhookGone);
            };
            let id: NoticeId = tx.id();
            let repeat = Notice {
                id,
                chain: id.uuid(),
                created_at: tx.now,
                paused_before: owner.paused_until(tx.now),
                attempts: 0,
                status: NoticeStatus::Pending,
                next_at: Some(tx.now),
                ..before.clone()
            };
            rows::insert(tx.conn, &repeat)?;
            tx.effect(Effect::NoticeWaits { webhook_id: owner.id });
        }
        Ok(RepeatVerdict::Repeated(chosen.len(), last))
    }
}

/// Some of a webhook's dead notices, oldest first; those that were repeats themselves are not repeated.
fn dead(
    tx: &mut Tx<'_>,
    webhook_id: WebhookId,
    since: Timestamp,
    behind: Option<NoticeId>,
) -> QueryResult<Vec<Notice>> {
    let from = behind.unwrap_or_else(|| NoticeId::from(Uuid::nil()));
    let found: Vec<NoticeRow> = notice::table
        .filter(notice::id.gt(from.as_bytes().as_slice()))
        .filter(notice::webhook_id.eq(webhook_id.as_bytes().as_slice()))
        // A literal: with a bound value SQLite cannot know that the partial index holds the answer.
        .filter(condition("status = 2"))
        .filter(notice::event_id.eq(notice::id))
        .filter(notice::created_at.ge(since.nanos()))
        .order(notice::id)
        .limit(SWEEP_ROWS)
        .select(NoticeRow::as_select())
        .load(tx.conn)?;
    found.into_iter().map(NoticeRow::read).collect()
}
