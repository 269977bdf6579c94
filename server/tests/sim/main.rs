//! The seeded simulation: the real changes on SQLite in a memory file system, the real sessions and the real
//! phone engine, joined by faulty links in virtual time.
//!
//! `RELAY_SIM_SEEDS` says how many seeds (200), `RELAY_SIM_SEED` replays one. A failure prints its seed.

mod hub;
mod judge;
mod phone;
mod random;
mod simulation;
mod time;
mod traces;
