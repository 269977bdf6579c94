//! A simulated world for phones: the radio and its carrier, their faults, links that break, and whole fleets.
//!
//! Everything here but [`fleet`] is sans-IO, with seeded dice and the time as an argument, so that the hub's
//! simulation can drive it in virtual time and a driver in real time. The world outlives the phone's process,
//! as a carrier does: what falls due while the phone is dead waits, or is lost, as its profile says.

mod demo;
mod fate;
pub mod fleet;
mod inbox;
mod link;
mod profile;
mod world;

pub use demo::demo_sim;
pub use link::{LinkFault, SimLink};
pub use profile::{CarrierProfile, Chance, Rules};
pub use world::World;
