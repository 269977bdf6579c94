//! The phone's side of the hub, without Android: what a phone remembers, decides, says and sends.
//!
//! Three layers, from the inside out. [`engine`] and [`book`] are pure: facts and instants in, outputs out; no
//! clock, no dice, no file, no socket. [`journal`] keeps what the engine says on disk or in memory and
//! [`handset`] joins the two, so that nothing leaves a phone before what it rests on is durable. [`driver`]
//! and [`link`] run a handset over a real socket. [`sim`] plays the radio, the carrier and their faults in
//! virtual time, so that the same phone serves demos, load and the seeded simulation.
//!
//! The crate knows the wire (`device_protocol`) and nothing of the hub.

pub mod book;
pub mod clock;
pub mod driver;
pub mod engine;
pub mod handset;
pub mod journal;
pub mod link;
pub mod pairing;
pub mod radio;
pub mod sim;
pub mod witness;

pub use driver::{Identity, Phone, PhoneConfig, PhoneHandle, PhoneState, Storage};
pub use pairing::{Pairing, pair};
