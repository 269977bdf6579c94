//! Webhooks: made, changed, tested and looked at by whoever runs the installation.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use relay_domain::webhook::{SealedSecret, Webhook};
use relay_domain::{AccountId, NoticeId, Timestamp, WebhookId};
use relay_store::changes::{
    ChangeWebhook, ChangeWebhookVerdict, CreateWebhook, CreateWebhookVerdict, MOST_WEBHOOKS, Repeat,
    RepeatNotices, RepeatVerdict, TestVerdict, TestWebhook,
};
use relay_store::queries::{AttemptsOf, FindWebhook, ListWebhooks};

pub use relay_store::changes::{NewWebhook, WebhookEdit};
pub use relay_store::queries::{AttemptTold, WebhookStanding};

use super::{Relay, Trouble};
use crate::secrets::WEBHOOK_SECRET;

/// What a secret of ours starts with, so that a leaked one is known for what it is.
const SECRET_PREFIX: &str = "rlwh_";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Whom webhooks may reach; the composition root has one.
pub trait EndpointRule: Send + Sync {
    /// Looks at a URL, and where it leads now. An error says in words what is wrong and what to do.
    fn check<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), String>>;
}

/// Why no webhook was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateWebhookError {
    /// Its URL may not be posted to.
    #[error("{0}")]
    Endpoint(String),
    /// There is no such account.
    #[error("there is no such account: `relay-hub account list` shows those there are")]
    NoSuchAccount,
    /// It has as many as it may have.
    #[error(
        "the account has {MOST_WEBHOOKS} webhooks already: delete one, or change one with `relay-hub webhook set`"
    )]
    TooMany,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why a webhook was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeWebhookError {
    /// There is none.
    #[error("there is no such webhook: `relay-hub webhook list` shows those there are")]
    NoSuchWebhook,
    /// Its new URL may not be posted to.
    #[error("{0}")]
    Endpoint(String),
    /// It answered 410.
    #[error("the webhook answered 410 Gone, and is told nothing: `relay-hub webhook resume` first")]
    WebhookGone,
    /// No secret waits to take over.
    #[error("no new secret waits to take over: `relay-hub webhook rotate` makes one")]
    NothingToPromote,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why nothing was told once more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// There is no such notice.
    #[error(
        "there is no such event any more: `relay-hub webhook attempts` shows those that are kept, for 30 days"
    )]
    NoSuchNotice,
    /// Its webhook is gone.
    #[error("the webhook answered 410 Gone or was deleted: resume it first, or make another")]
    WebhookGone,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// What came of telling an event once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// It is told once more.
    OnceMore,
    /// It had not been told yet: it is tried now and not later.
    Hurried,
}

/// A webhook with a secret that is shown this once.
#[derive(Clone, PartialEq, Eq)]
pub struct WithSecret {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret.
    pub secret: String,
}

/// Nothing may be reached: for verbs that were not told otherwise.
pub struct NoEndpoints;

impl EndpointRule for NoEndpoints {
    fn check<'a>(&'a self, _url: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(std::future::ready(Err("webhooks are not set up here".to_owned())))
    }
}

impl Relay {
    /// The same verbs, for which webhooks may reach what this rule lets through.
    pub fn with_endpoint_rule(self, endpoints: Arc<dyn EndpointRule>) -> Relay {
        Relay { endpoints, ..self }
    }

    /// Makes a webhook.
    pub async fn create_webhook(&self, new: NewWebhook) -> Result<WithSecret, CreateWebhookError> {
        self.endpoints.check(&new.url).await.map_err(CreateWebhookError::Endpoint)?;
        let (secret, sealed) = self.draw_webhook_secret(new.account_id);
        let change = CreateWebhook { new, secret: sealed };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            CreateWebhookVerdict::Created(webhook) => Ok(WithSecret { webhook: *webhook, secret }),
            CreateWebhookVerdict::NoSuchAccount => Err(CreateWebhookError::NoSuchAccount),
            CreateWebhookVerdict::TooMany => Err(CreateWebhookError::TooMany),
        }
    }

    /// Changes a webhook.
    pub async fn change_webhook(
        &self,
        webhook_id: WebhookId,
        edit: WebhookEdit,
    ) -> Result<Webhook, ChangeWebhookError> {
        if let WebhookEdit::Set { url: Some(url), .. } = &edit {
            self.endpoints.check(url).await.map_err(ChangeWebhookError::Endpoint)?;
        }
        match self.lane.api(ChangeWebhook { webhook_id, edit }).await.map_err(Trouble::from)? {
            ChangeWebhookVerdict::Changed(webhook) => Ok(*webhook),
            ChangeWebhookVerdict::NoSuchWebhook => Err(ChangeWebhookError::NoSuchWebhook),
            ChangeWebhookVerdict::NothingToPromote => Err(ChangeWebhookError::NothingToPromote),
        }
    }

    /// Draws a secret that signs beside the present one, and takes over from it.
    pub async fn rotate_webhook(&self, webhook_id: WebhookId) -> Result<WithSecret, ChangeWebhookError> {
        let standing = self.webhook(webhook_id).await?.ok_or(ChangeWebhookError::NoSuchWebhook)?;
        let (secret, sealed) = self.draw_webhook_secret(standing.webhook.account_id);
        let webhook = self.change_webhook(webhook_id, WebhookEdit::Rotate(sealed)).await?;
        Ok(WithSecret { webhook, secret })
    }

    /// Tells a webhook something that means nothing; answers the event's id.
    pub async fn test_webhook(&self, webhook_id: WebhookId) -> Result<NoticeId, ChangeWebhookError> {
        match self.lane.api(TestWebhook { webhook_id }).await.map_err(Trouble::from)? {
            TestVerdict::Told(notice_id) => Ok(notice_id),
            TestVerdict::NoSuchWebhook => Err(ChangeWebhookError::NoSuchWebhook),
            TestVerdict::WebhookGone => Err(ChangeWebhookError::WebhookGone),
        }
    }

    /// Tells one event once more, or at last: one that was to be tried again later is tried now.
    pub async fn replay_notice(&self, notice_id: NoticeId) -> Result<Replayed, ReplayError> {
        Ok(match self.repeat(Repeat::One(notice_id)).await? {
            Some(_) => Replayed::OnceMore,
            None => Replayed::Hurried,
        })
    }

    /// Tells every event once more that was given up and is no older; answers how many.
    pub async fn replay_dead(&self, webhook_id: WebhookId, since: Timestamp) -> Result<usize, ReplayError> {
        let (mut repeated, mut behind) = (0, None);
        loop {
            let (some, last) =
                self.repeat(Repeat::DeadSince(webhook_id, since, behind)).await?.unwrap_or_default();
            if some == 0 {
                return Ok(repeated);
            }
            (repeated, behind) = (repeated + some, last);
        }
    }

    /// How many, up to which; `None` for one that had not ended.
    async fn repeat(&self, which: Repeat) -> Result<Option<(usize, Option<NoticeId>)>, ReplayError> {
        match self.lane.api(RepeatNotices(which)).await.map_err(Trouble::from)? {
            RepeatVerdict::Repeated(some, last) => Ok(Some((some, last))),
            RepeatVerdict::Hurried => Ok(None),
            RepeatVerdict::NoSuchNotice => Err(ReplayError::NoSuchNotice),
            RepeatVerdict::WebhookGone => Err(ReplayError::WebhookGone),
        }
    }

    /// Webhooks, oldest first: an account's, or everyone's.
    pub async fn list_webhooks(&self, account_id: Option<AccountId>) -> Result<Vec<Webhook>, Trouble> {
        Ok(self.reads.ask(ListWebhooks { account_id }).await?)
    }

    /// One webhook.
    pub async fn webhook(&self, webhook_id: WebhookId) -> Result<Option<WebhookStanding>, Trouble> {
        Ok(self.reads.ask(FindWebhook(webhook_id)).await?)
    }

    /// What was tried for a webhook, newest event first.
    pub async fn webhook_attempts(
        &self,
        webhook_id: WebhookId,
        notice_id: Option<NoticeId>,
        limit: i64,
    ) -> Result<Vec<AttemptTold>, Trouble> {
        Ok(self.reads.ask(AttemptsOf { webhook_id, notice_id, limit }).await?)
    }

    fn draw_webhook_secret(&self, account_id: AccountId) -> (String, SealedSecret) {
        let random: [u8; SECRET_BYTES] = rand::random();
        let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let sealed = self.secrets.seal(WEBHOOK_SECRET, account_id.as_bytes(), &secret);
        (secret, SealedSecret(sealed))
    }
}
