//! A device leaves the lists for good.

use diesel::prelude::*;
use relay_domain::key::KeyDigest;
use relay_domain::{AccountId, DeviceId, KeyId};

use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::{broken, device as device_rows, id};
use crate::schema::{api_key, device, line};

/// Deletes a device that no phone is paired with, and revokes the keys of its lines. Its messages, its inbound history
/// and its row stay: only lists and verbs do not know it any more. A paired phone is not deleted: revoking it, which
/// fails what it has queued, is a decision of its own.
#[derive(Debug, Clone, Copy)]
pub struct DeleteDevice {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteVerdict {
    /// Deleted.
    Deleted {
        /// Keys that lived until now.
        revoked: Vec<KeyId>,
    },
    /// A phone is paired: nothing was changed.
    StillPaired,
    /// The account has no such device, or has it no more.
    NoSuchDevice,
}

impl Change for DeleteDevice {
    type Verdict = DeleteVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<DeleteVerdict> {
        if device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?.is_none() {
            return Ok(DeleteVerdict::NoSuchDevice);
        }
        if tx.stream(self.device_id)?.is_some_and(|stream| stream.paired) {
            return Ok(DeleteVerdict::StillPaired);
        }
        diesel::update(device::table.filter(device::id.eq(self.device_id.as_bytes().as_slice())))
            .set(device::deleted_at.eq(tx.now.nanos()))
            .execute(tx.conn)?;
        Ok(DeleteVerdict::Deleted { revoked: self.revoke_keys(tx)? })
    }
}

impl DeleteDevice {
    fn revoke_keys(&self, tx: &mut Tx<'_>) -> QueryResult<Vec<KeyId>> {
        let lines = line::table
            .filter(line::device_id.eq(self.device_id.as_bytes().as_slice()))
            .select(line::id)
            .load::<Vec<u8>>(tx.conn)?;
        let living = api_key::table
            .filter(api_key::line_id.eq_any(lines))
            .filter(api_key::revoked_at.is_null())
            .select((api_key::id, api_key::digest))
            .load::<(Vec<u8>, Vec<u8>)>(tx.conn)?;
        let mut revoked = Vec::with_capacity(living.len());
        for (key, digest) in living {
            diesel::update(api_key::table.filter(api_key::id.eq(&key)))
                .set(api_key::revoked_at.eq(tx.now.nanos()))
                .execute(tx.conn)?;
            tx.hot.forget_keys();
            let digest = <[u8; 32]>::try_from(digest).map_err(|_| broken("digest", "is not 32 bytes"))?;
            tx.effect(Effect::KeyRevoked { digest: KeyDigest(digest) });
            revoked.push(id(&key)?);
        }
        Ok(revoked)
    }
}
