//! An operator tells the number of a SIM that does not know it.

use diesel::prelude::*;
use relay_domain::phone_number::PhoneNumber;
use relay_domain::{AccountId, DeviceId, SimId};

use crate::lane::{Change, Tx};
use crate::rows::sim;
use crate::schema::inbound;

/// Sets the number of the SIM that sits in a slot now. It belongs to that SIM, not to the slot.
#[derive(Debug, Clone)]
pub struct SetSimNumber {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// The slot.
    pub slot: u8,
    /// The number.
    pub number: PhoneNumber,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimNumberVerdict {
    /// Set.
    Set {
        /// The SIM.
        sim_id: SimId,
        /// Inbound messages stored before that took the number.
        inbound_numbered: usize,
    },
    /// The account has no such device.
    NoSuchDevice,
    /// No SIM is in that slot.
    EmptySlot,
}

impl Change for SetSimNumber {
    type Verdict = SimNumberVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<SimNumberVerdict> {
        match tx.stream(self.device_id)? {
            Some(stream) if stream.account_id == self.account_id => {}
            _ => return Ok(SimNumberVerdict::NoSuchDevice),
        }
        let sims = tx.hot.sims(tx.conn, self.device_id)?;
        let Some(mut row) = sim::in_slot(sims, self.slot).cloned() else {
            return Ok(SimNumberVerdict::EmptySlot);
        };
        let sim_id = row.sim_id()?;
        row.number_set = Some(self.number.as_str().to_owned());
        sim::update(tx.conn, row)?;
        tx.hot.forget_sims(self.device_id);
        let waiting = inbound::table
            .filter(inbound::sim_id.eq(sim_id.as_bytes().as_slice()))
            .filter(inbound::number.is_null());
        let inbound_numbered =
            diesel::update(waiting).set(inbound::number.eq(self.number.as_str())).execute(tx.conn)?;
        Ok(SimNumberVerdict::Set { sim_id, inbound_numbered })
    }
}
