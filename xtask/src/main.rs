//! `cargo xtask`: argv to work, nothing else. What is done is in `steps`, what it takes in `needs` and `python`, and what came
//! of it in `summary`. `sabotage` breaks the code on purpose. What measures is a program of its own, `server/bench`.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on standard output")]

mod needs;
mod python;
mod sabotage;
mod steps;
mod summary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything that a change to Relay Hub has to pass.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Every test there is: format, lints, build, tests. Ends with `N passed, N failed, N skipped`.
    Test(steps::TestOptions),
    /// Breaks a copy of the code in every way that `docs/breaks` knows, and wants each time the named test red.
    Sabotage(sabotage::SabotageOptions),
    /// Measures the hub against ceilings of the same run (`cargo xtask bench --help` tells the options).
    #[command(disable_help_flag = true)]
    Bench {
        /// What the measuring program takes.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        words: Vec<String>,
    },
    /// The same as CI: installs what is missing with apt-get, then `test`.
    Ci,
}

fn main() -> ExitCode {
    let passed = match Arguments::parse().work {
        Work::Test(options) => steps::test(&options),
        Work::Sabotage(options) => sabotage::sabotage(steps::root(), &options),
        Work::Bench { words } => steps::bench(&words),
        Work::Ci => steps::ci(),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
