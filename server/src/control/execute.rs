//! Runs a verb: finds what it names, calls `relay`, and says in plain words what came of it.

use relay_domain::AccountId;
use relay_domain::account::{AccountChanges, ShortCodes};
use relay_domain::key::{Dialect, Key};

use super::answer::{Answer, DeviceShown, KeyShown, Refused, SimShown};
use super::find::{find_device, find_key, optional_account, owner_of_new};
use super::plans;
use super::refusal::{failed, invalid, not_found};
use super::verb::Verb;
use crate::http::instant::write as instant;
use crate::relay::accounts::check_name;
use crate::relay::devices::{DeleteDeviceError, DeviceError, DeviceNow, Devices, Link, SetSimNumberError};
use crate::relay::keys::{CreateKeyError, RevokeKeyError};
use crate::relay::pairing::IssuePairingError;
use crate::relay::{PairTarget, Relay};

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
        Verb::DevicePairNew { account, name } => {
            let name = check_name(&name).map_err(invalid)?;
            let account_id = owner_of_new(relay, account.as_deref()).await?;
            pairing_code(relay, account_id, PairTarget::New(name)).await
        }
        Verb::DevicePairAgain { device } => {
            let (account_id, device_id) = find_device(relay, &device).await?;
            pairing_code(relay, account_id, PairTarget::Existing(device_id)).await
        }
        Verb::DeviceList { account, all } => {
            let which = if all { Devices::All } else { Devices::Active };
            list_devices(relay, account.as_deref(), which).await
        }
        Verb::SimSet { device, slot, number } => {
            let (account_id, device_id) = find_device(relay, &device).await?;
            let set = relay.set_sim_number(account_id, device_id, slot, &number).await;
            let inbound_numbered = set.map_err(|error| match error {
                SetSimNumberError::BadNumber(_) | SetSimNumberError::EmptySlot(_) => invalid(error),
                SetSimNumberError::NoSuchDevice => not_found(error),
                SetSimNumberError::Store(trouble) => failed(trouble),
            })?;
            Ok(Answer::SimSet { device_id: device_id.to_string(), slot, number, inbound_numbered })
        }
        Verb::SimRefresh { device } => {
            let (account_id, device_id) = find_device(relay, &device).await?;
            let command = relay.refresh_sims(account_id, device_id).await.map_err(device_refused)?;
            Ok(Answer::SimRefreshAsked { device_id: device_id.to_string(), command_id: command.to_string() })
        }
        Verb::DeviceRevoke { device } => {
            let (account_id, device_id) = find_device(relay, &device).await?;
            relay.revoke_device(account_id, device_id).await.map_err(device_refused)?;
            Ok(Answer::DeviceRevoked { device_id: device_id.to_string() })
        }
        Verb::DeviceDelete { device } => {
            let (account_id, device_id) = find_device(relay, &device).await?;
            let deleted = relay.delete_device(account_id, device_id).await;
            let keys_revoked = deleted.map_err(|error| match error {
                DeleteDeviceError::StillPaired => invalid(error),
                DeleteDeviceError::NoSuchDevice => not_found(error),
                DeleteDeviceError::Store(trouble) => failed(trouble),
            })?;
            Ok(Answer::DeviceDeleted { device_id: device_id.to_string(), keys_revoked })
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

async fn pairing_code(relay: &Relay, account_id: AccountId, target: PairTarget) -> Result<Answer, Refused> {
    let issued = relay.issue_pairing_code(account_id, target).await.map_err(|error| match error {
        IssuePairingError::NoSuchAccount | IssuePairingError::NoSuchDevice => not_found(error),
        IssuePairingError::Store(error) => failed(error.into()),
    })?;
    Ok(Answer::PairingCode {
        code: issued.code.to_string(),
        device_id: issued.device_id.to_string(),
        expires_at: instant(issued.expires_at),
    })
}

async fn list_devices(relay: &Relay, account: Option<&str>, which: Devices) -> Result<Answer, Refused> {
    let account_id = optional_account(relay, account).await?;
    let mut devices = Vec::new();
    for now in relay.list_devices(account_id, which).await.map_err(failed)? {
        let (owner, device_id) = (now.device.account_id, now.device.id);
        let trouble = relay.device_trouble(owner, device_id).await.map_err(failed)?;
        devices.push(DeviceShown {
            id: device_id.to_string(),
            account_id: owner.to_string(),
            status: status(&now).to_owned(),
            last_seen_at: now.last_seen_at.map(instant),
            name: now.device.name,
            queued: trouble.queued,
            in_flight: trouble.in_flight,
            unreadable: trouble.unreadable,
            remark: trouble.remark,
            sims: now
                .device
                .sims
                .into_iter()
                .map(|sim| SimShown { slot: sim.slot, number: sim.number, carrier: sim.carrier })
                .collect(),
        });
    }
    Ok(Answer::Devices { devices })
}

fn status(now: &DeviceNow) -> &'static str {
    if now.device.deleted_at.is_some() {
        "deleted"
    } else if now.device.revoked_at.is_some() {
        "revoked"
    } else if !now.device.is_paired() {
        "not paired"
    } else {
        match now.link {
            Link::Online => "online",
            Link::Offline => "offline",
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

fn device_refused(error: DeviceError) -> Refused {
    match error {
        DeviceError::NoSuchDevice => not_found(error),
        DeviceError::Store(trouble) => failed(trouble),
    }
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
