//! What is changed of a subscription.

use diesel::prelude::*;
use relay_domain::webhook::{
    Bodies, EventSet, NextSecret, ROTATION_OVERLAP, SealedSecret, Webhook, WebhookStatus,
};
use relay_domain::{Timestamp, WebhookId};

use crate::backend::condition;
use crate::changes::SWEEP_ROWS;
use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::notice;
use crate::rows::webhook::{self, WebhookRow};
use crate::schema;

/// Changes a webhook. Whoever asks runs the installation, so it is found by its id alone.
#[derive(Debug, Clone)]
pub struct ChangeWebhook {
    /// Which.
    pub webhook_id: WebhookId,
    /// What.
    pub edit: WebhookEdit,
}

/// One thing that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookEdit {
    /// What it is told, and where; what is pending goes to the new place, and at once. Unchanged where nothing is given.
    Set {
        /// Where.
        url: Option<String>,
        /// Of what: from the next event on.
        events: Option<EventSet>,
        /// With texts or without: from the next event on.
        bodies: Option<Bodies>,
    },
    /// Nothing is told for now.
    Pause,
    /// It is told again, what has gathered first, whatever was to be tried later.
    Resume,
    /// Nothing is told any more.
    Delete,
    /// Another secret takes over when the overlap is over, or when it is promoted.
    Rotate(SealedSecret),
    /// The secret that would take over does so now.
    Promote,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeWebhookVerdict {
    /// As it is now.
    Changed(Box<Webhook>),
    /// There is no such webhook.
    NoSuchWebhook,
    /// No secret waits to be promoted.
    NothingToPromote,
}

impl Change for ChangeWebhook {
    type Verdict = ChangeWebhookVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<ChangeWebhookVerdict> {
        let found = webhook::load(tx.conn, self.webhook_id)?;
        let Some(mut this) = found.filter(|webhook| webhook.status != WebhookStatus::Deleted) else {
            return Ok(ChangeWebhookVerdict::NoSuchWebhook);
        };
        settle_rotation(&mut this, tx.now);
        match &self.edit {
            WebhookEdit::Set { url, events, bodies } => {
                if let Some(url) = url.clone().filter(|url| *url != this.url) {
                    // What was learnt of the old place says nothing of the new one.
                    (this.url, this.failing_since, this.failed_at) = (url, None, None);
                    notice::hurry(tx.conn, this.id, tx.now)?;
                }
                this.events = events.unwrap_or(this.events);
                this.bodies = bodies.unwrap_or(this.bodies);
            }
            WebhookEdit::Pause => enter(&mut this, WebhookStatus::Paused, tx.now),
            WebhookEdit::Resume => {
                enter(&mut this, WebhookStatus::Active, tx.now);
                notice::hurry(tx.conn, this.id, tx.now)?;
            }
            WebhookEdit::Delete => enter(&mut this, WebhookStatus::Deleted, tx.now),
            WebhookEdit::Rotate(secret) => {
                let takes_over_at = tx.now.plus(ROTATION_OVERLAP);
                this.next_secret = Some(NextSecret { secret: secret.clone(), takes_over_at });
            }
            WebhookEdit::Promote => match this.next_secret.take() {
                Some(next) => this.secret = next.secret,
                None => return Ok(ChangeWebhookVerdict::NothingToPromote),
            },
        }
        keep(tx, &this)?;
        tx.effect(Effect::WebhookChanged { webhook_id: this.id });
        Ok(ChangeWebhookVerdict::Changed(Box::new(this)))
    }
}

/// Writes down the takeovers of secrets whose time has come, so that no clock that is set back takes them back. The verdict
/// counts them.
#[derive(Debug, Clone, Copy)]
pub struct SettleRotations;

impl Change for SettleRotations {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let due: Vec<WebhookRow> = schema::webhook::table
            // A literal, so that SQLite knows the partial index.
            .filter(condition("takes_over_at IS NOT NULL"))
            .filter(schema::webhook::takes_over_at.le(tx.now.nanos()))
            .limit(SWEEP_ROWS)
            .select(WebhookRow::as_select())
            .load(tx.conn)?;
        let due: Vec<Webhook> = due.into_iter().map(WebhookRow::read).collect::<QueryResult<_>>()?;
        for mut this in due.iter().cloned() {
            settle_rotation(&mut this, tx.now);
            keep(tx, &this)?;
        }
        Ok(due.len())
    }
}

/// Writes a webhook whose status or settings have changed.
pub(super) fn keep(tx: &mut Tx<'_>, this: &Webhook) -> QueryResult<()> {
    webhook::store(tx.conn, this)?;
    tx.hot.forget_webhooks(this.account_id);
    Ok(())
}

/// Gives it another status. One that is paused again keeps the instant of the first time, and one that begins again has
/// not failed yet.
pub(super) fn enter(this: &mut Webhook, status: WebhookStatus, now: Timestamp) {
    if this.status.is_paused() && status.is_paused() {
        this.status = status;
        return;
    }
    if this.status != status {
        this.paused_for = this.paused_until(now);
        (this.status, this.status_at) = (status, now);
    }
    if status == WebhookStatus::Active {
        this.failing_since = None;
    }
}

/// The overlap is over: what was to take over has.
fn settle_rotation(this: &mut Webhook, now: Timestamp) {
    if let Some(next) = this.next_secret.take_if(|next| next.takes_over_at <= now) {
        this.secret = next.secret;
    }
}
