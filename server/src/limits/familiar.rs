//! Which sources have shown which keys rightly: they need not guess them.
//!
//! One program with a stale key behind an office's address uses up that address's wrong tries all day. Its neighbours
//! with good keys would be locked out with it; the door lets them in by this memory. Keys are remembered as a hash under
//! a secret of this process, and never told.

use std::hash::{BuildHasher as _, RandomState};

use moka::sync::Cache;

use super::Source;

/// Pairs remembered; the least used are forgotten first. A pair is a few dozen bytes.
const REMEMBERED: u64 = 20_000;

pub(super) struct Familiar {
    pairs: Cache<(Source, u64), ()>,
    hasher: RandomState,
}

impl Default for Familiar {
    fn default() -> Familiar {
        Familiar { pairs: Cache::new(REMEMBERED), hasher: RandomState::new() }
    }
}

impl Familiar {
    pub(super) fn remember(&self, source: Source, key: &str) {
        let pair = self.pair(source, key);
        // A look is cheaper than a write, and this happens with every request.
        if !self.pairs.contains_key(&pair) {
            self.pairs.insert(pair, ());
        }
    }

    pub(super) fn forget(&self, source: Source, key: &str) {
        self.pairs.invalidate(&self.pair(source, key));
    }

    pub(super) fn knows(&self, source: Source, key: &str) -> bool {
        self.pairs.get(&self.pair(source, key)).is_some()
    }

    fn pair(&self, source: Source, key: &str) -> (Source, u64) {
        (source, self.hasher.hash_one(key))
    }
}
