//! A phone as a process of its own, `relay-phone run`: it can be killed, stopped and traced for real.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock};

use rustix::process::Signal;

use super::fleet::Installation;
use super::hub::send_signal;

/// A running phone; dropping it kills it.
pub struct PhoneProcess {
    child: Mutex<Child>,
}

impl PhoneProcess {
    /// Starts a phone with its data in `folder`; `under` is a program that runs it, such as a tracer.
    pub fn start(town: &Installation, folder: &Path, under: &[&str], args: &[&str]) -> PhoneProcess {
        let binary = binary();
        let mut words = under.iter().copied().chain([binary.to_str().unwrap()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["run", "--no-replies", "--hub", &town.hub.url(""), "--data"]).arg(folder);
        command.arg("--log").arg(town.witness_path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        PhoneProcess { child: Mutex::new(command.spawn().expect("relay-phone starts")) }
    }

    /// Process id, of the tracer where there is one.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        send_signal(self.pid(), signal);
    }

    /// `kill -9`.
    pub fn kill(self) {
        drop(self);
    }

    /// The same for one that is about to be replaced.
    pub fn end(&self) {
        let mut child = self.child.lock().unwrap();
        // Gone already is as good.
        let _gone = child.kill();
        child.wait().unwrap();
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().unwrap()
    }
}

impl Drop for PhoneProcess {
    fn drop(&mut self) {
        self.end();
    }
}

/// The phone's program lies beside the hub's. Cargo builds it for its own package's tests only, so it is built
/// here, once, where it is missing or old.
fn binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_relay-hub")).parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--package",
            "android-bridge",
            "--bin",
            "relay-phone",
            "--target-dir",
        ]);
        build.arg(beside.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if beside.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "relay-phone is built");
        beside.join("relay-phone")
    })
}
