//! Notices: what a webhook's worker takes next, and the log of what was tried.

use diesel::prelude::*;
use relay_domain::notice::{Attempt, Notice};
use relay_domain::webhook::Webhook;
use relay_domain::{NoticeId, Timestamp, WebhookId};

use super::{Query, Read};
use crate::rows::notice::{AttemptRow, NoticeRow};
use crate::rows::{self, webhook};
use crate::schema::{attempt, notice};

/// What may be told now.
#[derive(Debug, Clone)]
pub struct DueNotices {
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// Now.
    pub now: Timestamp,
    /// Notices at most.
    pub limit: usize,
    /// Those that are under way.
    pub under_way: Vec<NoticeId>,
}

/// A webhook as it is now, and what may be told to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The webhook.
    pub webhook: Webhook,
    /// In the order in which their time came.
    pub notices: Vec<Notice>,
    /// When the time of the next one comes that is neither among them nor under way.
    pub next_at: Option<Timestamp>,
}

impl Query for DueNotices {
    /// `None` where there is no such webhook.
    type Answer = Option<Due>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Due>> {
        let Some(webhook) = webhook::load(read.conn, self.webhook_id)? else { return Ok(None) };
        // One more than there is room for tells when to look again; those under way stand among them.
        let most = i64::try_from(self.limit + self.under_way.len() + 1).unwrap_or(i64::MAX);
        let first = rows::notice::first_due(read.conn, self.webhook_id, most)?;
        let mut waiting = first.into_iter().filter(|(id, _)| !self.under_way.contains(id)).peekable();
        let mut notices = Vec::new();
        while notices.len() < self.limit
            && let Some((id, _)) = waiting.next_if(|(_, next_at)| *next_at <= self.now)
        {
            notices.extend(rows::notice::load(read.conn, id)?);
        }
        let next_at = waiting.peek().map(|(_, next_at)| *next_at);
        Ok(Some(Due { webhook, notices, next_at }))
    }
}

/// What was tried for a webhook, newest notice first.
#[derive(Debug, Clone, Copy)]
pub struct AttemptsOf {
    /// Which webhook.
    pub webhook_id: WebhookId,
    /// Only for this notice.
    pub notice_id: Option<NoticeId>,
    /// Attempts at most.
    pub limit: i64,
}

/// An attempt with its notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptTold {
    /// The notice as it is now.
    pub notice: Notice,
    /// Which attempt, counted from 1.
    pub number: u32,
    /// The attempt.
    pub attempt: Attempt,
}

impl Query for AttemptsOf {
    type Answer = Vec<AttemptTold>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<AttemptTold>> {
        let mut list = attempt::table
            .inner_join(notice::table.on(notice::id.eq(attempt::notice_id)))
            .filter(attempt::webhook_id.eq(self.webhook_id.as_bytes().as_slice()))
            .order((attempt::notice_id.desc(), attempt::number.desc()))
            .limit(self.limit)
            .select((NoticeRow::as_select(), AttemptRow::as_select()))
            .into_boxed();
        if let Some(only) = &self.notice_id {
            list = list.filter(attempt::notice_id.eq(only.as_bytes().as_slice()));
        }
        let found: Vec<(NoticeRow, AttemptRow)> = list.load(read.conn)?;
        let told = found.into_iter().map(|(notice, tried)| {
            let number = u32::try_from(tried.number).unwrap_or_default();
            Ok(AttemptTold { notice: notice.read()?, number, attempt: tried.read()? })
        });
        told.collect()
    }
}
