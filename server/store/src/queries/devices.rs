//! Devices: lists, who owns one, and what a token is checked against.

use diesel::prelude::*;
use relay_domain::device::{Course, Device};
use relay_domain::{AccountId, DeviceId};

use super::{Query, Read};
use crate::backend::condition;
use crate::rows::device::{self as rows, DeviceRow};
use crate::rows::{id, unsigned32};
use crate::schema::{attention, device, device_stream, outbound, recovered, unreadable};

/// Which devices are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    /// Those that were not deleted.
    Active,
    /// The deleted ones too.
    All,
}

/// Devices, oldest first: an account's, or all for whoever runs the installation.
#[derive(Debug, Clone, Copy)]
pub struct ListDevices {
    /// Whose; `None` for everyone's.
    pub account_id: Option<AccountId>,
    /// Which.
    pub which: Devices,
}

impl Query for ListDevices {
    type Answer = Vec<Device>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Device>> {
        let mut list = device::table.order(device::id).select(DeviceRow::as_select()).into_boxed();
        if let Some(account) = &self.account_id {
            list = list.filter(device::account_id.eq(account.as_bytes().as_slice()));
        }
        list = match self.which {
            Devices::Active => list.filter(device::deleted_at.is_null()),
            Devices::All => list,
        };
        let found: Vec<DeviceRow> = list.load(read.conn)?;
        found.into_iter().map(|row| row.read(read.conn)).collect()
    }
}

/// The account that a device belongs to: the one question that needs no account, for the verbs of whoever runs
/// the installation.
#[derive(Debug, Clone, Copy)]
pub struct DeviceOwner(pub DeviceId);

impl Query for DeviceOwner {
    type Answer = Option<AccountId>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<AccountId>> {
        rows::load(read.conn, self.0)?.map(|row| id(&row.account_id)).transpose()
    }
}

/// What a device token is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenState {
    /// The generation that a living token names.
    pub generation: u32,
    /// The device is paired and not revoked.
    pub paired: bool,
}

/// Looks a device's token state up.
#[derive(Debug, Clone, Copy)]
pub struct TokenStateOf(pub DeviceId);

impl Query for TokenStateOf {
    type Answer = Option<TokenState>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<TokenState>> {
        let paired: Option<i32> = device_stream::table
            .filter(device_stream::device_id.eq(self.0.as_bytes().as_slice()))
            .select(device_stream::paired)
            .first(read.conn)
            .optional()?;
        let Some(row) = rows::load(read.conn, self.0)? else { return Ok(None) };
        Ok(Some(TokenState {
            generation: unsigned32("generation", row.generation)?,
            paired: paired.is_some_and(|paired| paired != 0) && row.revoked_at.is_none(),
        }))
    }
}

/// What an operator should know of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceTrouble {
    /// Messages that wait.
    pub queued: u32,
    /// Messages on their way.
    pub in_flight: u32,
    /// Events kept unread.
    pub unreadable: u64,
    /// Reports about messages that this hub does not know, as after a restore.
    pub recovered: u64,
    /// Messages held since a restore.
    pub held: u64,
    /// What an operator has decided about the phone.
    pub course: Course,
    /// Newest remark, if there is one.
    pub remark: Option<String>,
}

/// Asks for a device's trouble.
#[derive(Debug, Clone, Copy)]
pub struct TroubleOf {
    /// Whose.
    pub account_id: AccountId,
    /// Which.
    pub device_id: DeviceId,
}

impl Query for TroubleOf {
    type Answer = DeviceTrouble;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<DeviceTrouble> {
        let (device, account) = (self.device_id.as_bytes().as_slice(), self.account_id.as_bytes().as_slice());
        let counts: Option<(i32, i32, i32)> = device_stream::table
            .filter(device_stream::device_id.eq(device))
            .filter(device_stream::account_id.eq(account))
            .select((device_stream::queued, device_stream::in_flight, device_stream::course))
            .first(read.conn)
            .optional()?;
        let (queued, in_flight, course) = counts.unwrap_or_default();
        let course = Course::ALL.into_iter().find(|known| *known as i32 == course).unwrap_or_default();
        let unread: i64 = unreadable::table
            .filter(unreadable::device_id.eq(device))
            .filter(unreadable::account_id.eq(account))
            .count()
            .get_result(read.conn)?;
        let recovered: i64 = recovered::table
            .filter(recovered::device_id.eq(device))
            .filter(recovered::account_id.eq(account))
            .count()
            .get_result(read.conn)?;
        let held: i64 = outbound::table
            .filter(outbound::device_id.eq(device))
            .filter(condition("restored_at IS NOT NULL AND rank <= 1"))
            .count()
            .get_result(read.conn)?;
        let remark: Option<(String, String)> = attention::table
            .filter(attention::device_id.eq(device))
            .filter(attention::account_id.eq(account))
            .order(attention::id.desc())
            .select((attention::kind, attention::detail))
            .first(read.conn)
            .optional()?;
        Ok(DeviceTrouble {
            queued: unsigned32("queued", queued)?,
            in_flight: unsigned32("in_flight", in_flight)?,
            unreadable: u64::try_from(unread).unwrap_or_default(),
            recovered: u64::try_from(recovered).unwrap_or_default(),
            held: u64::try_from(held).unwrap_or_default(),
            course,
            remark: remark.map(|(kind, detail)| format!("{kind}: {detail}")),
        })
    }
}
