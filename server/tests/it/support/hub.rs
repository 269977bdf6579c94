//! The hub as a process of its own, on a real port and a real data directory that outlives it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::await_fact::DEADLINE;
use super::eventually;

/// How a test wants its hub.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// More arguments of `serve`.
    pub args: Vec<String>,
    /// A program that runs the hub, with its arguments: `strace …`.
    pub under: Vec<String>,
}

impl Default for HubOptions {
    fn default() -> HubOptions {
        // A silent phone is noticed in 2.4 s, a stalled one in 1 s; phones come back at once after a stop.
        let short = ["--ping-interval", "1s", "--stalled-after", "1s", "--sweep-interval", "200ms"];
        let spread = ["--drain-spread", "10ms", "--radio-guard-segments", "0"];
        let args = short.into_iter().chain(spread).map(str::to_owned).collect();
        HubOptions { args, under: Vec::new() }
    }
}

impl HubOptions {
    /// Adds arguments of `serve`; a repeated option is replaced by its new value.
    pub fn with(mut self, args: &[&str]) -> HubOptions {
        for pair in args.chunks(2) {
            if let Some(at) = self.args.iter().position(|known| known == pair[0]) {
                self.args.drain(at..(at + 2).min(self.args.len()));
            }
            self.args.extend(pair.iter().map(|arg| (*arg).to_owned()));
        }
        self
    }
}

/// A running hub; dropping it kills it.
pub struct Hub {
    child: Child,
    port: u16,
    data_dir: PathBuf,
    options: HubOptions,
}

impl Hub {
    /// Starts a hub on a free port and waits until it is ready.
    pub async fn start(data_dir: &Path, options: HubOptions) -> Hub {
        Hub::start_on(data_dir, 0, options).await
    }

    async fn start_on(data_dir: &Path, port: u16, options: HubOptions) -> Hub {
        let binary = env!("CARGO_BIN_EXE_relay-hub");
        let mut words = options.under.iter().map(String::as_str).chain([binary]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg("serve").arg("--data-dir").arg(data_dir);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--log-format", "json"]).args(&options.args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the hub starts");
        let port = ready_port(&mut child, data_dir);
        let hub = Hub { child, port, data_dir: data_dir.to_owned(), options };
        let health = hub.url("/healthz");
        eventually("the hub is ready", || async {
            reqwest::get(&health).await.ok()?.status().is_success().then_some(())
        })
        .await;
        hub
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Process id of the hub itself. A tracer stays and has it as its child; `env` and `prlimit` become it.
    pub fn pid(&self) -> u32 {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        let children = std::fs::read_to_string(children).unwrap();
        children.split_whitespace().next().map_or(self.child.id(), |pid| pid.parse().unwrap())
    }

    /// `kill -9`: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// SIGTERM; answers with how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().unwrap()
    }

    /// Waits for its end, with a deadline; nobody asks it to end.
    pub async fn until_ended(&mut self) -> ExitStatus {
        let child = std::sync::Mutex::new(&mut self.child);
        eventually("the hub ends", || async { child.lock().unwrap().try_wait().unwrap() }).await
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        send_signal(self.pid(), signal);
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Starts again on the same port and data directory.
    pub async fn restart(&mut self) {
        let (data_dir, port, options) = (self.data_dir.clone(), self.port, self.options.clone());
        *self = Hub::start_on(&data_dir, port, options).await;
    }

    /// The same with other options.
    pub async fn restart_with(&mut self, options: HubOptions) {
        self.options = options;
        self.restart().await;
    }

    /// Runs a management command with `--json`; panics unless it succeeds.
    pub fn manage(&self, words: &[&str]) -> Value {
        manage(&self.data_dir, words)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if self.is_running() {
            self.kill();
        }
    }
}

/// Sends a signal to a process that is there.
pub fn send_signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).expect("the process is there");
}

/// Runs a management command against a data directory, hub or no hub.
pub fn manage(data_dir: &Path, words: &[&str]) -> Value {
    let (status, output, errors) = run(data_dir, words);
    assert!(status.success(), "`{}` failed: {output}{errors}", words.join(" "));
    serde_json::from_str(&output)
        .unwrap_or_else(|error| panic!("`{}` printed {output}: {error}", words.join(" ")))
}

/// The same without judging: exit status, standard output, standard error.
pub fn run(data_dir: &Path, words: &[&str]) -> (ExitStatus, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_relay-hub"))
        .args(words)
        .arg("--data-dir")
        .arg(data_dir)
        .arg("--json")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert!(output.status.signal().is_none(), "the command was killed by a signal");
    (output.status, text(output.stdout), text(output.stderr))
}

/// Reads the log until the hub says where it listens, and then goes on reading, so that the hub never blocks on
/// a full pipe.
fn ready_port(child: &mut Child, data_dir: &Path) -> u16 {
    let log = BufReader::new(child.stderr.take().unwrap());
    let (tell, told) = mpsc::channel();
    let kept = data_dir.with_extension("log");
    std::thread::spawn(move || {
        let mut tell = Some(tell);
        let mut kept = std::fs::OpenOptions::new().create(true).append(true).open(kept).unwrap();
        for line in log.lines().map_while(Result::ok) {
            use std::io::Write;
            let _full_disk = writeln!(kept, "{line}");
            let address = serde_json::from_str::<Value>(&line).ok().and_then(|line| find_address(&line));
            if let (Some(address), Some(tell)) = (address, tell.take_if(|_| true)) {
                let _gone = tell.send(address);
            }
        }
    });
    match told.recv_timeout(DEADLINE) {
        Ok(port) => port,
        Err(_) => panic!("the hub did not start: {}", log_of(data_dir)),
    }
}

/// Everything that hubs of this data directory have logged.
pub fn log_of(data_dir: &Path) -> String {
    std::fs::read_to_string(data_dir.with_extension("log")).unwrap_or_default()
}

fn find_address(line: &Value) -> Option<u16> {
    let fields = line.get("fields").unwrap_or(line);
    fields.get("addr")?.as_str()?.rsplit_once(':')?.1.parse().ok()
}
