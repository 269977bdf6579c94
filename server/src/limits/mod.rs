//! Limits at the door: governor, per key and per source address. It knows neither HTTP nor what is asked for; its
//! clock is an argument.

mod door;
mod familiar;
mod limit;
mod pairing_tries;
mod source;
mod tally;

pub use door::{Door, Limited, Rates, Refused};
pub use limit::{Rate, Standing};
pub use pairing_tries::PairingTries;
pub use source::Source;
