//! A process of ours: asked by lines, answering in lines of JSON, with what it costs.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use procfs::WithCurrentSystemInfo as _;
use procfs::process::Process;
use serde::de::DeserializeOwned;

use crate::run::Failed;

/// Another role of this program. Dropping it kills it.
pub struct Role {
    name: String,
    child: Child,
    asked: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
}

impl Role {
    /// Starts it.
    pub fn start(words: &[&str]) -> Result<Role, Failed> {
        let exe = std::env::current_exe().map_err(Failed::io("this program's own path"))?;
        let name = words.join(" ");
        let mut child = Command::new(exe)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failed::io(&name))?;
        let (Some(asked), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failed(format!("{name}: no pipe")));
        };
        Ok(Role { name, child, asked, told: BufReader::new(stdout).lines() })
    }

    /// What it tells next.
    pub fn told<T: DeserializeOwned>(&mut self) -> Result<T, Failed> {
        let line = self.told.next().ok_or_else(|| Failed(format!("{}: it ended untold", self.name)))?;
        let line = line.map_err(Failed::io(&self.name))?;
        serde_json::from_str(&line).map_err(|error| Failed(format!("{}: `{line}`: {error}", self.name)))
    }

    /// Asks for something, and waits for the answer.
    pub fn ask<T: DeserializeOwned>(&mut self, words: &str) -> Result<T, Failed> {
        writeln!(self.asked, "{words}").map_err(Failed::io(&self.name))?;
        self.told()
    }

    /// Runs a role that tells one thing and ends.
    pub fn once<T: DeserializeOwned>(words: &[&str]) -> Result<T, Failed> {
        let mut role = Role::start(words)?;
        let told = role.told()?;
        role.child.wait().map_err(Failed::io(&role.name))?;
        Ok(told)
    }

    pub fn cost(&self) -> Result<Cost, Failed> {
        Cost::of(self.child.id())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Of all its threads.
    pub cpu: Duration,
    pub resident_bytes: u64,
}

impl Cost {
    pub fn of(pid: u32) -> Result<Cost, Failed> {
        let unseen = |error: procfs::ProcError| Failed(format!("process {pid} cannot be looked at: {error}"));
        let stat = Process::new(pid.cast_signed()).and_then(|process| process.stat()).map_err(unseen)?;
        let seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        Ok(Cost { cpu: Duration::from_secs_f64(seconds), resident_bytes: stat.rss_bytes().get() })
    }
}
