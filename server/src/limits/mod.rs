//! Limits at the door: governor, per address. It knows neither HTTP nor what the tries are for.

mod pairing_tries;

pub use pairing_tries::PairingTries;
