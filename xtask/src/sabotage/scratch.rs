//! A copy of the tree to be broken, outside of it, and what cargo says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::table::{Break, Test};

/// Between two looks at a test that runs.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Green,
    Red,
    /// No test of this name was run.
    Absent,
    /// Nothing was run: it does not compile.
    Unbuilt,
    /// It did not end in time.
    Late,
}

/// The copy; it goes when this is dropped.
pub struct Scratch {
    folder: tempfile::TempDir,
    target_dir: PathBuf,
}

impl Scratch {
    /// Copies what git knows of the tree, as it lies there now.
    pub fn copy(root: &Path, target_dir: Option<PathBuf>) -> Result<Scratch, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("git: {error}"))?;
        for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (root.join(name), folder.path().join(name));
            let made = to.parent().map_or(Ok(()), fs::create_dir_all);
            // What was deleted and not yet committed is not there.
            if from.exists() {
                made.and_then(|()| fs::copy(&from, &to)).map_err(|error| format!("{name}: {error}"))?;
            }
        }
        let target_dir = target_dir.unwrap_or_else(|| root.join("target/sabotage"));
        Ok(Scratch { folder, target_dir })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn apply(&self, one: &Break) -> Result<(), String> {
        self.patch(one, &[])
    }

    pub fn revert(&self, one: &Break) -> Result<(), String> {
        self.patch(one, &["--reverse"])
    }

    fn patch(&self, one: &Break, how: &[&str]) -> Result<(), String> {
        let output = Command::new("git")
            .arg("apply")
            .args(how)
            .arg(&one.path)
            .current_dir(self.path())
            .output()
            .map_err(|error| format!("git: {error}"))?;
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(format!("it does not apply: {told}")) }
    }

    /// Builds what the test needs and runs it alone.
    pub fn test(&self, test: &Test, limit: Duration) -> Result<Outcome, String> {
        let log = self.target_dir.join("sabotage.log");
        fs::create_dir_all(&self.target_dir).map_err(|error| error.to_string())?;
        let out = fs::File::create(&log).map_err(|error| error.to_string())?;
        let errors = out.try_clone().map_err(|error| error.to_string())?;
        let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .arg("test")
            .args(&test.target)
            .args(["--", "--exact", &test.name])
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", &self.target_dir)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cargo: {error}"))?;
        let begun = Instant::now();
        let status = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if begun.elapsed() > limit => {
                    let _gone = child.kill();
                    let _reaped = child.wait();
                    return Ok(Outcome::Late);
                }
                None => std::thread::sleep(LOOK_AGAIN),
            }
        };
        let told = fs::read(&log).map_err(|error| error.to_string())?;
        Ok(outcome(&String::from_utf8_lossy(&told), status.success()))
    }
}

/// What cargo's words mean.
pub fn outcome(told: &str, succeeded: bool) -> Outcome {
    let results: Vec<&str> = told.lines().filter(|line| line.starts_with("test result:")).collect();
    if results.is_empty() {
        // A test that takes its whole process along was run all the same.
        return if told.contains("running 1 test") { Outcome::Red } else { Outcome::Unbuilt };
    }
    match results.iter().any(|line| line.contains(" 1 passed") || line.contains(" 1 failed")) {
        false => Outcome::Absent,
        true if succeeded => Outcome::Green,
        true => Outcome::Red,
    }
}
