//! The Python programs that the tests run: in a virtual environment under the target directory, with every package
//! pinned by version and hash, made anew when the pins have changed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is pinned. The tests look for a copy of it in the environment, so that they run with nothing older.
const PINS: &str = "server/tests/it/api_document/schemathesis/requirements.txt";
/// The copy, written when everything is installed.
const INSTALLED: &str = "requirements.txt";

/// Makes the environment if it is not there or not the pinned one; says why it cannot.
pub fn prepare(root: &Path) -> Result<(), String> {
    let pins = fs::read_to_string(root.join(PINS)).map_err(|error| format!("{PINS}: {error}"))?;
    let environment = target(root).join("python");
    if fs::read_to_string(environment.join(INSTALLED)).is_ok_and(|installed| installed == pins) {
        return Ok(());
    }
    println!("  Python packages: installing those of {PINS}");
    if environment.exists() {
        fs::remove_dir_all(&environment).map_err(|error| format!("{}: {error}", environment.display()))?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--requirement",
    ]);
    run(pip.arg(root.join(PINS)))?;
    fs::write(environment.join(INSTALLED), pins).map_err(|error| error.to_string())
}

/// Where cargo builds: tests find the environment beside what they are built into.
fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}
