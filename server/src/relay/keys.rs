//! API keys: drawn, shown once, looked up on every request, revoked.
//!
//! Only a keyed digest of a key is kept. [`KeyCache`] remembers the living ones, so that a request costs no read;
//! a revocation empties its place at once, and a look-up that raced with one leaves nothing behind.

mod cache;

use std::sync::Arc;

use rand::distr::{Alphanumeric, SampleString as _};
use relay_domain::key::{Dialect, Key, KeyDigest};
use relay_domain::line::Line;
use relay_domain::{AccountId, DeviceId, KeyId};
use relay_store::changes::{CreateKey, KeyVerdict, RevokeKey};
use relay_store::queries::{FindKey, ListKeys};

pub use cache::KeyCache;

use super::accounts::{BadName, check_name};
use super::{Relay, Trouble};

/// Random characters of a key: 44 of 62 kinds carry 262 bits.
const RANDOM_CHARS: usize = 44;
/// Random characters that people see of it afterwards.
const SHOWN_CHARS: usize = 8;
/// Keeps these digests apart from those of pairing codes.
const DIGEST_PURPOSE: &str = "api-key";

/// Who a request speaks for: a living key and its line. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(Arc<Key>);

impl Principal {
    pub(crate) fn new(key: Key) -> Principal {
        Principal(Arc::new(key))
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.0
    }

    /// What it is bound to.
    pub fn line(&self) -> &Line {
        &self.0.line
    }

    /// Whose it is.
    pub fn account_id(&self) -> AccountId {
        self.0.line.account_id
    }
}

/// A new key, with the secret that is shown once.
pub struct CreatedKey {
    /// As it is kept.
    pub key: Key,
    /// The whole key.
    pub secret: String,
}

/// Why no key was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateKeyError {
    /// The name.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The account has no such device.
    #[error("there is no such device: `relay-hub device list` shows those there are")]
    NoSuchDevice,
    /// Nothing sits in the slot.
    #[error(
        "no SIM is in slot {0}: a key is bound to the SIM that a slot holds; `relay-hub device list` shows them"
    )]
    EmptySlot(u8),
    /// The SIM tells no number.
    #[error("the SIM in slot {0} does not tell its number: set it with `relay-hub device sim set` first")]
    NumberUnknown(u8),
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why a key was not revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevokeKeyError {
    /// There is none.
    #[error("there is no such key: `relay-hub key list` shows those there are")]
    NoSuchKey,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

/// Why nobody is spoken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown or revoked: the two look alike.
    #[error("the API key is unknown or was revoked")]
    Unknown,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Draws a key bound to the line that a device's slot is now.
    pub async fn create_key(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        slot: u8,
        dialect: Dialect,
        name: &str,
    ) -> Result<CreatedKey, CreateKeyError> {
        let name = check_name(name)?;
        let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM_CHARS);
        let prefix = format!("{}{}", dialect.key_prefix(), &random[..SHOWN_CHARS]);
        let secret = format!("{}{random}", dialect.key_prefix());
        let digest = self.digest_of(&secret);
        let change = CreateKey { account_id, device_id, slot, dialect, name, prefix, digest };
        match self.lane.api(change).await.map_err(Trouble::from)? {
            KeyVerdict::Created(key) => Ok(CreatedKey { key, secret }),
            KeyVerdict::NoSuchDevice => Err(CreateKeyError::NoSuchDevice),
            KeyVerdict::EmptySlot => Err(CreateKeyError::EmptySlot(slot)),
            KeyVerdict::NumberUnknown => Err(CreateKeyError::NumberUnknown(slot)),
        }
    }

    /// Keys, oldest first, the revoked ones too: an account's, or all for whoever runs the installation.
    pub async fn list_keys(&self, account_id: Option<AccountId>) -> Result<Vec<Key>, Trouble> {
        Ok(self.reads.ask(ListKeys { account_id }).await?)
    }

    /// Revokes a key. When this answers, no request of this process passes with it any more; revoking twice is
    /// no error.
    pub async fn revoke_key(&self, key_id: KeyId) -> Result<(), RevokeKeyError> {
        let existed = self.lane.api(RevokeKey { key_id }).await.map_err(Trouble::from)?;
        // The effect does the same from the lane, but may come a moment after this answer.
        self.keys.forget_id(key_id);
        if existed { Ok(()) } else { Err(RevokeKeyError::NoSuchKey) }
    }

    /// Whom this secret speaks for.
    pub async fn authenticate(&self, secret: &str) -> Result<Principal, AuthenticateError> {
        if !looks_like_a_key(secret) {
            return Err(AuthenticateError::Unknown);
        }
        let digest = self.digest_of(secret);
        if let Some(known) = self.keys.get(&digest) {
            return Ok(known);
        }
        let reading = self.keys.begin_read();
        let found = self.reads.ask(FindKey(digest)).await.map_err(Trouble::from)?;
        let living = found.filter(|key| key.revoked_at.is_none()).ok_or(AuthenticateError::Unknown)?;
        let principal = Principal::new(living);
        self.keys.remember(reading, digest, &principal);
        Ok(principal)
    }

    fn digest_of(&self, secret: &str) -> KeyDigest {
        KeyDigest(self.secrets.digest(DIGEST_PURPOSE, secret))
    }
}

/// What cannot be a key costs no read.
fn looks_like_a_key(secret: &str) -> bool {
    let random = Dialect::ALL.into_iter().find_map(|dialect| secret.strip_prefix(dialect.key_prefix()));
    random.is_some_and(|random| {
        random.len() == RANDOM_CHARS && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_key_is_told_without_asking_the_store() {
        let good = format!("rlyn_{}", "aB3".repeat(15).get(..RANDOM_CHARS).unwrap());
        assert!(looks_like_a_key(&good));
        for bad in
            ["", "rlyn_", &good[1..], &good[..good.len() - 1], &format!("{good}x"), &good.replace('B', "-")]
        {
            assert!(!looks_like_a_key(bad), "{bad}");
        }
    }
}
