//! The hub that is measured: the real binary, as it is installed, with the limits at its door off.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::child::Cost;
use crate::run::Failed;

/// A start takes less, whatever the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running hub; dropping it kills it.
pub struct Hub {
    child: Child,
    addr: SocketAddr,
}

/// More than a plain start.
#[derive(Debug, Clone, Default)]
pub struct Dressing {
    /// More arguments of `serve`.
    pub args: Vec<String>,
    /// More environment.
    pub env: Vec<(String, String)>,
}

impl Hub {
    pub fn start(data_dir: &Path) -> Result<Hub, Failed> {
        Hub::start_dressed(data_dir, &Dressing::default())
    }

    pub fn start_dressed(data_dir: &Path, dressing: &Dressing) -> Result<Hub, Failed> {
        let mut hub = Hub::launch(data_dir, dressing)?;
        hub.until_listening()?;
        Ok(hub)
    }

    /// Starts the process and does not wait for it.
    pub fn launch(data_dir: &Path, dressing: &Dressing) -> Result<Hub, Failed> {
        let addr = free_address()?;
        let child = Command::new(binary()?)
            .args(["serve", "--listen", &addr.to_string(), "--log", "warn", "--data-dir"])
            .arg(data_dir)
            .args(["--key-rate", "0", "--address-rate", "0", "--wrong-key-rate", "0"])
            .args(["--radio-guard-segments", "0", "--drain-spread", "10ms"])
            .args(&dressing.args)
            .envs(dressing.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(Failed::io("relay-hub"))?;
        Ok(Hub { child, addr })
    }

    /// Until somebody is accepted.
    pub fn until_listening(&mut self) -> Result<(), Failed> {
        let begun = Instant::now();
        while TcpStream::connect(self.addr).is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failed(format!("the hub ended with {status} before it listened")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(Failed("the hub does not listen".to_owned()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    pub fn addr(&self) -> String {
        self.addr.to_string()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn cost(&self) -> Result<Cost, Failed> {
        Cost::of(self.child.id())
    }

    /// SIGTERM, and until it has ended.
    pub fn stop(mut self) -> Result<(), Failed> {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            kill_process(pid, Signal::TERM).map_err(Failed::because)?;
        }
        let status = self.child.wait().map_err(Failed::io("relay-hub"))?;
        if status.success() { Ok(()) } else { Err(Failed(format!("the hub ended with {status}"))) }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Beside this program: both are built together.
pub fn binary() -> Result<PathBuf, Failed> {
    let own = std::env::current_exe().map_err(Failed::io("this program's own path"))?;
    Ok(own.with_file_name("relay-hub"))
}

/// Nobody else on this machine asks for ports by number meanwhile.
pub fn free_address() -> Result<SocketAddr, Failed> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map_err(Failed::io("a port"))
}
