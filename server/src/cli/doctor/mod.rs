//! `relay-hub doctor`: is this machine good for a hub, and what is to be done where it is not?
//!
//! One check a file: each looks at something and judges what it saw, and here they are put in order. Nothing is made
//! and nothing changed, except for one file that the flush test writes and removes; a running hub is only asked.

mod clock;
mod continuity;
mod database;
mod exposure;
mod file_limit;
mod finding;
mod flush;
mod folder;
mod hub;
mod port;
mod settings;
mod space;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Arg;
use relay_domain::Clock as _;

use self::finding::{Finding, Level};
use self::folder::Uid;
use super::exit::Exit;
use super::output;
use super::signals::StopSignals;
use crate::app::look::{self, Depth, Holder};
use crate::clock::SystemClock;
use crate::config::{Config, FileProblem, SettingsFile, Told};

const EXAMPLES: &str = "\
Examples:
  relay-hub doctor                                   for a hub with default settings
  relay-hub doctor --config /etc/relay-hub.toml      for a hub with these settings
  relay-hub doctor --thorough                        read the whole database for damage, too
  relay-hub doctor --json                            an array of {check, level, finding, remedy}

Exit codes: 0 if nothing failed, 1 if something did; warnings are no failures.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, mut_args = shown_where_it_matters)]
pub(super) struct Doctor {
    #[command(flatten)]
    _file: SettingsFile,
    /// Read every page of the database, and measure the disk even under a running hub: that may slow it meanwhile
    #[arg(long)]
    thorough: bool,
    /// Answer with one JSON array, for programs
    #[arg(long)]
    json: bool,
    // Last, because a section's heading would stay over what comes behind it.
    #[command(flatten)]
    config: Config,
}

/// Every setting is taken, so that a wrong one is found; only those that doctor looks at fill its help.
fn shown_where_it_matters(arg: Arg) -> Arg {
    let elsewhere = arg.get_help_heading().is_some_and(|heading| {
        heading.starts_with('[') && !["[data]", "[listen]"].iter().any(|section| heading.starts_with(section))
    });
    if elsewhere { arg.hide(true) } else { arg }
}

/// `told`: where the settings came from, or why the settings file cannot be used.
pub(super) fn run(doctor: &Doctor, told: Result<&Told, &FileProblem>) -> Exit {
    let findings = match told {
        Err(problem) => vec![settings::refused(problem)],
        Ok(told) => {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    output::complain(format!("no runtime could be started: {error}"));
                    return Exit::Failed;
                }
            };
            runtime.block_on(examine(doctor, told))
        }
    };
    if doctor.json {
        output::object(&findings);
    } else {
        lines(&findings).into_iter().for_each(output::say);
    }
    match worst(&findings) {
        Level::Ok | Level::Warn => Exit::Done,
        Level::Fail => Exit::Failed,
    }
}

async fn examine(doctor: &Doctor, told: &Told) -> Vec<Finding> {
    let (config, data_dir) = (&doctor.config, doctor.config.data.data_dir.as_path());
    let depth = if doctor.thorough { Depth::EveryPage } else { Depth::Glance };
    let holder = look::holder(data_dir).await;
    let known = look::known_mark(data_dir);
    let database = look::look_into_database(data_dir, holder, depth);
    let (newest, phones) = match (&database, holder) {
        (Ok(found), _) => (found.newest_at, found.phones),
        (Err(_), Holder::Hub(hub)) => (None, hub.phones),
        (Err(_), Holder::Nobody | Holder::Silent) => (None, 0),
    };
    let mut findings = vec![settings::judge(config, told)];
    findings.extend(folder::examine(data_dir, Uid::own()));
    findings.extend(space::examine(&folder::nearest_folder(data_dir)));
    findings.push(hub::judge(holder));
    findings.push(database::judge(&database, holder, depth));
    findings.push(continuity::judge(&known, &database));
    findings.push(disk(data_dir, holder, depth).await);
    findings.push(clock::judge(SystemClock::start().now(), newest, clock::synchronised().await));
    let address = config.listen.listen;
    findings.push(port::judge(address, &port::try_bind(address), &port::listeners(), holder));
    findings.push(exposure::judge(&config.listen));
    findings.push(file_limit::judge(file_limit::limit(holder), phones));
    findings
}

/// Measures the disk, unless that would be in a hub's way; a signal ends it, and the file is removed all the same.
async fn disk(data_dir: &Path, holder: Holder, depth: Depth) -> Finding {
    match (holder, depth) {
        (_, _) if !data_dir.is_dir() => return flush::passed_over("there is no data directory yet"),
        (Holder::Nobody, _) | (_, Depth::EveryPage) => {}
        (Holder::Hub(_) | Holder::Silent, Depth::Glance) => {
            return flush::passed_over("a hub uses the disk; --thorough measures all the same");
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (folder, stopped) = (data_dir.to_owned(), Arc::clone(&stop));
    let mut measuring = tokio::task::spawn_blocking(move || flush::measure(&folder, &stopped));
    let mut signals = StopSignals::listen().ok();
    let asked_to_stop = async {
        match &mut signals {
            Some(signals) => drop(signals.come().await),
            None => std::future::pending().await,
        }
    };
    let measured = tokio::select! {
        // The usual end.
        measured = &mut measuring => measured,
        // Ctrl-C: the file must not stay.
        () = asked_to_stop => {
            stop.store(true, Ordering::Relaxed);
            measuring.await
        }
    };
    flush::judge(measured.unwrap_or_else(|error| Err(std::io::Error::other(error))))
}

fn worst(findings: &[Finding]) -> Level {
    findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
}

/// The report for people: a line each, the remedy below it, and how it stands at the end.
fn lines(findings: &[Finding]) -> Vec<String> {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for Finding { check, level, finding, remedy } in findings {
        lines.push(format!("{:<4}  {check:<width$}  {finding}", level.word()));
        let indent = " ".repeat(width + 8);
        lines.extend(remedy.iter().map(|remedy| format!("{indent}→ {remedy}")));
    }
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    lines.push(String::new());
    lines.push(match (count(Level::Fail), count(Level::Warn)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warned) => format!("Nothing failed; warnings: {warned}."),
        (failed, warned) => {
            format!(
                "Failed: {failed}; warnings: {warned}. The arrows say what to do: begin with what failed."
            )
        }
    });
    lines
}

#[cfg(test)]
mod tests;
