//! Living keys, remembered: bounded, emptied by revocations, never refilled by a look-up that raced with one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use relay_domain::KeyId;
use relay_domain::key::KeyDigest;
use relay_store::{Announce, Effect};

use super::Principal;

/// Keys remembered: some kilobytes each way, and more than one machine's customers use at once.
const MOST_KEYS: u64 = 10_000;
/// Effects may be dropped, so nothing is believed for longer than this without a look.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// Remembers living keys by their digests. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct KeyCache(Arc<Memory>);

struct Memory {
    living: Cache<KeyDigest, Principal>,
    /// Revocations seen. Held for one comparison with one insertion, or one count with one removal; never across
    /// a read, so the lane's thread, which calls [`KeyCache::forget`], waits for no I/O.
    revocations: Mutex<u64>,
}

/// How many revocations had been seen when a look-up began to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading(u64);

impl Default for KeyCache {
    fn default() -> KeyCache {
        let living = Cache::builder().max_capacity(MOST_KEYS).time_to_live(BELIEVED_FOR).build();
        KeyCache(Arc::new(Memory { living, revocations: Mutex::new(0) }))
    }
}

impl KeyCache {
    /// The living key with this digest, if it is remembered.
    pub(super) fn get(&self, digest: &KeyDigest) -> Option<Principal> {
        self.0.living.get(digest)
    }

    /// Called before the database is read.
    pub(super) fn begin_read(&self) -> Reading {
        Reading(*self.revocations())
    }

    /// Remembers what was read, unless any key was revoked since: the row may be older than that.
    pub(super) fn remember(&self, reading: Reading, digest: KeyDigest, principal: &Principal) {
        let revocations = self.revocations();
        if *revocations == reading.0 {
            self.0.living.insert(digest, principal.clone());
        }
    }

    /// Forgets a key, and what is being read of it now.
    fn forget(&self, digest: &KeyDigest) {
        let mut revocations = self.revocations();
        *revocations += 1;
        self.0.living.invalidate(digest);
    }

    /// The same, for a caller that knows only the key's id. Rare, so it may look at all of them.
    pub(in crate::relay) fn forget_id(&self, key_id: KeyId) {
        let mut revocations = self.revocations();
        *revocations += 1;
        let dead: Vec<_> = self.0.living.iter().filter(|(_, known)| known.key().id == key_id).collect();
        dead.iter().for_each(|(digest, _)| self.0.living.invalidate(&**digest));
    }

    fn revocations(&self) -> MutexGuard<'_, u64> {
        // A number is whole whatever panicked beside it.
        self.0.revocations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Announce for KeyCache {
    fn announce(&self, effect: Effect) {
        match effect {
            Effect::KeyRevoked { digest } => self.forget(&digest),
            Effect::Dispatched { .. }
            | Effect::Wake { .. }
            | Effect::Scheduled { .. }
            | Effect::EndSession { .. }
            | Effect::Reconnect { .. }
            | Effect::CommandWaits { .. }
            | Effect::NoticeWaits { .. }
            | Effect::WebhookChanged { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use relay_domain::key::{Dialect, Key};
    use relay_domain::line::Line;
    use relay_domain::{AccountId, DeviceId, LineId, SimId, Timestamp};

    use super::*;

    const DIGEST: KeyDigest = KeyDigest([7; 32]);

    fn principal() -> Principal {
        let line = Line {
            id: LineId::from_bytes([1; 16]),
            account_id: AccountId::from_bytes([2; 16]),
            device_id: DeviceId::from_bytes([3; 16]),
            slot: 0,
            sim_id: SimId::from_bytes([4; 16]),
            number: "+639171234567".into(),
        };
        Principal::new(Key {
            id: KeyId::from_bytes([5; 16]),
            dialect: Dialect::Relayion,
            prefix: "rlyn_abcdefgh".into(),
            name: "shop".into(),
            line,
            created_at: Timestamp::EPOCH,
            revoked_at: None,
        })
    }

    #[test]
    fn a_remembered_key_is_forgotten_with_its_revocation() {
        for revoke in
            [(|cache| cache.announce(Effect::KeyRevoked { digest: DIGEST })) as fn(&KeyCache), |cache| {
                cache.forget_id(KeyId::from_bytes([5; 16]))
            }]
        {
            let cache = KeyCache::default();
            cache.remember(cache.begin_read(), DIGEST, &principal());
            assert_eq!(cache.get(&DIGEST), Some(principal()));
            revoke(&cache);
            assert_eq!(cache.get(&DIGEST), None);
        }
    }

    #[test]
    fn a_look_up_that_raced_with_a_revocation_remembers_nothing() {
        let cache = KeyCache::default();
        let reading = cache.begin_read();
        // The database was read here: the key lives. Then it dies, and the look-up goes on.
        cache.announce(Effect::KeyRevoked { digest: DIGEST });
        cache.remember(reading, DIGEST, &principal());
        assert_eq!(cache.get(&DIGEST), None);
    }

    #[test]
    fn other_effects_forget_nothing() {
        let cache = KeyCache::default();
        cache.remember(cache.begin_read(), DIGEST, &principal());
        cache.announce(Effect::Wake { device_id: DeviceId::from_bytes([3; 16]) });
        assert!(cache.get(&DIGEST).is_some());
    }
}
