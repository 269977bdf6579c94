//! A phone's pairing ends: at once for a stolen one, whatever it still holds.

use diesel::prelude::*;
use relay_domain::device::Course;
use relay_domain::{AccountId, DeviceId};

use crate::effect::{Effect, EndReason};
use crate::lane::{Change, Stream, Tx};
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
        let owned = device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?.is_some();
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|_| owned) else { return Ok(false) };
        end_pairing(tx, &mut stream)?;
        tx.put_stream(stream);
        Ok(true)
    }
}

/// The token dies, and with it the session and every change that it still has under way. The caller keeps `stream`.
pub(super) fn end_pairing(tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<()> {
    let device_id = stream.device_id;
    let Some(row) = device_rows::load(tx.conn, device_id)? else { return Ok(()) };
    let generation = unsigned32("generation", row.generation)?.saturating_add(1);
    if row.revoked_at.is_none() {
        diesel::update(device::table.filter(device::id.eq(device_id.as_bytes().as_slice())))
            .set((
                device::revoked_at.eq(tx.now.nanos()),
                device::generation.eq(signed32(generation)),
                device::leave_by.eq(None::<i64>),
            ))
            .execute(tx.conn)?;
    }
    stream.paired = false;
    stream.connected = false;
    stream.course = Course::Serving;
    // The open session's changes carry an epoch that no longer exists.
    stream.epoch += 1;
    tx.effect(Effect::EndSession { device_id, generation, why: EndReason::Revoked });
    Ok(())
}
