//! Runs a verb: finds what it names, calls `relay`, and says in plain words what came of it.

use relay_domain::account::{AccountChanges, ShortCodes};
use relay_domain::key::{Dialect, Key};

use super::answer::{Answer, KeyShown, Refused};
use super::find::{find_device, find_key, optional_account};
use super::refusal::{failed, invalid, not_found};
use super::verb::Verb;
use super::{devices, held, leaving, plans, webhooks};
use crate::http::instant::write as instant;
use crate::relay::Relay;
use crate::relay::devices::Devices;
use crate::relay::held::HeldDecision;
use crate::relay::keys::{CreateKeyError, RevokeKeyError};
use crate::relay::webhooks::WebhookEdit;

/// Runs a verb.
pub async fn execute(relay: &Relay, verb: Verb) -> Answer {
    run(relay, verb).await.unwrap_or_else(Answer::Refused)
}

async fn run(relay: &Relay, verb: Verb) -> Result<Answer, Refused> {
    match verb {
        Verb::AccountCreate { name, plan, numbers, zone } => {
            plans::create_account(relay, &name, &plan, numbers, zone.as_deref()).await
        }
        Verb::AccountUsage { account } => plans::usage(relay, account.as_deref()).await,
        Verb::AccountSet { account, plan, numbers, zone, short_codes } => {
            let allowed = |allowed| if allowed { ShortCodes::Accepted } else { ShortCodes::Refused };
            let zone = plans::parse_zone(zone.as_deref())?;
            let others = AccountChanges { plan: None, zone, short_codes: short_codes.map(allowed) };
            plans::set_account(relay, &account, plan.as_deref(), numbers, others).await
        }
        Verb::DeviceQuotaSet { device, burst, refill_per_minute } => {
            plans::set_device_quota(relay, &device, burst.zip(refill_per_minute)).await
        }
        Verb::AccountList => {
            let accounts = relay.list_accounts().await.map_err(failed)?;
            Ok(Answer::Accounts { accounts: accounts.into_iter().map(plans::shown).collect() })
        }
        Verb::DevicePairNew { account, name } => devices::pair_new(relay, account.as_deref(), &name).await,
        Verb::DevicePairAgain { device } => devices::pair_again(relay, &device).await,
        Verb::DeviceList { account, all } => {
            let which = if all { Devices::All } else { Devices::Active };
            devices::list(relay, account.as_deref(), which).await
        }
        Verb::SimSet { device, slot, number } => devices::set_sim(relay, &device, slot, number).await,
        Verb::SimRefresh { device } => devices::refresh_sims(relay, &device).await,
        Verb::DeviceRevoke { device } => devices::revoke(relay, &device).await,
        Verb::DeviceUnpair { device, within_ms } => leaving::unpair(relay, &device, within_ms).await,
        Verb::DeviceReplace { device } => leaving::replace(relay, &device).await,
        Verb::DeviceKeep { device } => leaving::keep(relay, &device).await,
        Verb::DeviceDelete { device } => devices::delete(relay, &device).await,
        Verb::HeldList => held::list(relay).await,
        Verb::HeldShow { device } => held::show(relay, &device).await,
        Verb::HeldRelease { device } => held::decide(relay, &device, HeldDecision::Release).await,
        Verb::HeldGiveUp { device } => held::decide(relay, &device, HeldDecision::GiveUp).await,
        Verb::WebhookCreate { account, url, events, include_body } => {
            webhooks::create(relay, account.as_deref(), url, &events, include_body).await
        }
        Verb::WebhookList { account } => webhooks::list(relay, account.as_deref()).await,
        Verb::WebhookShow { webhook } => webhooks::show(relay, &webhook).await,
        Verb::WebhookSet { webhook, url, events, include_body } => {
            webhooks::set(relay, &webhook, url, events.as_deref(), include_body).await
        }
        Verb::WebhookRotate { webhook } => webhooks::rotate(relay, &webhook).await,
        Verb::WebhookPromote { webhook } => webhooks::change(relay, &webhook, WebhookEdit::Promote).await,
        Verb::WebhookPause { webhook } => webhooks::change(relay, &webhook, WebhookEdit::Pause).await,
        Verb::WebhookResume { webhook } => webhooks::change(relay, &webhook, WebhookEdit::Resume).await,
        Verb::WebhookDelete { webhook } => webhooks::delete(relay, &webhook).await,
        Verb::WebhookTest { webhook } => webhooks::test(relay, &webhook).await,
        Verb::WebhookReplay { event } => webhooks::replay(relay, &event).await,
        Verb::WebhookReplayFailed { webhook, since } => {
            webhooks::replay_failed(relay, &webhook, &since).await
        }
        Verb::WebhookAttempts { webhook, event, limit } => {
            webhooks::attempts(relay, &webhook, event.as_deref(), limit).await
        }
        Verb::KeyCreate { device, slot, name } => create_key(relay, &device, slot, &name).await,
        Verb::KeyList { account } => {
            let account_id = optional_account(relay, account.as_deref()).await?;
            let keys = relay.list_keys(account_id).await.map_err(failed)?;
            Ok(Answer::Keys { keys: keys.into_iter().map(key_shown).collect() })
        }
        Verb::KeyRevoke { key } => {
            let key_id = find_key(relay, &key).await?;
            relay.revoke_key(key_id).await.map_err(|error| match error {
                RevokeKeyError::NoSuchKey => not_found(error),
                RevokeKeyError::Store(trouble) => failed(trouble),
            })?;
            Ok(Answer::KeyRevoked { key_id: key_id.to_string() })
        }
    }
}

async fn create_key(relay: &Relay, device: &str, slot: u8, name: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let created = relay.create_key(account_id, device_id, slot, Dialect::Relayion, name).await;
    let created = created.map_err(|error| match error {
        CreateKeyError::BadName(_) | CreateKeyError::EmptySlot(_) | CreateKeyError::NumberUnknown(_) => {
            invalid(error)
        }
        CreateKeyError::NoSuchDevice => not_found(error),
        CreateKeyError::Store(trouble) => failed(trouble),
    })?;
    Ok(Answer::KeyCreated { secret: created.secret, key: key_shown(created.key) })
}

fn key_shown(key: Key) -> KeyShown {
    KeyShown {
        id: key.id.to_string(),
        account_id: key.line.account_id.to_string(),
        dialect: key.dialect.word().to_owned(),
        name: key.name,
        prefix: key.prefix,
        device_id: key.line.device_id.to_string(),
        slot: key.line.slot,
        number: key.line.number,
        created_at: instant(key.created_at),
        revoked_at: key.revoked_at.map(instant),
    }
}
