//! A key dies.

use diesel::prelude::*;
use relay_domain::KeyId;
use relay_domain::key::KeyDigest;

use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::broken;
use crate::schema::api_key;

/// Revokes a key; the verdict says whether there was one. Revoking twice keeps the first instant.
///
/// Keys are revoked by whoever runs the installation, so it is found by its id alone.
#[derive(Debug, Clone, Copy)]
pub struct RevokeKey {
    /// The key.
    pub key_id: KeyId,
}

impl Change for RevokeKey {
    type Verdict = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<bool> {
        let this = api_key::table.filter(api_key::id.eq(self.key_id.as_bytes().as_slice()));
        let digest: Option<Vec<u8>> = this.select(api_key::digest).first(tx.conn).optional()?;
        let Some(digest) = digest else { return Ok(false) };
        diesel::update(this.filter(api_key::revoked_at.is_null()))
            .set(api_key::revoked_at.eq(tx.now.nanos()))
            .execute(tx.conn)?;
        tx.hot.forget_keys();
        let digest = <[u8; 32]>::try_from(digest).map_err(|_| broken("digest", "is not 32 bytes"))?;
        tx.effect(Effect::KeyRevoked { digest: KeyDigest(digest) });
        Ok(true)
    }
}
