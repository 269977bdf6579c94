//! A phone came or went for long enough to be told to the operators' webhooks.

use diesel::prelude::*;
use relay_domain::DeviceId;
use relay_domain::notice::Facts;
use relay_domain::webhook::EventKind;

use super::webhooks::notify::{self, Chain};
use crate::lane::{Change, Tx};
use crate::schema::device;

/// Whether a phone is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum Presence {
    /// It has a session.
    Online = 1,
    /// It has had none for a while.
    Offline = 2,
}

/// Tells it, if it is still so and was not told yet. The verdict says whether it was told.
#[derive(Debug, Clone, Copy)]
pub struct TellPresence {
    /// The device.
    pub device_id: DeviceId,
    /// What it is said to be.
    pub presence: Presence,
}

impl Change for TellPresence {
    type Verdict = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<bool> {
        let Some(stream) = tx.stream(self.device_id)? else { return Ok(false) };
        let (kind, at) = match self.presence {
            Presence::Online => (EventKind::DeviceOnline, tx.now),
            Presence::Offline => (EventKind::DeviceOffline, stream.last_seen_at.unwrap_or(tx.now)),
        };
        if stream.connected != (self.presence == Presence::Online) {
            return Ok(false);
        }
        let told = self.presence as i16;
        let this = device::table.filter(device::id.eq(self.device_id.as_bytes().as_slice()));
        let new =
            diesel::update(this.filter(device::told.ne(told))).set(device::told.eq(told)).execute(tx.conn)?;
        if new == 0 {
            return Ok(false);
        }
        let device_id = self.device_id;
        notify::tell(tx, stream.account_id, kind, device_id.uuid(), Chain::GoesOn, || {
            Ok(Facts { device_id: Some(device_id), ..Facts::at(at) })
        })?;
        Ok(true)
    }
}
