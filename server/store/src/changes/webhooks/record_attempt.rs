//! What came of telling a notice once.

use std::time::Duration;

use diesel::QueryResult;
use relay_domain::notice::{Attempt, Facts, Notice, NoticeStatus, Outcome};
use relay_domain::webhook::{EventKind, NOTICE_LIFE, PAUSED_AFTER, Webhook, WebhookStatus};
use relay_domain::{NoticeId, Timestamp};

use super::change::{enter, keep};
use super::notify::{self, Chain};
use crate::lane::{Change, Tx};
use crate::rows::{notice, webhook};

/// Records an attempt.
#[derive(Debug, Clone)]
pub struct RecordAttempt {
    /// Of which notice.
    pub notice_id: NoticeId,
    /// Where it was posted to: meanwhile the webhook may have moved.
    pub url: String,
    /// The attempt.
    pub attempt: Attempt,
    /// What it means.
    pub outcome: Outcome,
}

/// Of a webhook that succeeds all the time, the last success is written this often.
const SUCCESS_EVERY: Duration = Duration::from_secs(60);
/// And of one that fails all the time, the last failure.
const FAILURE_EVERY: Duration = Duration::from_secs(60 * 60);
/// After so long without an attempt a failure is the first again: whatever waits is tried more often, so nothing waited, or
/// the hub was away, and neither says anything of the endpoint.
const SILENCE: Duration = Duration::from_secs(12 * 60 * 60);

impl Change for RecordAttempt {
    /// As the notice is now; `None` where it is gone.
    type Verdict = Option<Notice>;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Option<Notice>> {
        let Some(mut told) = notice::load(tx.conn, self.notice_id)? else { return Ok(None) };
        let webhooks = tx.hot.webhooks(tx.conn, told.account_id)?;
        let known = webhooks.iter().find(|webhook| webhook.id == told.webhook_id).cloned();
        let owner = match known {
            Some(owner) => Some(owner),
            None => webhook::load(tx.conn, told.webhook_id)?,
        };
        let moved = owner.as_ref().is_some_and(|owner| owner.url != self.url);
        let outcome = match self.outcome {
            // The old place has no say in it.
            Outcome::Gone | Outcome::Again(_) if moved => Outcome::Again(Duration::ZERO),
            outcome => outcome,
        };
        told.attempts += 1;
        notice::append(tx.conn, &told, &self.attempt)?;
        let was_pending = told.status == NoticeStatus::Pending;
        // Given up while the attempt was under way: only a success still counts.
        if was_pending || outcome == Outcome::Taken {
            let paused = owner.as_ref().map_or(Duration::ZERO, |owner| owner.paused_until(tx.now));
            settle(&mut told, outcome, paused, tx.now);
        }
        notice::store_try(tx.conn, &told, tx.now)?;
        if was_pending && told.status != NoticeStatus::Pending {
            notify::next_of_chain(tx, told.webhook_id, told.chain)?;
        }
        if let Some(owner) = owner.filter(|_| !moved) {
            self.judge(tx, owner)?;
        }
        Ok(Some(told))
    }
}

impl RecordAttempt {
    /// What the attempt says of the endpoint.
    fn judge(&self, tx: &mut Tx<'_>, mut owner: Webhook) -> QueryResult<()> {
        match self.outcome {
            Outcome::Taken => {
                let fresh = owner.succeeded_at.is_some_and(|at| tx.now.since(at) < SUCCESS_EVERY);
                if fresh && owner.failing_since.is_none() {
                    return Ok(());
                }
                (owner.succeeded_at, owner.failing_since) = (Some(tx.now), None);
            }
            Outcome::Gone if owner.status.is_over() => return Ok(()),
            Outcome::Gone => enter(&mut owner, WebhookStatus::Gone, tx.now),
            Outcome::Again(_) => {
                let silence = owner.failed_at.map_or(Duration::MAX, |at| tx.now.since(at));
                let since = owner.failing_since.filter(|_| silence < SILENCE).unwrap_or(tx.now);
                let too_long = tx.now.since(since) >= PAUSED_AFTER;
                if !too_long && silence < FAILURE_EVERY && owner.failing_since == Some(since) {
                    return Ok(());
                }
                (owner.failing_since, owner.failed_at) = (Some(since), Some(tx.now));
                if too_long && owner.status == WebhookStatus::Active {
                    enter(&mut owner, WebhookStatus::Failing, tx.now);
                    self.tell_of_the_pause(tx, &owner)?;
                }
            }
        }
        keep(tx, &owner)
    }

    fn tell_of_the_pause(&self, tx: &mut Tx<'_>, owner: &Webhook) -> QueryResult<()> {
        let why = self.attempt.error.clone();
        let chain = Chain::GoesOn;
        notify::tell(tx, owner.account_id, EventKind::WebhookPaused, owner.id.uuid(), chain, || {
            Ok(Facts { reason: why.clone(), ..Facts::at(owner.status_at) })
        })
    }
}

/// How the notice stands after this.
fn settle(told: &mut Notice, outcome: Outcome, paused: Duration, now: Timestamp) {
    let age = told.age(paused, now);
    (told.status, told.next_at) = match outcome {
        Outcome::Taken => (NoticeStatus::Delivered, None),
        Outcome::Gone => (NoticeStatus::Dead, None),
        Outcome::Again(_) if age >= NOTICE_LIFE => (NoticeStatus::Dead, None),
        // The last attempt comes when its time is over, not before.
        Outcome::Again(pause) => (NoticeStatus::Pending, Some(now.plus(pause.min(NOTICE_LIFE - age)))),
    };
}
