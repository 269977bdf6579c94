//! What governor remembers of each key: one instant, in a map that does not outgrow its bound.
//!
//! Governor's own map grows with the number of keys that are under way, and a hostile network has as many addresses
//! as it likes. This one forgets, when it is full, those that have rested and then the lightest half of the others:
//! whoever pushes hardest is remembered longest. It can also be looked at without counting, which governor's cannot.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

/// A key, and whether asking for it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asked<K> {
    Counted(K),
    Looked(K),
}

/// The instants at which each key will have rested, governor's theoretical arrival times.
#[derive(Debug)]
pub(super) struct Tally<K> {
    rested_at: Mutex<HashMap<K, Nanos>>,
    /// Time that one request costs.
    interval: Nanos,
    most: usize,
}

impl<K: Eq + Hash> Tally<K> {
    /// For at most so many keys.
    pub(super) fn new(interval: Nanos, most: usize) -> Tally<K> {
        Tally { rested_at: Mutex::default(), interval, most }
    }

    /// A panic elsewhere leaves whole instants behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Nanos>> {
        self.rested_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> StateStore for Tally<K> {
    type Key = Asked<K>;

    fn measure_and_replace<T, F, E>(&self, asked: &Asked<K>, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut rested_at = self.lock();
        match asked {
            Asked::Looked(key) => decide(rested_at.get(key).copied()).map(|(outcome, _)| outcome),
            Asked::Counted(key) => {
                let known = rested_at.get(key).copied();
                let (outcome, next) = decide(known)?;
                if known.is_none() && rested_at.len() >= self.most {
                    // The first request of a key is due one interval from now.
                    make_room(&mut rested_at, next.saturating_sub(self.interval));
                }
                rested_at.insert(key.clone(), next);
                Ok(outcome)
            }
        }
    }
}

/// Forgets the rested, and half of the others if that is not enough: so that the next look at all of them is half a
/// map of newcomers away.
fn make_room<K: Eq + Hash>(rested_at: &mut HashMap<K, Nanos>, now: Nanos) {
    let full = rested_at.len();
    rested_at.retain(|_, instant| *instant > now);
    if rested_at.len() > full / 2 {
        let mut instants: Vec<Nanos> = rested_at.values().copied().collect();
        let middle = instants.len() / 2;
        let (_, middle, _) = instants.select_nth_unstable(middle);
        let middle = *middle;
        rested_at.retain(|_, instant| *instant > middle);
    }
}
