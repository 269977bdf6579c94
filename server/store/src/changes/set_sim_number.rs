//! An operator tells the number of a SIM that does not know it.

use diesel::prelude::*;
use relay_domain::phone_number::{PhoneNumber, normal_form};
use relay_domain::{AccountId, DeviceId, SimId};

use crate::lane::{Change, Tx};
use crate::rows::{device, sim, text};
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
        if device::load_of_account(tx.conn, self.account_id, self.device_id)?.is_none() {
            return Ok(SimNumberVerdict::NoSuchDevice);
        }
        let sims = tx.hot.sims(tx.conn, self.device_id)?;
        let Some(mut row) = sim::in_slot(sims, self.slot).cloned() else {
            return Ok(SimNumberVerdict::EmptySlot);
        };
        let sim_id = row.sim_id()?;
        row.number_set = Some(self.number.as_str().to_owned());
        sim::update(tx.conn, row)?;
        tx.hot.forget_sims(self.device_id);
        self.tell_senders_country(tx, sim_id)?;
        let waiting = inbound::table
            .filter(inbound::sim_id.eq(sim_id.as_bytes().as_slice()))
            .filter(inbound::number.is_null());
        let inbound_numbered =
            diesel::update(waiting).set(inbound::number.eq(self.number.as_str())).execute(tx.conn)?;
        Ok(SimNumberVerdict::Set { sim_id, inbound_numbered })
    }
}

impl SetSimNumber {
    /// A sender in local format is of the number's country, which was not known when it was stored.
    fn tell_senders_country(&self, tx: &mut Tx<'_>, sim_id: SimId) -> QueryResult<()> {
        let waiting: Vec<(Vec<u8>, String, String)> = inbound::table
            .filter(inbound::sim_id.eq(sim_id.as_bytes().as_slice()))
            .filter(inbound::number.is_null())
            // What begins with its country code needs no other country.
            .filter(inbound::sender.not_like("+%"))
            .select((inbound::id, inbound::sender, inbound::sender_normal))
            .load(tx.conn)?;
        for (id, sender, stored) in waiting {
            let normal = text::escape(&normal_form(&text::unescape(sender), Some(self.number.as_str())));
            if normal != stored {
                diesel::update(inbound::table.filter(inbound::id.eq(id)))
                    .set(inbound::sender_normal.eq(normal))
                    .execute(tx.conn)?;
            }
        }
        Ok(())
    }
}
