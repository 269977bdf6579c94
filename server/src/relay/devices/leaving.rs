//! Phones that leave, and phones that others take the place of.

use std::time::Duration;

use relay_domain::{AccountId, DeviceId, Timestamp};
use relay_store::changes::{DrainDevice, DrainVerdict, PairTarget, UnpairDevice, UnpairVerdict};

pub use relay_store::changes::Drain;

use crate::relay::pairing::{IssuePairingError, IssuedCode};
use crate::relay::{Relay, Trouble};

/// Why a phone was not unpaired or drained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaveError {
    /// The account has no such device.
    #[error("there is no such device: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// No phone to be told.
    #[error("no phone is paired with this device, or it leaves already: `relay-hub device list` shows which")]
    NotPaired,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// How far a device is on the way to another phone.
#[derive(Debug)]
pub enum Replacing {
    /// The old phone is not done.
    Draining {
        /// It is connected and has told everything from before it drained.
        heard: bool,
        /// Messages that it has not finished.
        in_flight: u32,
    },
    /// The old phone is done: the new one pairs with this code.
    Ready(IssuedCode),
}

/// Why no phone takes the place.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The old phone.
    #[error(transparent)]
    Leave(#[from] LeaveError),
    /// The code.
    #[error(transparent)]
    Code(#[from] IssuePairingError),
}

impl Relay {
    /// Unpairs a device: when this answers, what it had queued has failed. Its phone tells what it knows, within this
    /// time at most, and then its token dies. Answers with the deadline.
    pub async fn unpair_device(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        within: Duration,
    ) -> Result<Timestamp, LeaveError> {
        let change = UnpairDevice { account_id, device_id, within };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            UnpairVerdict::Leaving { by } => {
                self.note_standing(device_id).await;
                self.settle_unpaired().await.map_err(Trouble::from)?;
                Ok(by)
            }
            UnpairVerdict::NotPaired => Err(LeaveError::NotPaired),
            UnpairVerdict::NoSuchDevice => Err(LeaveError::NoSuchDevice),
        }
    }

    /// Drains a device's phone, and once it is done issues the code for the one that takes its place. Ask again until
    /// it is ready; nothing is dispatched meanwhile, what is accepted waits for the new phone.
    pub async fn replace_device(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
    ) -> Result<Replacing, ReplaceError> {
        match self.drain_device(account_id, device_id, Drain::Begin).await? {
            DrainVerdict::Draining { heard: true, in_flight: 0 } => Ok(Replacing::Ready(
                self.issue_pairing_code(account_id, PairTarget::Existing(device_id)).await?,
            )),
            DrainVerdict::Draining { heard, in_flight } => Ok(Replacing::Draining { heard, in_flight }),
            DrainVerdict::Serving | DrainVerdict::NotPaired => Err(LeaveError::NotPaired.into()),
            DrainVerdict::NoSuchDevice => Err(LeaveError::NoSuchDevice.into()),
        }
    }

    /// The phone stays after all: what waits leaves from it again.
    pub async fn keep_device(&self, account_id: AccountId, device_id: DeviceId) -> Result<(), LeaveError> {
        match self.drain_device(account_id, device_id, Drain::End).await? {
            DrainVerdict::Serving | DrainVerdict::Draining { .. } => Ok(()),
            DrainVerdict::NotPaired => Err(LeaveError::NotPaired),
            DrainVerdict::NoSuchDevice => Err(LeaveError::NoSuchDevice),
        }
    }

    async fn drain_device(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        drain: Drain,
    ) -> Result<DrainVerdict, LeaveError> {
        let change = DrainDevice { account_id, device_id, drain };
        Ok(self.lane.api(change).await.map_err(Trouble::from)?)
    }
}
