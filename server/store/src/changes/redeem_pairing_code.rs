//! A phone shows a pairing code.

use diesel::prelude::*;
use relay_domain::device::Course;
use relay_domain::pairing_code::{LIFETIME, MAX_WRONG_SECRETS};
use relay_domain::{AccountId, DeviceId};

use crate::effect::{Effect, EndReason};
use crate::lane::{Change, Tx};
use crate::rows::{broken, device as device_rows, id, signed32, unsigned32};
use crate::schema::{device, pairing};

/// Redeems a code.
#[derive(Debug, Clone)]
pub struct RedeemPairingCode {
    /// Public half.
    pub public: String,
    /// Keyed digest of the secret half.
    pub secret_digest: [u8; 32],
    /// The phone's model: the device's name where it has none.
    pub model: String,
}

/// A phone is paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paired {
    /// The device.
    pub device_id: DeviceId,
    /// Its owner.
    pub account_id: AccountId,
    /// The generation that its token must name; older tokens are dead.
    pub generation: u32,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedeemVerdict {
    /// Paired.
    Paired(Paired),
    /// No such code; which half is wrong is not told.
    Wrong,
    /// Used before.
    Used,
    /// Too old.
    Expired,
    /// Burnt by wrong secrets.
    Burnt,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pairing)]
struct PairingRow {
    id: Vec<u8>,
    device_id: Vec<u8>,
    secret_digest: Vec<u8>,
    expires_at: i64,
    wrong_secrets: i32,
    used_at: Option<i64>,
}

impl Change for RedeemPairingCode {
    type Verdict = RedeemVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<RedeemVerdict> {
        let found: Option<PairingRow> = pairing::table
            .filter(pairing::code.eq(&self.public))
            .order(pairing::id.desc())
            .select(PairingRow::as_select())
            .first(tx.conn)
            .optional()?;
        let Some(row) = found else { return Ok(RedeemVerdict::Wrong) };
        let this = pairing::table.filter(pairing::id.eq(row.id.as_slice()));
        if unsigned32("wrong_secrets", row.wrong_secrets)? >= MAX_WRONG_SECRETS {
            return Ok(RedeemVerdict::Burnt);
        }
        if row.secret_digest != self.secret_digest {
            diesel::update(this).set(pairing::wrong_secrets.eq(row.wrong_secrets + 1)).execute(tx.conn)?;
            return Ok(RedeemVerdict::Wrong);
        }
        // Only who knows the whole code learns what became of it.
        if row.used_at.is_some() {
            return Ok(RedeemVerdict::Used);
        }
        // No code lives so long: the clock was set back since, and would bring an old one to life.
        let unborn = row.expires_at > tx.now.plus(LIFETIME).nanos();
        if unborn || row.expires_at <= tx.now.nanos() {
            return Ok(RedeemVerdict::Expired);
        }
        // The device was deleted after the code was given out.
        let deleted =
            device_rows::load(tx.conn, id(&row.device_id)?)?.is_some_and(|row| row.deleted_at.is_some());
        if deleted {
            return Ok(RedeemVerdict::Wrong);
        }
        diesel::update(this).set(pairing::used_at.eq(tx.now.nanos())).execute(tx.conn)?;
        self.pair(tx, id(&row.device_id)?).map(RedeemVerdict::Paired)
    }
}

impl RedeemPairingCode {
    fn pair(&self, tx: &mut Tx<'_>, device_id: DeviceId) -> QueryResult<Paired> {
        let (Some(row), Some(mut stream)) = (device_rows::load(tx.conn, device_id)?, tx.stream(device_id)?)
        else {
            return Err(broken("pairing.device_id", "names no device"));
        };
        let generation = unsigned32("generation", row.generation)?.saturating_add(1);
        let name = if row.name.is_empty() { self.model.clone() } else { row.name };
        diesel::update(device::table.filter(device::id.eq(device_id.as_bytes().as_slice())))
            .set((
                device::generation.eq(signed32(generation)),
                device::name.eq(name),
                device::paired_at.eq(Some(tx.now.nanos())),
                device::revoked_at.eq(None::<i64>),
                device::leave_by.eq(None::<i64>),
            ))
            .execute(tx.conn)?;
        stream.paired = true;
        stream.connected = false;
        stream.course = Course::Serving;
        tx.put_stream(stream);
        // A session that an older token opened no longer speaks for the device.
        tx.effect(Effect::EndSession { device_id, generation, why: EndReason::PairedAnew });
        Ok(Paired { device_id, account_id: stream.account_id, generation })
    }
}
