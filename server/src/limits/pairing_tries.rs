//! Ten tries a minute at pairing, per source address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::DefaultClock;

use super::Source;
use super::limit::{Limit, Rate};

/// Tries a minute, and at once.
const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");

/// Counts tries.
pub struct PairingTries(Limit<Source>);

impl Default for PairingTries {
    fn default() -> PairingTries {
        PairingTries(Limit::new(Rate::a_minute(TRIES.get(), TRIES), DefaultClock::default()))
    }
}

impl PairingTries {
    /// Counts one; the error says how long to wait.
    pub fn count(&self, address: IpAddr) -> Result<(), Duration> {
        self.0.count(Source::of(address)).map(drop).map_err(|refused| refused.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_of_an_address_waits_and_others_do_not() {
        let tries = PairingTries::default();
        let guesser: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff".parse().unwrap();
        (0..10).for_each(|_| tries.count(guesser).unwrap());
        assert!(tries.count(guesser).unwrap_err() > Duration::ZERO);
        assert!(tries.count(neighbour).is_err(), "one customer's /64 is one address");
        assert!(tries.count("192.0.2.7".parse().unwrap()).is_ok());
    }
}
