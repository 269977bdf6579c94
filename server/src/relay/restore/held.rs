//! What a restore holds, for the operator who decides about it.

use relay_domain::message::Outbound;
use relay_domain::{AccountId, DeviceId};
use relay_store::changes::{DecideHeld, DecideVerdict};
use relay_store::queries::{HeldOf, HoldingDevices};

pub use relay_domain::device::Restored;
pub use relay_store::changes::HeldDecision;
pub use relay_store::queries::Holding;

use crate::relay::{Relay, Trouble};

/// Held messages shown of one device: the rest is of the same kind.
const SHOWN: i64 = 200;

/// Why nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The account has no such device.
    #[error("there is no such device: `relay-hub held list` shows those that hold messages")]
    NoSuchDevice,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Devices with held messages, oldest first.
    pub async fn holding_devices(&self) -> Result<Vec<Holding>, Trouble> {
        Ok(self.reads.ask(HoldingDevices).await?)
    }

    /// The first held messages of a device, oldest first.
    pub async fn held_messages(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
    ) -> Result<Vec<Outbound>, Trouble> {
        Ok(self.reads.ask(HeldOf { account_id, device_id, limit: SHOWN }).await?)
    }

    /// Decides about everything that a device holds; answers how many messages those were.
    pub async fn decide_held(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        decision: HeldDecision,
    ) -> Result<usize, DecideError> {
        let mut decided = 0;
        loop {
            let change = DecideHeld { account_id, device_id, decision };
            match self.lane.api(change).await.map_err(Trouble::from)? {
                DecideVerdict::Decided(0) => return Ok(decided),
                DecideVerdict::Decided(more) => decided += more,
                DecideVerdict::NoSuchDevice => return Err(DecideError::NoSuchDevice),
            }
        }
    }
}
