//! Devices: paired, listed, revoked, deleted, and their SIMs.

use relay_domain::AccountId;
use relay_domain::device::Course;

use super::answer::{Answer, DeviceShown, Refused, SimShown};
use super::find::{find_device, optional_account, owner_of_new};
use super::refusal::{failed, invalid, not_found};
use crate::http::instant::write as instant;
use crate::relay::accounts::check_name;
use crate::relay::devices::{DeleteDeviceError, DeviceError, DeviceNow, Devices, Link, SetSimNumberError};
use crate::relay::pairing::{IssuePairingError, IssuedCode};
use crate::relay::{PairTarget, Relay};

pub(super) async fn pair_new(relay: &Relay, account: Option<&str>, name: &str) -> Result<Answer, Refused> {
    let name = check_name(name).map_err(invalid)?;
    let account_id = owner_of_new(relay, account).await?;
    pairing_code(relay, account_id, PairTarget::New(name)).await
}

pub(super) async fn pair_again(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    pairing_code(relay, account_id, PairTarget::Existing(device_id)).await
}

async fn pairing_code(relay: &Relay, account_id: AccountId, target: PairTarget) -> Result<Answer, Refused> {
    let issued = relay.issue_pairing_code(account_id, target).await;
    issued.map(code_shown).map_err(pairing_refused)
}

pub(super) fn code_shown(issued: IssuedCode) -> Answer {
    Answer::PairingCode {
        code: issued.code.to_string(),
        device_id: issued.device_id.to_string(),
        expires_at: instant(issued.expires_at),
    }
}

pub(super) fn pairing_refused(error: IssuePairingError) -> Refused {
    match error {
        IssuePairingError::NoSuchAccount | IssuePairingError::NoSuchDevice => not_found(error),
        IssuePairingError::Store(error) => failed(error.into()),
    }
}

pub(super) async fn list(relay: &Relay, account: Option<&str>, which: Devices) -> Result<Answer, Refused> {
    let account_id = optional_account(relay, account).await?;
    let mut devices = Vec::new();
    for now in relay.list_devices(account_id, which).await.map_err(failed)? {
        let (owner, device_id) = (now.device.account_id, now.device.id);
        let trouble = relay.device_trouble(owner, device_id).await.map_err(failed)?;
        devices.push(DeviceShown {
            id: device_id.to_string(),
            account_id: owner.to_string(),
            status: status(&now, trouble.course).to_owned(),
            leave_by: now.device.leave_by.map(instant),
            last_seen_at: now.last_seen_at.map(instant),
            name: now.device.name,
            queued: trouble.queued,
            in_flight: trouble.in_flight,
            held: trouble.held,
            unreadable: trouble.unreadable,
            recovered: trouble.recovered,
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

fn status(now: &DeviceNow, course: Course) -> &'static str {
    if now.device.deleted_at.is_some() {
        "deleted"
    } else if now.device.revoked_at.is_some() {
        "revoked"
    } else if !now.device.is_paired() {
        "not paired"
    } else {
        match (course, now.link) {
            (Course::Leaving, _) => "leaving",
            (Course::Draining, _) => "draining",
            (Course::Serving, Link::Online) => "online",
            (Course::Serving, Link::Offline) => "offline",
        }
    }
}

pub(super) async fn set_sim(
    relay: &Relay,
    device: &str,
    slot: u8,
    number: String,
) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let set = relay.set_sim_number(account_id, device_id, slot, &number).await;
    let inbound_numbered = set.map_err(|error| match error {
        SetSimNumberError::BadNumber(_) | SetSimNumberError::EmptySlot(_) => invalid(error),
        SetSimNumberError::NoSuchDevice => not_found(error),
        SetSimNumberError::Store(trouble) => failed(trouble),
    })?;
    Ok(Answer::SimSet { device_id: device_id.to_string(), slot, number, inbound_numbered })
}

pub(super) async fn refresh_sims(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let command = relay.refresh_sims(account_id, device_id).await.map_err(device_refused)?;
    Ok(Answer::SimRefreshAsked { device_id: device_id.to_string(), command_id: command.to_string() })
}

pub(super) async fn revoke(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    relay.revoke_device(account_id, device_id).await.map_err(device_refused)?;
    Ok(Answer::DeviceRevoked { device_id: device_id.to_string() })
}

pub(super) async fn delete(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let deleted = relay.delete_device(account_id, device_id).await;
    let keys_revoked = deleted.map_err(|error| match error {
        DeleteDeviceError::StillPaired => invalid(error),
        DeleteDeviceError::NoSuchDevice => not_found(error),
        DeleteDeviceError::Store(trouble) => failed(trouble),
    })?;
    Ok(Answer::DeviceDeleted { device_id: device_id.to_string(), keys_revoked })
}

fn device_refused(error: DeviceError) -> Refused {
    match error {
        DeviceError::NoSuchDevice => not_found(error),
        DeviceError::Store(trouble) => failed(trouble),
    }
}
