//! A stolen phone: at once, whatever it still holds.

use diesel::prelude::*;
use relay_domain::{AccountId, DeviceId};

use crate::effect::{Effect, EndReason};
use crate::lane::{Change, Tx};
use crate::rows::{device as device_rows, signed32, unsigned32};
use crate::schema::device;

/// Revokes a device: its token dies and its session ends. What it has queued or dispatched is settled by
/// [`SettleUnpaired`](super::SettleUnpaired). The verdict says whether the account has such a device.
#[derive(Debug, Clone, Copy)]
pub struct RevokeDevice {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
}

impl Change for RevokeDevice {
    type Verdict = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<bool> {
        let (Some(row), Some(mut stream)) = (
            device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?,
            tx.stream(self.device_id)?,
        ) else {
            return Ok(false);
        };
        let generation = unsigned32("generation", row.generation)?.saturating_add(1);
        if row.revoked_at.is_none() {
            diesel::update(device::table.filter(device::id.eq(self.device_id.as_bytes().as_slice())))
                .set((device::revoked_at.eq(tx.now.nanos()), device::generation.eq(signed32(generation))))
                .execute(tx.conn)?;
        }
        stream.paired = false;
        stream.connected = false;
        // The open session's changes carry an epoch that no longer exists.
        stream.epoch += 1;
        tx.put_stream(stream);
        tx.effect(Effect::EndSession { device_id: self.device_id, generation, why: EndReason::Revoked });
        Ok(true)
    }
}
