//! A new API key, bound for life to the line that a slot holds now.

use diesel::prelude::*;
use relay_domain::key::{Dialect, Key, KeyDigest};
use relay_domain::{AccountId, DeviceId, KeyId, LineId, SimId};

use crate::lane::{Change, Tx};
use crate::rows::key::{KeyRow, LineRow};
use crate::rows::{device, sim};
use crate::schema::{api_key, line};

/// Creates a key. The caller has drawn the secret; only its digest comes here.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// Whose key.
    pub account_id: AccountId,
    /// Device of the line.
    pub device_id: DeviceId,
    /// Slot of the line.
    pub slot: u8,
    /// Dialect.
    pub dialect: Dialect,
    /// Name, for people.
    pub name: String,
    /// The start of the secret, for people.
    pub prefix: String,
    /// Keyed digest of the secret.
    pub digest: KeyDigest,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyVerdict {
    /// Created.
    Created(Key),
    /// The account has no such device.
    NoSuchDevice,
    /// No SIM is in that slot.
    EmptySlot,
    /// The number of the SIM in that slot is not known.
    NumberUnknown,
}

impl Change for CreateKey {
    type Verdict = KeyVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<KeyVerdict> {
        if device::load_of_account(tx.conn, self.account_id, self.device_id)?.is_none() {
            return Ok(KeyVerdict::NoSuchDevice);
        }
        let sims = tx.hot.sims(tx.conn, self.device_id)?;
        let Some(sim) = sim::in_slot(sims, self.slot) else { return Ok(KeyVerdict::EmptySlot) };
        let sim_id = sim.sim_id()?;
        let Some(number) = sim.number().map(str::to_owned) else { return Ok(KeyVerdict::NumberUnknown) };
        let line = self.line(tx, sim_id, number)?;
        let id: KeyId = tx.id();
        let row = || KeyRow {
            id: id.as_bytes().to_vec(),
            account_id: self.account_id.as_bytes().to_vec(),
            line_id: line.id.clone(),
            dialect: self.dialect.word().to_owned(),
            prefix: self.prefix.clone(),
            digest: self.digest.0.to_vec(),
            name: self.name.clone(),
            created_at: tx.now.nanos(),
            revoked_at: None,
        };
        let created = row();
        diesel::insert_into(api_key::table).values(row()).execute(tx.conn)?;
        created.read(line).map(KeyVerdict::Created)
    }
}

impl CreateKey {
    fn line(&self, tx: &mut Tx<'_>, sim_id: SimId, number: String) -> QueryResult<LineRow> {
        let known: Option<LineRow> = line::table
            .filter(line::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(line::sim_id.eq(sim_id.as_bytes().as_slice()))
            .filter(line::slot.eq(i32::from(self.slot)))
            .filter(line::number.eq(&number))
            .select(LineRow::as_select())
            .first(tx.conn)
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        let id: LineId = tx.id();
        let row = |number| LineRow {
            id: id.as_bytes().to_vec(),
            account_id: self.account_id.as_bytes().to_vec(),
            device_id: self.device_id.as_bytes().to_vec(),
            sim_id: sim_id.as_bytes().to_vec(),
            slot: i32::from(self.slot),
            number,
        };
        diesel::insert_into(line::table).values(row(number.clone())).execute(tx.conn)?;
        Ok(row(number))
    }
}
