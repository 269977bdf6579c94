//! What a restore holds, and what an operator makes of it.

use std::collections::HashMap;

use relay_domain::DeviceId;
use relay_domain::message::Outbound;

use super::answer::{Answer, HeldMessageShown, HoldingShown, Refused};
use super::find::find_device;
use super::refusal::{failed, not_found};
use crate::http::instant::write as instant;
use crate::relay::Relay;
use crate::relay::devices::Devices;
use crate::relay::held::{DecideError, HeldDecision, Holding, Restored};

pub(super) async fn list(relay: &Relay) -> Result<Answer, Refused> {
    let holding = relay.holding_devices().await.map_err(failed)?;
    let names = names(relay).await?;
    let shown = |holding: Holding| HoldingShown {
        device_id: holding.device_id.to_string(),
        device_name: names.get(&holding.device_id).cloned().unwrap_or_default(),
        account_id: holding.account_id.to_string(),
        state: state(holding.restored).to_owned(),
        queued: holding.queued,
        dispatched: holding.dispatched,
        recovered: holding.recovered,
    };
    Ok(Answer::Held { devices: holding.into_iter().map(shown).collect() })
}

pub(super) async fn show(relay: &Relay, device: &str) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let messages = relay.held_messages(account_id, device_id).await.map_err(failed)?;
    Ok(Answer::HeldMessages {
        device_id: device_id.to_string(),
        device_name: names(relay).await?.remove(&device_id).unwrap_or_default(),
        messages: messages.into_iter().map(message_shown).collect(),
    })
}

pub(super) async fn decide(relay: &Relay, device: &str, decision: HeldDecision) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let decided = relay.decide_held(account_id, device_id, decision).await;
    let messages = decided.map_err(|error| match error {
        DecideError::NoSuchDevice => not_found(error),
        DecideError::Store(trouble) => failed(trouble),
    })?;
    let decision = match decision {
        HeldDecision::Release => "released",
        HeldDecision::GiveUp => "given_up",
    };
    Ok(Answer::HeldDecided { device_id: device_id.to_string(), decision: decision.to_owned(), messages })
}

async fn names(relay: &Relay) -> Result<HashMap<DeviceId, String>, Refused> {
    let devices = relay.list_devices(None, Devices::All).await.map_err(failed)?;
    Ok(devices.into_iter().map(|now| (now.device.id, now.device.name)).collect())
}

fn state(restored: Restored) -> &'static str {
    match restored {
        Restored::Nothing => "done",
        Restored::Unheard => "unheard",
        Restored::Unclear => "unclear",
        Restored::Releasing => "releasing",
    }
}

fn message_shown(message: Outbound) -> HeldMessageShown {
    HeldMessageShown {
        id: message.id.to_string(),
        state: if message.dispatch.is_none() { "queued" } else { "dispatched" }.to_owned(),
        to: message.recipient,
        created_at: instant(message.created_at),
        scheduled_at: message.scheduled_at.map(instant),
        expires_at: message.expires_at.map(instant),
    }
}
