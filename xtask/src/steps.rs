//! What is run, in which order, and how it is told. Every step runs even when an earlier one failed, except that
//! nothing is tested that does not build: one run shows everything that there is to repair.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::summary::Totals;
use crate::{needs, python};

/// Options of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub struct TestOptions {
    /// How many random worlds the simulation tests walk through (`RELAY_SIM_SEEDS`).
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The one world to walk through, as a failure names it (`RELAY_SIM_SEED`).
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Only tests whose name contains this; format and lints are left out.
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
}

/// Runs everything; whether all of it passed. The last line printed is the totals.
pub fn test(options: &TestOptions) -> bool {
    let begun = Instant::now();
    let mut run = Run::new(io::stdout().lock());
    println!("What the tests need:");
    for missing in needs::gather() {
        run.failed(format!("{missing} is missing"));
    }
    if let Err(why) = python::prepare(root()) {
        println!("  Python packages: NOT INSTALLED: {why}");
        run.failed("the Python packages of the tests could not be installed".to_owned());
    }
    if options.only.is_none() {
        run.step("format", cargo(&["fmt", "--all", "--check"]));
        run.step("lints", building(&["clippy", "--workspace", "--lib", "--bins"], &["--", "-D", "warnings"]));
        // In a test an unwrap is an assertion; clippy knows that of test functions only, not of what they call.
        let in_tests = ["--", "-D", "warnings", "-A", "clippy::unwrap_used"];
        run.step("lints of tests", building(&["clippy", "--workspace", "--all-targets"], &in_tests));
    }
    // A package's tests build its own binaries only; some start those of another.
    if run.step("binaries", building(&["build", "--workspace", "--bins"], &[])) {
        run.step("tests", tests(options));
    }
    if !run.told.is_empty() {
        println!("\nWhat the failed tests said:");
        run.told.iter().for_each(|line| println!("{line}"));
    }
    for failure in &run.failures {
        println!("FAILED: {failure}");
    }
    println!("finished in {}", duration(begun));
    println!("{}", run.totals);
    run.failures.is_empty() && !run.totals.any_failed()
}

/// Runs the script that CI runs; whether it passed.
pub fn ci() -> bool {
    succeeds(Command::new("bash").arg(".ci/run").current_dir(root()))
}

/// Builds the hub and what measures it, as they are installed, and lets it measure; whether every figure is met.
pub fn bench(words: &[String]) -> bool {
    let hub = cargo(&["build", "--release", "--package", "relay-hub", "--bin", "relay-hub"]).status();
    let mut run = cargo(&["run", "--quiet", "--release", "--package", "relay-bench", "--"]);
    hub.is_ok_and(|status| status.success()) && succeeds(run.args(words))
}

/// What came of the steps so far.
struct Run<W: Write> {
    totals: Totals,
    failures: Vec<String>,
    /// What failed tests said, without the backtraces: repeated at the end, where a long log is looked at first.
    told: Vec<String>,
    /// Where the steps' output goes: an argument, because the made-up result lines of this file's own tests must
    /// not be counted by the run that they are part of.
    out: W,
}

impl<W: Write> Run<W> {
    fn new(out: W) -> Run<W> {
        Run { totals: Totals::default(), failures: Vec::new(), told: Vec::new(), out }
    }

    /// Runs one step with its output as it comes; whether it passed.
    fn step(&mut self, name: &str, mut command: Command) -> bool {
        let begun = Instant::now();
        println!("\n==> {name}: {}", shown(&command));
        let before = self.totals;
        let passed = self.stream(&mut command).unwrap_or_else(|error| {
            println!("cannot run it: {error}");
            false
        });
        println!("==> {name}: {} in {}", if passed { "passed" } else { "FAILED" }, duration(begun));
        if !passed {
            self.failures.push(name.to_owned());
            // Failed tests count themselves; a check, or a test binary that died, does not.
            if !self.totals.more_failed_than(&before) {
                self.totals.fail_one();
            }
        }
        passed
    }

    /// Passes standard output on line by line, reading totals and failures from it; standard error goes its own
    /// way.
    fn stream(&mut self, command: &mut Command) -> io::Result<bool> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let Some(stdout) = child.stdout.take() else { return Ok(child.wait()?.success()) };
        let mut listening = false;
        for line in BufReader::new(stdout).split(b'\n') {
            // A test may print bytes that are no text.
            let line = line?;
            let text = String::from_utf8_lossy(&line);
            self.totals.read(&text);
            if text.starts_with("---- ") && text.ends_with(" stdout ----") {
                listening = true;
            } else if text == "stack backtrace:" || text == "failures:" {
                listening = false;
            }
            if listening && !text.is_empty() {
                self.told.push(text.into_owned());
            }
            self.out.write_all(&line)?;
            self.out.write_all(b"\n")?;
            self.out.flush()?;
        }
        Ok(child.wait()?.success())
    }

    fn failed(&mut self, what: String) {
        self.totals.fail_one();
        self.failures.push(what);
    }
}

fn tests(options: &TestOptions) -> Command {
    let mut words = vec!["--no-fail-fast"];
    if let Some(pattern) = &options.only {
        words.extend(["--", pattern]);
    }
    let mut command = building(&["test", "--workspace"], &words);
    if let Some(seeds) = options.seeds {
        command.env("RELAY_SIM_SEEDS", seeds.to_string());
    }
    if let Some(seed) = options.seed {
        command.env("RELAY_SIM_SEED", seed.to_string());
    }
    command
}

/// A call of cargo that compiles: CI must not change the lock file, a developer who adds a package must.
fn building(words: &[&str], rest: &[&str]) -> Command {
    let locked: &[&str] = if needs::in_ci() { &["--locked"] } else { &[] };
    cargo(&[words, locked, rest].concat())
}

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(root());
    command
}

pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy());
    format!("cargo {}", words.collect::<Vec<_>>().join(" "))
}

fn duration(begun: Instant) -> String {
    let seconds = begun.elapsed().as_secs();
    format!("{} min {} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn after(scripts: &[&str]) -> (Vec<String>, String) {
        let mut run = Run::new(Vec::new());
        for script in scripts {
            run.step(script, shell(script));
        }
        (run.failures, run.totals.to_string())
    }

    const OK: &str = "echo 'test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out'";
    const BAD: &str =
        "echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out'; false";

    #[test]
    fn totals_are_read_while_output_passes() {
        assert_eq!(after(&[OK, OK]), (vec![], "4 passed, 0 failed, 2 skipped".into()));
    }

    #[test]
    fn failed_tests_count_themselves() {
        assert_eq!(after(&[OK, BAD]), (vec![BAD.into()], "3 passed, 2 failed, 1 skipped".into()));
    }

    #[test]
    fn a_step_that_fails_without_a_failed_test_counts_one() {
        assert_eq!(after(&[OK, "false"]), (vec!["false".into()], "2 passed, 1 failed, 1 skipped".into()));
    }

    #[test]
    fn what_failed_tests_say_is_kept_without_backtraces() {
        let script = "printf '%s\n' 'test a ... FAILED' '' failures: '' '---- a stdout ----' '' 'panicked at b' \
             'in vain' 'stack backtrace:' '0: c' '---- d stdout ----' 'e' '' failures: '    a' '    d'; false";
        let mut run = Run::new(Vec::new());
        assert!(!run.step("tests", shell(script)));
        assert_eq!(run.told, ["---- a stdout ----", "panicked at b", "in vain", "---- d stdout ----", "e"]);
    }

    #[test]
    fn output_that_is_no_text_passes() {
        assert_eq!(after(&["printf '\\377\\n'"]), (vec![], "0 passed, 0 failed, 0 skipped".into()));
    }
}
