//! A new subscription.

use std::time::Duration;

use diesel::QueryResult;
use relay_domain::AccountId;
use relay_domain::key::Dialect;
use relay_domain::webhook::{Bodies, EventSet, SealedSecret, Webhook, WebhookStatus};

use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::{account, webhook};

/// What a new webhook is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Whose.
    pub account_id: AccountId,
    /// In whose words it is told.
    pub dialect: Dialect,
    /// Where.
    pub url: String,
    /// Of what.
    pub events: EventSet,
    /// With texts or without.
    pub bodies: Bodies,
}

/// Makes a webhook. The caller has looked at the URL, and has drawn and encrypted the secret.
#[derive(Debug, Clone)]
pub struct CreateWebhook {
    /// What it is to be.
    pub new: NewWebhook,
    /// What its posts are signed with.
    pub secret: SealedSecret,
}

/// Webhooks of one account at most: each is looked at with every event of it.
pub const MOST_WEBHOOKS: usize = 50;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateWebhookVerdict {
    /// Made.
    Created(Box<Webhook>),
    /// There is no such account.
    NoSuchAccount,
    /// The account has as many as it may have.
    TooMany,
}

impl Change for CreateWebhook {
    type Verdict = CreateWebhookVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<CreateWebhookVerdict> {
        let NewWebhook { account_id, dialect, url, events, bodies } = self.new.clone();
        if account::load(tx.conn, account_id)?.is_none() {
            return Ok(CreateWebhookVerdict::NoSuchAccount);
        }
        if tx.hot.webhooks(tx.conn, account_id)?.len() >= MOST_WEBHOOKS {
            return Ok(CreateWebhookVerdict::TooMany);
        }
        let made = Webhook {
            id: tx.id(),
            account_id,
            dialect,
            url,
            events,
            bodies,
            secret: self.secret.clone(),
            next_secret: None,
            status: WebhookStatus::Active,
            status_at: tx.now,
            paused_for: Duration::ZERO,
            succeeded_at: None,
            failing_since: None,
            failed_at: None,
            created_at: tx.now,
        };
        webhook::insert(tx.conn, &made)?;
        tx.hot.forget_webhooks(account_id);
        tx.effect(Effect::WebhookChanged { webhook_id: made.id });
        Ok(CreateWebhookVerdict::Created(Box::new(made)))
    }
}
