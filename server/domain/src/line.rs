//! Lines: device + SIM + number, what a key is bound to for life.

use crate::{AccountId, DeviceId, LineId, SimId};

/// Where a key's messages leave from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: LineId,
    /// The account that owns it.
    pub account_id: AccountId,
    /// The phone.
    pub device_id: DeviceId,
    /// The slot.
    pub slot: u8,
    /// The SIM that must be in that slot.
    pub sim_id: SimId,
    /// The number that it was bound to.
    pub number: String,
}
