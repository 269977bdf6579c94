//! `device`, as read with its stream and SIMs.

use diesel::prelude::*;
use relay_domain::device::Device;
use relay_domain::plan::Quota;
use relay_domain::{AccountId, DeviceId, Timestamp};

use super::{id, sim, stream, unsigned32};
use crate::backend::Conn;
use crate::schema::{device, device_stream};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device)]
pub(crate) struct DeviceRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) name: String,
    pub(crate) generation: i32,
    pub(crate) paired_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) app_version: String,
    pub(crate) os: String,
    pub(crate) created_at: i64,
    pub(crate) own_burst: Option<i32>,
    pub(crate) own_refill_per_minute: Option<i32>,
    pub(crate) deleted_at: Option<i64>,
    pub(crate) leave_by: Option<i64>,
}

impl DeviceRow {
    /// What an operator gave to this device alone.
    pub(crate) fn own_quota(&self) -> QueryResult<Option<Quota>> {
        self.own_burst
            .zip(self.own_refill_per_minute)
            .map(|(burst, refill)| stream::quota(burst, refill))
            .transpose()
    }

    /// The device with the SIMs that are inserted now.
    pub(crate) fn read(self, conn: &mut Conn) -> QueryResult<Device> {
        let device_id: DeviceId = id(&self.id)?;
        let mut sims = sim::load(conn, device_id)?;
        sims.retain(|sim| sim.inserted != 0);
        sims.sort_by_key(|sim| sim.slot);
        let last_seen_at: Option<i64> = device_stream::table
            .filter(device_stream::device_id.eq(self.id.as_slice()))
            .select(device_stream::last_seen_at)
            .first::<Option<i64>>(conn)
            .optional()?
            .flatten();
        let own_quota = self.own_quota()?;
        Ok(Device {
            id: device_id,
            account_id: id(&self.account_id)?,
            name: self.name,
            generation: unsigned32("generation", self.generation)?,
            paired_at: self.paired_at.map(Timestamp::from_nanos),
            revoked_at: self.revoked_at.map(Timestamp::from_nanos),
            last_seen_at: last_seen_at.map(Timestamp::from_nanos),
            own_quota,
            sims: sims.iter().map(sim::SimRow::read).collect::<QueryResult<_>>()?,
            created_at: Timestamp::from_nanos(self.created_at),
            deleted_at: self.deleted_at.map(Timestamp::from_nanos),
            leave_by: self.leave_by.map(Timestamp::from_nanos),
        })
    }
}

pub(crate) fn load(conn: &mut Conn, device_id: DeviceId) -> QueryResult<Option<DeviceRow>> {
    device::table
        .filter(device::id.eq(device_id.as_bytes().as_slice()))
        .select(DeviceRow::as_select())
        .first(conn)
        .optional()
}

/// A device of this account; another account's and a deleted one are as good as none.
pub(crate) fn load_of_account(
    conn: &mut Conn,
    account_id: AccountId,
    device_id: DeviceId,
) -> QueryResult<Option<DeviceRow>> {
    let row = load(conn, device_id)?;
    Ok(row.filter(|row| row.account_id == account_id.as_bytes() && row.deleted_at.is_none()))
}
