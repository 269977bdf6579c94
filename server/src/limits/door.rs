//! The door: what a source and a key may ask, before anything is done for them.
//!
//! A request passes three limits: its source's, counted before anybody looks at it; the source's wrong keys, looked at
//! before a key is tried and counted when it was wrong; and the key's own, counted when it was right. A refused request
//! costs nothing further.

use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use relay_domain::KeyId;

use super::Source;
use super::familiar::Familiar;
use super::limit::{Limit, Rate, Standing, TooMany};

/// What passes; none switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Requests of one key.
    pub key: Option<Rate>,
    /// Requests of one source.
    pub source: Option<Rate>,
    /// Wrong keys of one source.
    pub wrong_keys: Option<Rate>,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// The key's.
    Key,
    /// The source's.
    Source,
    /// The source's, for keys that were wrong.
    WrongKeys,
}

/// A request that is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub limited: Limited,
    /// How it stands with this limit.
    pub standing: Standing,
    /// Time until one is heard.
    pub wait: Duration,
}

impl Refused {
    fn by(limited: Limited) -> impl Fn(TooMany) -> Refused {
        move |TooMany { standing, wait }| Refused { limited, standing, wait }
    }
}

/// The limits of one hub.
pub struct Door<C: Clock = DefaultClock> {
    keys: Limit<KeyId, C>,
    sources: Limit<Source, C>,
    wrong_keys: Limit<Source, C>,
    familiar: Familiar,
}

impl Door {
    /// With these limits, by the process's monotonic clock.
    pub fn new(rates: Rates) -> Door {
        Door::with_clock(rates, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Door<C> {
    /// With these limits, by this clock.
    pub fn with_clock(rates: Rates, clock: C) -> Door<C> {
        Door {
            keys: Limit::new(rates.key, clock.clone()),
            sources: Limit::new(rates.source, clock.clone()),
            wrong_keys: Limit::new(rates.wrong_keys, clock),
            familiar: Familiar::default(),
        }
    }

    /// Counts a request of a source.
    pub fn knock(&self, source: Source) -> Result<(), Refused> {
        self.sources.count(source).map(drop).map_err(Refused::by(Limited::Source))
    }

    /// Whether the source may try this key. A source that was wrong too often may still show the keys that it has
    /// shown rightly before.
    pub fn may_try(&self, source: Source, key: &str) -> Result<(), Refused> {
        match self.wrong_keys.look(source) {
            Err(_) if self.familiar.knows(source, key) => Ok(()),
            looked => looked.map_err(Refused::by(Limited::WrongKeys)),
        }
    }

    /// The key that was tried is wrong. Tries at the same time may take a source past its limit by as many.
    pub fn was_wrong(&self, source: Source, key: &str) {
        self.familiar.forget(source, key);
        let _past_the_limit_already = self.wrong_keys.count(source);
    }

    /// The key that was tried is right.
    pub fn was_right(&self, source: Source, key: &str) {
        self.familiar.remember(source, key);
    }

    /// Counts a request of a key; how it stands now, unless keys are not limited.
    pub fn enter(&self, key: KeyId) -> Result<Option<Standing>, Refused> {
        self.keys.count(key).map_err(Refused::by(Limited::Key))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn source(last: u8) -> Source {
        Source::of([192, 0, 2, last].into())
    }

    fn door() -> (Door<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let burst = |n| NonZeroU32::new(n).unwrap();
        let rates = Rates {
            key: Rate::a_second(1, burst(2)),
            source: Rate::a_second(2, burst(4)),
            wrong_keys: Rate::a_minute(30, burst(3)),
        };
        (Door::with_clock(rates, clock.clone()), clock)
    }

    #[test]
    fn sources_and_keys_are_counted_apart() {
        let (door, clock) = door();
        let key = KeyId::from_bytes([7; 16]);
        (0..4).for_each(|_| door.knock(source(1)).unwrap());
        let refused = door.knock(source(1)).unwrap_err();
        assert_eq!((refused.limited, refused.wait), (Limited::Source, Duration::from_millis(500)));
        door.knock(source(2)).unwrap();
        assert_eq!(door.enter(key).unwrap().unwrap().remaining, 1);
        assert_eq!(door.enter(key).unwrap().unwrap().remaining, 0);
        let refused = door.enter(key).unwrap_err();
        assert_eq!((refused.limited, refused.wait), (Limited::Key, Duration::from_secs(1)));
        door.enter(KeyId::from_bytes([8; 16])).unwrap();
        clock.advance(Duration::from_secs(1));
        door.enter(key).unwrap();
        door.knock(source(1)).unwrap();
    }

    #[test]
    fn a_guesser_is_slowed_and_a_neighbour_with_a_known_key_is_not() {
        let (door, clock) = door();
        door.may_try(source(1), "good").unwrap();
        door.was_right(source(1), "good");
        for guess in ["a", "b", "c"] {
            door.may_try(source(1), guess).unwrap();
            door.was_wrong(source(1), guess);
        }
        let refused = door.may_try(source(1), "d").unwrap_err();
        assert_eq!((refused.limited, refused.wait), (Limited::WrongKeys, Duration::from_secs(2)));
        door.may_try(source(1), "good").unwrap();
        door.may_try(source(2), "good").unwrap();
        clock.advance(Duration::from_secs(2));
        door.may_try(source(1), "d").unwrap();
        door.was_wrong(source(1), "d");
        assert!(door.may_try(source(1), "e").is_err(), "one try came back in the two seconds");
    }

    #[test]
    fn a_known_key_that_turned_wrong_is_a_guess_like_any_other() {
        let (door, _) = door();
        door.was_right(source(1), "revoked");
        for _ in 0..3 {
            door.may_try(source(1), "revoked").unwrap();
            door.was_wrong(source(1), "revoked");
        }
        assert!(door.may_try(source(1), "revoked").is_err());
        assert!(door.may_try(source(2), "revoked").is_ok());
    }
}
