//! The contract of the store: what every backend keeps, through the public interface alone, on a clock that the
//! tests turn. `bench` is the only file here that names a backend.

mod acceptance;
mod bench;
mod conversations;
mod deletions;
mod events;
mod files;
mod keys;
mod lane;
mod leaving;
mod lists;
mod pairing;
mod plans;
mod reinstalled;
mod requests;
mod restoring;
mod sessions;
mod sims;
mod sweeping;
mod sweeps;
mod turns;
mod walls;
mod webhooks;
