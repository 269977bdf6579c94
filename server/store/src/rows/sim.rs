//! `sim`.

use diesel::prelude::*;
use relay_domain::allocate::Slot;
use relay_domain::device::Sim;
use relay_domain::sim::{KnownSim, SimFacts};
use relay_domain::{DeviceId, SimId};

use super::{id, slot};
use crate::backend::Conn;
use crate::schema::sim;

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sim, treat_none_as_null = true)]
pub(crate) struct SimRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) device_id: Vec<u8>,
    pub(crate) slot: i32,
    pub(crate) inserted: i32,
    pub(crate) number_set: Option<String>,
    pub(crate) number_told: Option<String>,
    pub(crate) carrier: Option<String>,
    pub(crate) subscription_id: Option<i64>,
    pub(crate) iccid_hash: Option<String>,
    pub(crate) is_default: i32,
    pub(crate) seen_at: i64,
}

impl SimRow {
    pub(crate) fn sim_id(&self) -> QueryResult<SimId> {
        id(&self.id)
    }

    /// The operator's number, else the SIM's own.
    pub(crate) fn number(&self) -> Option<&str> {
        self.number_set.as_deref().or(self.number_told.as_deref())
    }

    pub(crate) fn facts(&self) -> SimFacts {
        SimFacts {
            number: self.number_told.clone(),
            subscription_id: self.subscription_id,
            iccid_hash: self.iccid_hash.clone(),
        }
    }

    pub(crate) fn known(&self) -> QueryResult<KnownSim> {
        Ok(KnownSim {
            id: self.sim_id()?,
            slot: slot(self.slot)?,
            inserted: self.inserted != 0,
            facts: self.facts(),
        })
    }

    pub(crate) fn read(&self) -> QueryResult<Sim> {
        Ok(Sim {
            id: self.sim_id()?,
            slot: slot(self.slot)?,
            number: self.number().map(str::to_owned),
            carrier: self.carrier.clone(),
            is_default: self.is_default != 0,
            facts: self.facts(),
        })
    }

    fn is_at(&self, slot: u8) -> bool {
        self.inserted != 0 && self.slot == i32::from(slot)
    }
}

/// The SIM that sits in a slot now.
pub(crate) fn in_slot(sims: &[SimRow], slot: u8) -> Option<&SimRow> {
    sims.iter().find(|sim| sim.is_at(slot))
}

/// Whether a line's slot holds the line's SIM.
pub(crate) fn slot_state(sims: &[SimRow], slot: u8, sim_id: SimId) -> Slot {
    match in_slot(sims, slot) {
        Some(sim) if sim.id == sim_id.as_bytes() => Slot::HoldsTheSim,
        _ => Slot::Mismatch,
    }
}

/// Every SIM that the device has shown.
pub(crate) fn load(conn: &mut Conn, device: DeviceId) -> QueryResult<Vec<SimRow>> {
    sim::table
        .filter(sim::device_id.eq(device.as_bytes().as_slice()))
        .order(sim::id)
        .select(SimRow::as_select())
        .load(conn)
}

pub(crate) fn insert(conn: &mut Conn, row: SimRow) -> QueryResult<()> {
    diesel::insert_into(sim::table).values(row).execute(conn).map(drop)
}

pub(crate) fn update(conn: &mut Conn, row: SimRow) -> QueryResult<()> {
    let id = row.id.clone();
    diesel::update(sim::table.filter(sim::id.eq(id))).set(row).execute(conn).map(drop)
}
