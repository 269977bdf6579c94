//! The command line: what an operator types. Each command is a file; `account`, `plan`, `device`, `held`, `key` and `webhook` ask a
//! verb of the running hub, or of the store itself when no hub runs.

mod account;
mod backup;
mod demo;
mod device;
mod doctor;
mod exit;
mod held;
mod key;
mod manage;
mod migrate;
mod openapi;
mod output;
mod restore;
mod serve;
mod settings;
mod signals;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::{self, ReadError};

const ABOUT: &str = "Sends and receives SMS through a fleet of Android phones";

const EXAMPLES: &str = "\
First steps:
  relay-hub demo                                           see everything, with simulated phones
  relay-hub serve                                          start the hub (http://127.0.0.1:8080)
  relay-hub doctor                                         is this machine good for it? says the remedy
  relay-hub serve --config relay-hub.toml --check          what holds of flags, environment and file
  relay-hub account create \"Corner Shop\" --plan starter    a customer
  relay-hub device pair-code --name \"Office Phone 1\"       a code to type into the phone
  relay-hub device list                                    the phone is online, its SIMs are known
  relay-hub device sim set \"Office Phone 1\" 0 +639171234567   where a SIM does not tell its number
  relay-hub key create \"Office Phone 1\" --slot 0           the API key, shown once
  relay-hub webhook create https://hooks.example.com/sms --events inbound.received   be told what arrives
  relay-hub account usage                                  who has sent how much this month
  relay-hub plan set \"Corner Shop\" pro                     another plan, at once

Later:
  relay-hub backup /backups/relay-2026-11-26               a copy, while the hub runs
  relay-hub restore --from /backups/relay-2026-11-26       back from it, with the hub stopped
  relay-hub held list                                      what waits for its phone since a restore
  relay-hub device unpair \"Office Phone 1\"                a phone leaves, and loses nothing
  relay-hub device replace \"Office Phone 1\"               another phone takes its place

Accounts, devices and keys are named by id, by name, or by the start of an id; webhooks by id, its start, or URL.

Exit codes:
  0  done
  1  failed: the message says why
  2  wrong usage, or a setting that cannot be
  3  something that was named does not exist
  4  the data directory is held by a hub that does not answer, or the port or the directory is taken";

#[derive(Parser)]
#[command(name = "relay-hub", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 110)]
#[command(propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the hub until it is told to stop
    Serve(serve::Serve),
    /// Show everything on this machine: a hub, three simulated phones, and lines to paste
    Demo(demo::Demo),
    /// Look whether this machine is good for a hub, and say what to do where it is not
    ///
    /// It takes the settings of `serve` from flags, environment and file: give it the same. Nothing is changed, and
    /// a hub that runs is only asked.
    Doctor(doctor::Doctor),
    /// Print every setting, or a settings file to start from
    Settings(settings::Settings),
    /// Bring the database up to date without starting the hub
    Migrate(migrate::Migrate),
    /// Copy database and secrets into a folder, while the hub runs or not
    Backup(backup::Backup),
    /// Make a hub of a backup, or of files that were put back by hand
    Restore(restore::Restore),
    /// Describe an API (OpenAPI 3.1), for programs that write clients
    Openapi(openapi::OpenApi),
    /// Customers
    #[command(subcommand)]
    Account(account::Account),
    /// What accounts and single devices may send
    #[command(subcommand)]
    Plan(account::plan::PlanCommand),
    /// Phones
    #[command(subcommand)]
    Device(device::Device),
    /// Messages that are held since the hub was restored
    #[command(subcommand)]
    Held(held::Held),
    /// API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Events that are posted to customers' programs
    #[command(subcommand)]
    Webhook(webhook::Webhook),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let read = config::read(Line::command(), &words).and_then(|(matches, told)| {
        let line = Line::from_arg_matches(&matches).map_err(ReadError::Usage)?;
        Ok((line, told))
    });
    let (line, told) = match read {
        Ok(read) => read,
        Err(error) => return refused(error).into(),
    };
    match line.command {
        Command::Serve(serve) => serve::run(serve, &told),
        Command::Demo(demo) => demo::run(demo),
        Command::Doctor(doctor) => doctor::run(&doctor, Ok(&told)),
        Command::Settings(settings) => settings::run(&settings),
        Command::Migrate(migrate) => migrate::run(&migrate),
        Command::Backup(backup) => backup::run(&backup),
        Command::Restore(restore) => restore::run(&restore),
        Command::Openapi(openapi) => openapi::run(&openapi),
        Command::Account(account) => account::run(account),
        Command::Plan(plan) => account::plan::run(plan),
        Command::Device(device) => device::run(device),
        Command::Held(held) => held::run(held),
        Command::Key(key) => key::run(key),
        Command::Webhook(webhook) => webhook::run(webhook),
    }
    .into()
}

/// Says why there is nothing to run.
fn refused(error: ReadError) -> exit::Exit {
    match error {
        ReadError::Usage(error) => {
            // Help and version are answers, the rest goes to standard error; a closed pipe changes neither.
            let _closed = error.print();
            if error.use_stderr() { exit::Exit::Usage } else { exit::Exit::Done }
        }
        ReadError::File { problem, without } => match Line::from_arg_matches(&without) {
            // A settings file that cannot be is what a doctor is there to tell.
            Ok(Line { command: Command::Doctor(doctor) }) => doctor::run(&doctor, Err(&problem)),
            Ok(_) | Err(_) => {
                output::complain(problem);
                exit::Exit::Usage
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Line::command().debug_assert();
    }

    #[test]
    fn every_example_of_the_help_is_understood() {
        for example in EXAMPLES.lines().filter(|line| line.trim_start().starts_with("relay-hub")) {
            let words: Vec<String> = words(example.trim_start());
            if let Err(error) = Line::try_parse_from(&words) {
                panic!("{example}: {error}");
            }
        }
    }

    /// Words up to the remark, which two spaces set apart; quotes hold a word together.
    fn words(line: &str) -> Vec<String> {
        let command = line.split("  ").next().unwrap();
        let parts = command.split('"').enumerate();
        parts
            .flat_map(|(index, part)| match index % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
                _ => vec![part.to_owned()],
            })
            .collect()
    }
}
