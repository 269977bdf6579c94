//! Ten tries a minute at pairing, per source address.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Tries a minute.
const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// Addresses remembered before those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts tries.
pub struct PairingTries(DefaultKeyedRateLimiter<IpAddr>);

impl Default for PairingTries {
    fn default() -> PairingTries {
        PairingTries(RateLimiter::keyed(Quota::per_minute(TRIES)))
    }
}

impl PairingTries {
    /// Counts one; the error says how long to wait.
    pub fn count(&self, address: IpAddr) -> Result<(), Duration> {
        if self.0.len() > REMEMBERED {
            self.0.retain_recent();
        }
        self.0
            .check_key(&network(address))
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// An IPv6 customer owns a /64: one of its addresses stands for all.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
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
