//! `relay-bench`: measures the hub against ceilings of the same run. argv to work, nothing else.
//!
//! `row` has one file a figure; each puts together a hub (the real binary), loads (`load`) and ceilings (`ceiling`),
//! which are this same program in other roles, each a process of its own, so that what they cost is not counted as the
//! hub's. `run` repeats and interleaves, `report` tells.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on standard output")]

mod ceiling;
mod child;
mod clock;
mod history;
mod hub;
mod judge;
mod load;
mod report;
mod row;
mod run;
mod seed;
mod stats;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Relay Hub. Everything runs on this machine, in scratch folders that go away.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    #[command(flatten)]
    run: run::RunOptions,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program is for another of its kind. Each tells of itself in lines of JSON.
#[derive(Debug, Subcommand)]
enum Role {
    /// Posts messages.
    #[command(hide = true)]
    Load(load::posts::LoadOptions),
    /// Phones.
    #[command(hide = true)]
    Fleet(load::fleet::FleetOptions),
    /// Phones, and posters that never have more than so many messages under way.
    #[command(hide = true)]
    Life(load::life::LifeOptions),
    /// Takes webhooks.
    #[command(hide = true)]
    Receiver,
    /// Bare WebSocket clients.
    #[command(hide = true)]
    Dial(load::dial::DialOptions),
    /// Something that does a part of the hub's work and nothing else.
    #[command(hide = true, subcommand)]
    Ceiling(ceiling::CeilingKind),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.role {
        None => run::run(&arguments.run),
        Some(Role::Load(options)) => load::posts::run(&options),
        Some(Role::Fleet(options)) => load::fleet::run(&options),
        Some(Role::Life(options)) => load::life::run(&options),
        Some(Role::Receiver) => load::receiver::run(),
        Some(Role::Dial(options)) => load::dial::run(&options),
        Some(Role::Ceiling(kind)) => ceiling::run(&kind),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
