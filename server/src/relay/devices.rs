//! Devices: what is shown of them, and what an operator does to them. Who is connected is told by
//! [`Presence`](super::presence::Presence), never by the database.

pub mod leaving;

use std::collections::HashMap;
use std::time::Duration;

use relay_domain::device::Device;
use relay_domain::phone_number::{NotE164, PhoneNumber};
use relay_domain::{AccountId, DeviceId, SimId, Timestamp};
use relay_store::changes::{DeleteDevice, DeleteVerdict, RevokeDevice, SetSimNumber, SimNumberVerdict};
use relay_store::queries::{DeviceTrouble, ListDevices, TroubleOf};
use uuid::Uuid;

pub use relay_store::queries::Devices;

use super::{Relay, Trouble};

/// The command's kind, as the protocol spells it and as it is stored.
const REFRESH_SIMS: &str = "refresh_sims";
/// A phone that was off overnight still reads its SIMs anew when it comes back.
const REFRESH_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// A device as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNow {
    /// What is stored of it.
    pub device: Device,
    /// Whether a session is live.
    pub link: Link,
    /// When a complete frame last arrived: the live session's word, else the stored one.
    pub last_seen_at: Option<Timestamp>,
}

/// Whether a device is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A session is live.
    Online,
    /// None is.
    Offline,
}

impl DeviceNow {
    /// The SIM that a text leaves from when nobody chooses: the phone's own default, else the lowest slot.
    pub fn default_sim(&self) -> Option<SimId> {
        let sims = &self.device.sims;
        let chosen =
            sims.iter().find(|sim| sim.is_default).or_else(|| sims.iter().min_by_key(|sim| sim.slot));
        chosen.map(|sim| sim.id)
    }

    /// Paired, and no inserted SIM has a number: an operator has to tell one.
    pub fn is_pending_setup(&self) -> bool {
        self.device.is_paired() && !self.device.sims.iter().any(|sim| sim.number.is_some())
    }
}

/// Why a SIM's number was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetSimNumberError {
    /// The number.
    #[error("the number {0}")]
    BadNumber(#[from] NotE164),
    /// The account has no such device.
    #[error("there is no such device: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// Nothing sits in the slot.
    #[error(
        "no SIM is in slot {0}: `relay-hub device list` shows the slots; after inserting one, run `relay-hub device sim refresh`"
    )]
    EmptySlot(u8),
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why a device was not reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The account has no such device, or it is not paired where that is needed.
    #[error("there is no such device, or it is not paired: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why a device was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteDeviceError {
    /// A phone is paired, and may be at work.
    #[error(
        "a phone is paired with this device: revoke it first with `relay-hub device revoke`, which fails what it has \
         queued"
    )]
    StillPaired,
    /// The account has no such device.
    #[error("there is no such device: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Devices, oldest first: an account's, or all for whoever runs the installation.
    pub async fn list_devices(
        &self,
        account_id: Option<AccountId>,
        which: Devices,
    ) -> Result<Vec<DeviceNow>, Trouble> {
        let question = ListDevices { account_id, which };
        let mut stored = self.reads.ask(question).await?;
        let seen = |device: &Device| Some((device.id, self.presence.last_frame_at(device.id)?));
        let live: HashMap<DeviceId, Timestamp> = stored.iter().filter_map(seen).collect();
        if live.len() < stored.len() {
            // A session stores its last sign of life before it leaves. One that left since the read would show an
            // older one than it did while it lived; what is read once its absence is known cannot.
            stored = self.reads.ask(question).await?;
        }
        Ok(stored.into_iter().map(|device| now(device, &live)).collect())
    }

    /// What waits for a device and what went wrong with it.
    pub async fn device_trouble(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
    ) -> Result<DeviceTrouble, Trouble> {
        Ok(self.reads.ask(TroubleOf { account_id, device_id }).await?)
    }

    /// Tells the number of the SIM that sits in a slot; answers how many stored inbound messages took it.
    pub async fn set_sim_number(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        slot: u8,
        number: &str,
    ) -> Result<usize, SetSimNumberError> {
        let number = PhoneNumber::parse(number)?;
        let change = SetSimNumber { account_id, device_id, slot, number };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            SimNumberVerdict::Set { inbound_numbered, .. } => Ok(inbound_numbered),
            SimNumberVerdict::NoSuchDevice => Err(SetSimNumberError::NoSuchDevice),
            SimNumberVerdict::EmptySlot => Err(SetSimNumberError::EmptySlot(slot)),
        }
    }

    /// Asks a phone to read its SIMs anew, now or when it comes back; answers the command's id.
    pub async fn refresh_sims(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
    ) -> Result<Uuid, DeviceError> {
        let issued = self.issue_command(account_id, device_id, REFRESH_SIMS, REFRESH_DEADLINE).await;
        issued.map_err(Trouble::from)?.ok_or(DeviceError::NoSuchDevice)
    }

    /// Revokes a phone at once, and settles what it had queued or dispatched before it answers, so that a list
    /// asked next shows the truth.
    pub async fn revoke_device(&self, account_id: AccountId, device_id: DeviceId) -> Result<(), DeviceError> {
        let revoked = self.lane.api(RevokeDevice { account_id, device_id }).await;
        if !revoked.map_err(Trouble::from)? {
            return Err(DeviceError::NoSuchDevice);
        }
        self.note_standing(device_id).await;
        Ok(self.settle_unpaired().await.map_err(Trouble::from)?)
    }

    /// Takes a device that no phone is paired with out of the lists, and revokes its keys: when this answers, no
    /// request of this process passes with one of them. Messages and history stay. Answers how many keys died.
    pub async fn delete_device(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
    ) -> Result<usize, DeleteDeviceError> {
        match self.lane.api(DeleteDevice { account_id, device_id }).await.map_err(Trouble::from)? {
            DeleteVerdict::Deleted { revoked } => {
                // The effects do the same from the lane, but may come a moment after this answer.
                revoked.iter().for_each(|key| self.keys.forget_id(*key));
                Ok(revoked.len())
            }
            DeleteVerdict::StillPaired => Err(DeleteDeviceError::StillPaired),
            DeleteVerdict::NoSuchDevice => Err(DeleteDeviceError::NoSuchDevice),
        }
    }
}

fn now(device: Device, live: &HashMap<DeviceId, Timestamp>) -> DeviceNow {
    match live.get(&device.id) {
        Some(at) => DeviceNow { device, link: Link::Online, last_seen_at: Some(*at) },
        None => DeviceNow { last_seen_at: device.last_seen_at, device, link: Link::Offline },
    }
}
