//! Rows that nearly every change reads: kept from batch to batch, and written once a batch.
//!
//! What is kept is what the database says, as long as nobody else writes: `writer` forgets all of it when another
//! connection has, and when a batch was taken back.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use diesel::QueryResult;
use relay_domain::account::Account;
use relay_domain::allocate::Readiness;
use relay_domain::device::{Course, Restored};
use relay_domain::message::Priority;
use relay_domain::plan::Quota;
use relay_domain::webhook::Webhook;
use relay_domain::{AccountId, DeviceId, JournalId, KeyId, Timestamp};

use crate::backend::Conn;
use crate::rows;

/// The row that serialises everything about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) device_id: DeviceId,
    pub(crate) account_id: AccountId,
    /// A phone holds a valid token.
    pub(crate) paired: bool,
    /// Number of the newest session; incarnation × 2³² + counter.
    pub(crate) epoch: u64,
    /// That session is open.
    pub(crate) connected: bool,
    pub(crate) stalled: bool,
    pub(crate) paused: bool,
    pub(crate) journal: Option<JournalId>,
    /// U: events stored.
    pub(crate) up: u64,
    /// N: highest `down_seq` given out.
    pub(crate) down: u64,
    /// H of the open session's hello: nothing is allocated before `up` has reached it.
    pub(crate) resume_head: u64,
    pub(crate) max_pending: u32,
    /// Dispatched to the journal and neither ended nor uncertain.
    pub(crate) in_flight: u32,
    /// Queued, whatever it waits for.
    pub(crate) queued: u32,
    pub(crate) quota: Quota,
    /// The bucket's arrival time.
    pub(crate) arrival: Timestamp,
    /// The current turn of the round robin between keys, for each priority class.
    pub(crate) turns: [i64; 3],
    pub(crate) last_seen_at: Option<Timestamp>,
    /// What an operator has decided about the phone.
    pub(crate) course: Course,
    /// What a restore has left to be done.
    pub(crate) restored: Restored,
}

impl Stream {
    /// A session is open and has been heard to the end of what its hello announced.
    pub(crate) fn live(&self) -> bool {
        self.connected && self.up >= self.resume_head
    }

    /// What allocation looks at.
    pub(crate) fn readiness(&self) -> Readiness {
        Readiness {
            live: self.live(),
            stalled: self.stalled,
            paused: self.paused || self.course != Course::Serving,
            in_flight: self.in_flight,
            max_pending: self.max_pending,
            quota: self.quota,
            arrival: self.arrival,
        }
    }
}

/// Where a key stands in a device's round robin.
pub(crate) type TurnKey = (DeviceId, KeyId, Priority);

/// A counter of accepted messages: account and month (year × 100 + month).
pub(crate) type UsageKey = (AccountId, i32);

/// Rows of a kind that are kept: those of a fleet that one hub can hold. Beyond it all are forgotten, and read again as
/// they are needed.
const MOST_KEPT: usize = 65_536;

#[derive(Default)]
pub(crate) struct Hot {
    streams: Kept<DeviceId, Stream>,
    usage: Kept<UsageKey, i64>,
    turns: Kept<TurnKey, i64>,
    // Never written from here: whoever writes them says so.
    accounts: HashMap<AccountId, Account>,
    sims: HashMap<DeviceId, Vec<rows::sim::SimRow>>,
    living_keys: HashSet<KeyId>,
    webhooks: HashMap<AccountId, Arc<[Webhook]>>,
}

/// Values that are written once a batch, however often they change in it.
struct Kept<K, V> {
    values: HashMap<K, V>,
    dirty: HashSet<K>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Kept<K, V> {
        Kept { values: HashMap::new(), dirty: HashSet::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Kept<K, V> {
    fn get(&self, key: K) -> Option<V> {
        self.values.get(&key).copied()
    }

    fn read(&mut self, key: K, value: V) {
        self.values.insert(key, value);
    }

    fn put(&mut self, key: K, value: V) {
        self.values.insert(key, value);
        self.dirty.insert(key);
    }

    fn flush(&mut self, mut store: impl FnMut(K, V) -> QueryResult<()>) -> QueryResult<()> {
        for key in self.dirty.drain() {
            if let Some(value) = self.values.get(&key) {
                store(key, *value)?;
            }
        }
        if self.values.len() > MOST_KEPT {
            self.values.clear();
        }
        Ok(())
    }
}

impl Hot {
    pub(crate) fn stream(&mut self, conn: &mut Conn, device: DeviceId) -> QueryResult<Option<Stream>> {
        if let Some(kept) = self.streams.get(device) {
            return Ok(Some(kept));
        }
        let loaded = rows::stream::load(conn, device)?;
        if let Some(value) = loaded {
            self.streams.read(device, value);
        }
        Ok(loaded)
    }

    pub(crate) fn put_stream(&mut self, stream: Stream) {
        self.streams.put(stream.device_id, stream);
    }

    /// The turn after the key's last one, no earlier than the device's current one; it is the key's last from now on.
    pub(crate) fn next_turn(
        &mut self,
        conn: &mut Conn,
        stream: &Stream,
        key: KeyId,
        priority: Priority,
    ) -> QueryResult<i64> {
        let of = (stream.device_id, key, priority);
        let last = match self.turns.get(of) {
            Some(kept) => Some(kept),
            None => rows::key_turn::load(conn, of)?,
        };
        let current = stream.turns[priority as usize];
        let turn = last.map_or(current, |last| current.max(last.saturating_add(1)));
        self.turns.put(of, turn);
        Ok(turn)
    }

    pub(crate) fn account(&mut self, conn: &mut Conn, account: AccountId) -> QueryResult<Option<&Account>> {
        if !self.accounts.contains_key(&account)
            && let Some(loaded) = rows::account::load(conn, account)?
        {
            self.accounts.insert(account, loaded);
        }
        Ok(self.accounts.get(&account))
    }

    /// The account was written: what is kept of it is old.
    pub(crate) fn forget_account(&mut self, account: AccountId) {
        self.accounts.remove(&account);
    }

    pub(crate) fn usage(&mut self, conn: &mut Conn, key: UsageKey) -> QueryResult<i64> {
        if let Some(kept) = self.usage.get(key) {
            return Ok(kept);
        }
        let value = rows::usage::load(conn, key)?;
        self.usage.read(key, value);
        Ok(value)
    }

    pub(crate) fn put_usage(&mut self, key: UsageKey, value: i64) {
        self.usage.put(key, value);
    }

    pub(crate) fn sims(&mut self, conn: &mut Conn, device: DeviceId) -> QueryResult<&[rows::sim::SimRow]> {
        use std::collections::hash_map::Entry;
        match self.sims.entry(device) {
            Entry::Occupied(kept) => Ok(kept.into_mut()),
            Entry::Vacant(empty) => Ok(empty.insert(rows::sim::load(conn, device)?)),
        }
    }

    /// The device's SIMs were written: what is kept of them is old.
    pub(crate) fn forget_sims(&mut self, device: DeviceId) {
        self.sims.remove(&device);
    }

    /// Whether the key is there and was not revoked.
    pub(crate) fn key_lives(&mut self, conn: &mut Conn, key: KeyId) -> QueryResult<bool> {
        let lives = self.living_keys.contains(&key) || rows::key::lives(conn, key)?;
        if lives {
            self.living_keys.insert(key);
        }
        Ok(lives)
    }

    /// Keys were revoked.
    pub(crate) fn forget_keys(&mut self) {
        self.living_keys.clear();
    }

    /// The account's webhooks that are told of something, or will be.
    pub(crate) fn webhooks(&mut self, conn: &mut Conn, account: AccountId) -> QueryResult<Arc<[Webhook]>> {
        if let Some(kept) = self.webhooks.get(&account) {
            return Ok(Arc::clone(kept));
        }
        let loaded: Arc<[Webhook]> = rows::webhook::load_of_account(conn, account)?.into();
        self.webhooks.insert(account, Arc::clone(&loaded));
        Ok(loaded)
    }

    /// A webhook of the account was written.
    pub(crate) fn forget_webhooks(&mut self, account: AccountId) {
        self.webhooks.remove(&account);
    }

    /// For a change that writes rows of these tables by the thousand: what is kept is written, and then forgotten.
    pub(crate) fn give_way(&mut self, conn: &mut Conn) -> QueryResult<()> {
        self.flush(conn)?;
        *self = Hot::default();
        Ok(())
    }

    /// Writes what has changed.
    pub(crate) fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        self.streams.flush(|_, stream| rows::stream::store(conn, &stream))?;
        self.usage.flush(|key, value| rows::usage::store(conn, key, value))?;
        self.turns.flush(|key, value| rows::key_turn::store(conn, key, value))?;
        let kept = [self.accounts.len(), self.sims.len(), self.living_keys.len(), self.webhooks.len()];
        if kept.into_iter().any(|kept| kept > MOST_KEPT) {
            self.accounts.clear();
            self.webhooks.clear();
            self.sims.clear();
            self.living_keys.clear();
        }
        Ok(())
    }
}
