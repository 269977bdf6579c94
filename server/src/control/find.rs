//! The account, device, key or webhook that a person names, among those there are.

use relay_domain::account::Account;
use relay_domain::webhook::Webhook;
use relay_domain::{AccountId, DeviceId, KeyId};

use super::answer::Refused;
use super::refusal::{failed, invalid, not_found};
use super::resolve::{Candidate, Unclear, resolve};
use crate::relay::Relay;
use crate::relay::devices::Devices;

pub(super) async fn find_account(relay: &Relay, meant: &str) -> Result<AccountId, Refused> {
    Ok(account_of(relay, meant).await?.id)
}

pub(super) async fn account_of(relay: &Relay, meant: &str) -> Result<Account, Refused> {
    let accounts = relay.list_accounts().await.map_err(failed)?;
    let candidates = accounts.into_iter().map(|account| {
        let (id, name) = (account.id, account.name.clone());
        candidate(account, id, name, "")
    });
    resolve(candidates.collect(), meant).map_err(|unclear| refuse_unclear("account", meant, unclear))
}

pub(super) async fn optional_account(
    relay: &Relay,
    meant: Option<&str>,
) -> Result<Option<AccountId>, Refused> {
    match meant {
        Some(meant) => find_account(relay, meant).await.map(Some),
        None => Ok(None),
    }
}

/// The account that is meant, or the only one there is.
pub(super) async fn owner_of_new(relay: &Relay, meant: Option<&str>) -> Result<AccountId, Refused> {
    if let Some(meant) = meant {
        return find_account(relay, meant).await;
    }
    match relay.list_accounts().await.map_err(failed)?.as_slice() {
        [only] => Ok(only.id),
        [] => Err(not_found("there is no account yet: make one with `relay-hub account create`")),
        _ => Err(invalid("there are several accounts: name one with --account")),
    }
}

pub(super) async fn find_device(relay: &Relay, meant: &str) -> Result<(AccountId, DeviceId), Refused> {
    let devices = relay.list_devices(None, Devices::Active).await.map_err(failed)?;
    let candidates = devices.into_iter().map(|now| {
        let device = now.device;
        candidate((device.account_id, device.id), device.id, device.name, "")
    });
    resolve(candidates.collect(), meant).map_err(|unclear| refuse_unclear("device", meant, unclear))
}

pub(super) async fn find_key(relay: &Relay, meant: &str) -> Result<KeyId, Refused> {
    let keys = relay.list_keys(None).await.map_err(failed)?;
    let candidates = keys.into_iter().map(|key| candidate(key.id, key.id, key.name, &key.prefix));
    resolve(candidates.collect(), meant).map_err(|unclear| refuse_unclear("key", meant, unclear))
}

pub(super) async fn find_webhook(relay: &Relay, meant: &str) -> Result<Webhook, Refused> {
    let webhooks = relay.list_webhooks(None).await.map_err(failed)?;
    let candidates = webhooks.into_iter().map(|webhook| {
        let (id, url) = (webhook.id, webhook.url.clone());
        candidate(webhook, id, url, "")
    });
    resolve(candidates.collect(), meant).map_err(|unclear| refuse_unclear("webhook", meant, unclear))
}

fn candidate<T>(thing: T, id: impl ToString, name: String, prefix: &str) -> Candidate<T> {
    Candidate { id: id.to_string(), name, prefix: prefix.to_owned(), thing }
}

fn refuse_unclear(kind: &str, meant: &str, unclear: Unclear) -> Refused {
    match unclear {
        Unclear::None => {
            not_found(format!("there is no {kind} `{meant}`: `relay-hub {kind} list` shows those there are"))
        }
        Unclear::Several(ids) => {
            invalid(format!("`{meant}` may be any of {}: give the id of one {kind}", ids.join(", ")))
        }
    }
}
