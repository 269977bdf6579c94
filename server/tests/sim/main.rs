//! The seeded simulation: the real changes on SQLite in a memory file system, the real sessions and the real
//! phone engine, joined by faulty links in virtual time.
//!
//! `RELAY_SIM_SEEDS` says how many seeds (1,000), `RELAY_SIM_SEED` replays one. A failure prints its seed.

mod coverage;
mod desk;
mod faults;
mod hub;
mod judge;
mod phone;
mod random;
mod receivers;
mod restoring;
mod simulation;
mod time;
mod traces;
mod webhooks;
