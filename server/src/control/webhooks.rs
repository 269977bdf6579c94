//! Webhooks: the verbs of an operator, and what they answer.

use relay_domain::WebhookId;
use relay_domain::key::Dialect;
use relay_domain::webhook::{Bodies, EventKind, EventSet, Webhook};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Refused};
use super::find::{find_webhook, optional_account, owner_of_new};
use super::refusal::{failed, invalid, not_found};
use crate::http::instant::{exact, write as instant};
use crate::relay::Relay;
use crate::relay::webhooks::{
    AttemptTold, ChangeWebhookError, CreateWebhookError, NewWebhook, ReplayError, Replayed, WebhookEdit,
    WebhookStanding, WithSecret,
};
use crate::webhooks::signature::standard_secret;

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookShown {
    /// Its id.
    pub id: String,
    /// Whose.
    pub account_id: String,
    /// In whose words it is told.
    pub dialect: String,
    /// Where.
    pub url: String,
    /// Of what.
    pub events: Vec<String>,
    /// Whether texts that were received go along.
    pub include_body: bool,
    /// `active`, `paused`, `paused_failing` or `gone`.
    pub status: String,
    /// Since when.
    pub status_at: String,
    /// Events that wait; null above 10,000, and where it was not looked at.
    pub pending: Option<u64>,
    /// When the next of them is tried.
    pub next_at: Option<String>,
    /// Its last success, to the minute.
    pub succeeded_at: Option<String>,
    /// The first failure since then.
    pub failing_since: Option<String>,
    /// When its new secret takes over, if it has one.
    pub takes_over_at: Option<String>,
    /// When it was made.
    pub created_at: String,
}

/// A secret, shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecretShown {
    /// What posts are signed with.
    pub secret: String,
    /// The same, as libraries of Standard Webhooks take it.
    pub standard_secret: String,
    /// The webhook.
    pub webhook: WebhookShown,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptShown {
    /// The event, as the receiver knows it.
    pub event_id: String,
    /// Its place in the outbox: another one for each replay.
    pub notice_id: String,
    /// What happened.
    pub event: String,
    /// To what: the message or the webhook.
    pub about: String,
    /// `pending`, `delivered` or `dead`: how it stands now.
    pub status: String,
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// When.
    pub at: String,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// The status of the answer; null where there was none.
    pub answer_status: Option<u16>,
    /// Its first 1,000 characters.
    pub answer: String,
    /// Why it failed; null for a success.
    pub error: Option<String>,
    /// When it is tried next.
    pub next_at: Option<String>,
}

pub(super) async fn create(
    relay: &Relay,
    account: Option<&str>,
    url: String,
    events: &[String],
    include_body: bool,
) -> Result<Answer, Refused> {
    let (account_id, events) = (owner_of_new(relay, account).await?, parse(events)?);
    let new =
        NewWebhook { account_id, dialect: Dialect::Relayion, url, events, bodies: bodies(include_body) };
    let made = relay.create_webhook(new).await.map_err(|error| match error {
        CreateWebhookError::Endpoint(_) | CreateWebhookError::TooMany => invalid(error),
        CreateWebhookError::NoSuchAccount => not_found(error),
        CreateWebhookError::Store(trouble) => failed(trouble),
    })?;
    Ok(secret_shown(made))
}

pub(super) async fn list(relay: &Relay, account: Option<&str>) -> Result<Answer, Refused> {
    let account_id = optional_account(relay, account).await?;
    let mut webhooks = Vec::new();
    for webhook in relay.list_webhooks(account_id).await.map_err(failed)? {
        // One that was deleted in between is in no list.
        webhooks.extend(relay.webhook(webhook.id).await.map_err(failed)?.map(standing_shown));
    }
    Ok(Answer::Webhooks { webhooks })
}

pub(super) async fn show(relay: &Relay, webhook: &str) -> Result<Answer, Refused> {
    shown_now(relay, find_webhook(relay, webhook).await?.id).await
}

pub(super) async fn set(
    relay: &Relay,
    webhook: &str,
    url: Option<String>,
    events: Option<&[String]>,
    include_body: Option<bool>,
) -> Result<Answer, Refused> {
    if url.is_none() && events.is_none() && include_body.is_none() {
        return Err(invalid("nothing to change: give --url, --events or --include-body"));
    }
    let events = events.map(parse).transpose()?;
    change(relay, webhook, WebhookEdit::Set { url, events, bodies: include_body.map(bodies) }).await
}

pub(super) async fn change(relay: &Relay, webhook: &str, edit: WebhookEdit) -> Result<Answer, Refused> {
    let id = find_webhook(relay, webhook).await?.id;
    relay.change_webhook(id, edit).await.map_err(refused)?;
    shown_now(relay, id).await
}

async fn shown_now(relay: &Relay, id: WebhookId) -> Result<Answer, Refused> {
    let standing = relay.webhook(id).await.map_err(failed)?;
    let standing = standing.ok_or_else(|| refused(ChangeWebhookError::NoSuchWebhook))?;
    Ok(Answer::Webhook(standing_shown(standing)))
}

pub(super) async fn delete(relay: &Relay, webhook: &str) -> Result<Answer, Refused> {
    let id = find_webhook(relay, webhook).await?.id;
    relay.change_webhook(id, WebhookEdit::Delete).await.map_err(refused)?;
    Ok(Answer::WebhookDeleted { webhook_id: id.to_string() })
}

pub(super) async fn rotate(relay: &Relay, webhook: &str) -> Result<Answer, Refused> {
    let id = find_webhook(relay, webhook).await?.id;
    Ok(secret_shown(relay.rotate_webhook(id).await.map_err(refused)?))
}

pub(super) async fn test(relay: &Relay, webhook: &str) -> Result<Answer, Refused> {
    let found = find_webhook(relay, webhook).await?;
    let event_id = relay.test_webhook(found.id).await.map_err(refused)?;
    Ok(Answer::WebhookTested { event_id: event_id.to_string(), status: found.status.word().to_owned() })
}

pub(super) async fn replay(relay: &Relay, event: &str) -> Result<Answer, Refused> {
    let notice_id = event.parse().map_err(|_| no_event_id(event))?;
    let replayed = relay.replay_notice(notice_id).await.map_err(not_replayed)?;
    Ok(Answer::WebhookReplayed { events: 1, hurried: replayed == Replayed::Hurried })
}

pub(super) async fn replay_failed(relay: &Relay, webhook: &str, since: &str) -> Result<Answer, Refused> {
    let id = find_webhook(relay, webhook).await?.id;
    let since = exact(since)
        .ok_or_else(|| invalid(format!("`{since}` is no instant: write one such as 2026-11-28T08:00:00Z")))?;
    let events = relay.replay_dead(id, since).await.map_err(not_replayed)?;
    Ok(Answer::WebhookReplayed { events, hurried: false })
}

pub(super) async fn attempts(
    relay: &Relay,
    webhook: &str,
    event: Option<&str>,
    limit: u16,
) -> Result<Answer, Refused> {
    let id = find_webhook(relay, webhook).await?.id;
    let only = event.map(|event| event.parse().map_err(|_| no_event_id(event))).transpose()?;
    let told = relay.webhook_attempts(id, only, limit.into()).await.map_err(failed)?;
    Ok(Answer::WebhookAttempts { attempts: told.into_iter().map(attempt_shown).collect() })
}

fn parse(words: &[String]) -> Result<EventSet, Refused> {
    EventSet::parse(words.iter().map(String::as_str)).map_err(invalid)
}

fn bodies(include_body: bool) -> Bodies {
    if include_body { Bodies::Included } else { Bodies::LeftOut }
}

fn no_event_id(event: &str) -> Refused {
    invalid(format!("`{event}` is no event's id: `relay-hub webhook attempts` shows them whole"))
}

fn refused(error: ChangeWebhookError) -> Refused {
    match error {
        ChangeWebhookError::NoSuchWebhook => not_found(error),
        ChangeWebhookError::Endpoint(_)
        | ChangeWebhookError::WebhookGone
        | ChangeWebhookError::NothingToPromote => invalid(error),
        ChangeWebhookError::Store(trouble) => failed(trouble),
    }
}

fn not_replayed(error: ReplayError) -> Refused {
    match error {
        ReplayError::NoSuchNotice => not_found(error),
        ReplayError::WebhookGone => invalid(error),
        ReplayError::Store(trouble) => failed(trouble),
    }
}

fn secret_shown(made: WithSecret) -> Answer {
    let WithSecret { webhook, secret } = made;
    Answer::WebhookSecret(WebhookSecretShown {
        standard_secret: standard_secret(&secret),
        secret,
        webhook: shown(webhook),
    })
}

fn standing_shown(standing: WebhookStanding) -> WebhookShown {
    let WebhookStanding { webhook, pending, next_at } = standing;
    let next_at = next_at.map(instant).filter(|_| !webhook.status.is_paused());
    WebhookShown { pending, next_at, ..shown(webhook) }
}

fn shown(webhook: Webhook) -> WebhookShown {
    WebhookShown {
        id: webhook.id.to_string(),
        account_id: webhook.account_id.to_string(),
        dialect: webhook.dialect.word().to_owned(),
        url: webhook.url,
        events: webhook.events.iter().map(EventKind::word).map(str::to_owned).collect(),
        include_body: webhook.bodies == Bodies::Included,
        status: webhook.status.word().to_owned(),
        status_at: instant(webhook.status_at),
        pending: None,
        next_at: None,
        succeeded_at: webhook.succeeded_at.map(instant),
        failing_since: webhook.failing_since.map(instant),
        takes_over_at: webhook.next_secret.map(|next| instant(next.takes_over_at)),
        created_at: instant(webhook.created_at),
    }
}

fn attempt_shown(told: AttemptTold) -> AttemptShown {
    let AttemptTold { notice, number, attempt } = told;
    AttemptShown {
        event_id: notice.event_id.to_string(),
        notice_id: notice.id.to_string(),
        event: notice.kind.word().to_owned(),
        about: notice.about.to_string(),
        status: notice.status.word().to_owned(),
        attempt: number,
        at: instant(attempt.at),
        took_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        answer_status: attempt.status,
        answer: attempt.answer,
        error: attempt.error,
        next_at: notice.next_at.map(instant),
    }
}
