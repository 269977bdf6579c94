//! Phones that leave, and phones that others take the place of.

use std::time::Duration;

use super::answer::{Answer, Refused};
use super::devices::{code_shown, pairing_refused};
use super::find::find_device;
use super::refusal::{failed, invalid, not_found};
use crate::http::instant::write as instant;
use crate::relay::Relay;
use crate::relay::leaving::{LeaveError, ReplaceError, Replacing};

pub(super) async fn unpair(relay: &Relay, device: &str, within_ms: u64) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let within = Duration::from_millis(within_ms);
    let by = relay.unpair_device(account_id, device_id, within).await.map_err(leave_refused)?;
    Ok(Answer::DeviceUnpaired { device_id: device_id.to_string(), leave_by: instant(by) })
}

pub(super) async fn replace(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let replacing = relay.replace_device(account_id, device_id).await.map_err(|error| match error {
        ReplaceError::Leave(error) => leave_refused(error),
        ReplaceError::Code(error) => pairing_refused(error),
    })?;
    Ok(match replacing {
        Replacing::Draining { heard, in_flight } => {
            Answer::DeviceDraining { device_id: device_id.to_string(), heard, in_flight }
        }
        Replacing::Ready(issued) => code_shown(issued),
    })
}

pub(super) async fn keep(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    relay.keep_device(account_id, device_id).await.map_err(leave_refused)?;
    Ok(Answer::DeviceKept { device_id: device_id.to_string() })
}

fn leave_refused(error: LeaveError) -> Refused {
    match error {
        LeaveError::NoSuchDevice => not_found(error),
        LeaveError::NotPaired => invalid(error),
        LeaveError::Store(trouble) => failed(trouble),
    }
}
