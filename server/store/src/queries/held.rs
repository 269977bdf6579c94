//! What is held since a restore, and what phones told of messages that it took away: for the operator who decides.

use diesel::prelude::*;
use relay_domain::device::Restored;
use relay_domain::message::Outbound;
use relay_domain::{AccountId, DeviceId};

use super::{Query, Read};
use crate::backend::condition;
use crate::rows::outbound::OutboundRow;
use crate::rows::{id, stream};
use crate::schema::{device_stream, outbound, recovered};

/// Devices with held messages, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct HoldingDevices;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Whose.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// What is left to be done.
    pub restored: Restored,
    /// Messages that were queued.
    pub queued: u64,
    /// Messages that were dispatched.
    pub dispatched: u64,
    /// Reports of its phones about messages that this hub does not know.
    pub recovered: u64,
}

impl Query for HoldingDevices {
    type Answer = Vec<Holding>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Holding>> {
        let devices: Vec<Vec<u8>> = device_stream::table
            .filter(device_stream::restored.ne(Restored::Nothing as i32))
            .order(device_stream::device_id)
            .select(device_stream::device_id)
            .load(read.conn)?;
        let mut holding = Vec::with_capacity(devices.len());
        for device in devices {
            let Some(stream) = stream::load(read.conn, id(&device)?)? else { continue };
            let held = || {
                outbound::table
                    .filter(outbound::device_id.eq(&device))
                    .filter(condition("restored_at IS NOT NULL AND rank <= 1"))
            };
            let all: i64 = held().count().get_result(read.conn)?;
            let queued: i64 = held().filter(outbound::rank.eq(0)).count().get_result(read.conn)?;
            if all == 0 {
                // They ended another way, as those of a phone that was revoked.
                continue;
            }
            let recovered: i64 =
                recovered::table.filter(recovered::device_id.eq(&device)).count().get_result(read.conn)?;
            let counted = |count: i64| u64::try_from(count).unwrap_or_default();
            holding.push(Holding {
                account_id: stream.account_id,
                device_id: stream.device_id,
                restored: stream.restored,
                queued: counted(queued),
                dispatched: counted(all - queued),
                recovered: counted(recovered),
            });
        }
        Ok(holding)
    }
}

/// The held messages of a device, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct HeldOf {
    /// Whose.
    pub account_id: AccountId,
    /// Which device.
    pub device_id: DeviceId,
    /// Rows at most.
    pub limit: i64,
}

impl Query for HeldOf {
    type Answer = Vec<Outbound>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Outbound>> {
        let held: Vec<OutboundRow> = outbound::table
            .filter(outbound::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(outbound::account_id.eq(self.account_id.as_bytes().as_slice()))
            .filter(condition("restored_at IS NOT NULL AND rank <= 1"))
            .order(outbound::id)
            .limit(self.limit)
            .select(OutboundRow::as_select())
            .load(read.conn)?;
        held.into_iter().map(OutboundRow::read).collect()
    }
}
