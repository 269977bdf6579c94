//! Relay Hub: the server. `ARCHITECTURE.md` at the root draws the rooms and who may call whom.

pub mod app;
pub mod cli;
pub mod clock;
mod commands;
pub mod config;
mod continuity;
pub mod control;
pub mod dialects;
mod http;
pub mod hub;
mod limits;
pub mod relay;
pub mod secrets;
mod sweeps;
pub mod telemetry;
pub mod webhooks;
