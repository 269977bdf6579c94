//! How devices stand: what is written down beside the database, and what a node compares its sessions with.

use diesel::prelude::*;
use relay_domain::device::Course;
use relay_domain::{DeviceId, Timestamp};

use super::{Query, Read};
use crate::changes::{PhoneStanding, Standing};
use crate::rows::{id, unsigned, unsigned32};
use crate::schema::{device, device_stream};

/// The standing of one device, or of all of them that were ever paired.
#[derive(Debug, Clone, Copy)]
pub struct Standings {
    /// Which; `None` for all.
    pub device_id: Option<DeviceId>,
}

/// Id, generation, revoked, deadline and course.
type Stored = (Vec<u8>, i32, Option<i64>, Option<i64>, i32);

impl Query for Standings {
    type Answer = Vec<Standing>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Standing>> {
        let mut list = device::table
            .inner_join(device_stream::table.on(device_stream::device_id.eq(device::id)))
            .filter(device::generation.gt(0))
            .order(device::id)
            .select((
                device::id,
                device::generation,
                device::revoked_at,
                device::leave_by,
                device_stream::course,
            ))
            .into_boxed();
        if let Some(one) = &self.device_id {
            list = list.filter(device::id.eq(one.as_bytes().as_slice()));
        }
        let found: Vec<Stored> = list.load(read.conn)?;
        found
            .into_iter()
            .map(|(device, generation, revoked_at, leave_by, course)| {
                let phone = match (revoked_at, leave_by) {
                    (Some(_), _) => PhoneStanding::Revoked,
                    (None, Some(by)) if course == Course::Leaving as i32 => {
                        PhoneStanding::Leaving { by: Timestamp::from_nanos(by) }
                    }
                    (None, _) => PhoneStanding::Paired,
                };
                let generation = unsigned32("generation", generation)?;
                Ok(Standing { device_id: id(&device)?, generation, phone })
            })
            .collect()
    }
}

/// The epochs of these devices.
#[derive(Debug, Clone)]
pub struct EpochsOf(pub Vec<DeviceId>);

impl Query for EpochsOf {
    type Answer = Vec<(DeviceId, u64)>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<(DeviceId, u64)>> {
        let ids: Vec<&[u8]> = self.0.iter().map(|device| device.as_bytes().as_slice()).collect();
        let found: Vec<(Vec<u8>, i64)> = device_stream::table
            .filter(device_stream::device_id.eq_any(ids))
            .select((device_stream::device_id, device_stream::epoch))
            .load(read.conn)?;
        found.into_iter().map(|(device, epoch)| Ok((id(&device)?, unsigned("epoch", epoch)?))).collect()
    }
}
