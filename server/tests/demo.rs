//! The demo as a visitor meets it: the real binary in an empty folder, without a terminal. What it prints is read
//! line by line, what it offers to paste is pasted.
#![expect(clippy::unwrap_used, reason = "a test's helpers are the test, and clippy sees only its functions")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Far beyond what anything here needs, so that a slow machine is not a failure.
const DEADLINE: Duration = Duration::from_secs(90);
const RUNS: &str = "Ctrl-C ends it";

/// A running demo; dropping it kills it.
struct Demo {
    child: Child,
    lines: Receiver<String>,
    /// What was printed so far.
    printed: Vec<String>,
    deadline: Instant,
}

impl Demo {
    fn start(folder: &Path, args: &[&str]) -> Demo {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relay-hub"));
        command.arg("demo").args(args).current_dir(folder);
        // Whatever stands between this machine and the world, the hub is on this side of it.
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (told, lines) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
        Demo { child, lines, printed: Vec::new(), deadline: Instant::now() + DEADLINE }
    }

    /// Reads on until a line is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        if let Some(line) = self.printed.iter().find(|line| wanted(line)) {
            return line.clone();
        }
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.printed.push(line),
                Err(why) => panic!("{what}: {why}\n{}\n{}", self.printed.join("\n"), self.complaints()),
            }
            if let Some(line) = self.printed.last().filter(|line| wanted(line)) {
                return line.clone();
            }
        }
    }

    fn shows(&mut self, words: &[&str]) -> String {
        self.until(&words.join(" "), |line| words.iter().all(|word| line.contains(word)))
    }

    /// Asks it to stop; answers how it ended, with everything that it printed.
    fn stop(mut self) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.end()
    }

    fn end(&mut self) -> (ExitStatus, String) {
        // The lines end when the process does.
        while let Ok(line) = self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now()))
        {
            self.printed.push(line);
        }
        let complaints = self.complaints();
        (self.child.wait().unwrap(), format!("{}\n{complaints}", self.printed.join("\n")))
    }

    /// Standard error; it ends with the process.
    fn complaints(&mut self) -> String {
        let _ended_before = self.child.kill();
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut text).unwrap();
        }
        text
    }

    /// The lines to paste, in their order.
    fn to_paste(&self) -> Vec<Pasted> {
        self.printed.iter().filter_map(|line| Pasted::read(line.trim())).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended_before = self.child.kill();
        let _reaped_before = self.child.wait();
    }
}

/// A printed curl line, as a shell understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pasted {
    key: String,
    url: String,
    body: Option<String>,
    times: usize,
}

impl Pasted {
    fn read(line: &str) -> Option<Pasted> {
        let (times, line) = match line.strip_prefix("for n in 1 2 3 4 5 6; do ") {
            Some(looped) => (6, looped.strip_suffix("; done")?),
            None => (1, line),
        };
        let line = line.strip_prefix("curl ")?;
        let (_, after_key) = line.split_once("-H 'Authorization: Bearer ")?;
        let (key, rest) = after_key.split_once("' ")?;
        let (url, body) = match rest.split_once(" -d '") {
            Some((url, body)) => (url, Some(body.strip_suffix('\'')?.to_owned())),
            None => (rest, None),
        };
        Some(Pasted { key: key.to_owned(), url: url.trim_matches('\'').to_owned(), body, times })
    }

    /// Sends it as often as it says; answers what came back.
    fn paste(&self) -> Vec<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let once = async |n: usize| {
            let (method, wanted) = match self.body {
                Some(_) => (Method::POST, StatusCode::ACCEPTED),
                None => (Method::GET, StatusCode::OK),
            };
            let body = self.body.clone().unwrap_or_default().replace("'$n'", &n.to_string());
            let request = http.request(method, &self.url).bearer_auth(&self.key).body(body);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), wanted, "{self:?}");
            let mut answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["success"], true, "{answer}");
            answer["data"].take()
        };
        runtime.block_on(async {
            let mut answers = Vec::new();
            for n in 1..=self.times {
                answers.push(once(n).await);
            }
            answers
        })
    }

    fn paste_once(&self) -> Value {
        self.paste().remove(0)
    }
}

fn id_of(message: &Value) -> &str {
    message["id"].as_str().unwrap()
}

#[test]
fn a_visitor_sees_a_message_delivered_and_every_line_to_paste_does_what_it_says() {
    let scratch = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(scratch.path(), &["--port", "0"]);
    for step in ["accepted", "dispatched", "sent", "DELIVERED", "answered", RUNS] {
        demo.shows(&[step]);
    }
    let lines = demo.to_paste();
    let [hello, no_signal, no_receipt, one, list, failed, inbound, devices, six, van] = lines.as_slice()
    else {
        panic!("{lines:#?}")
    };

    let sent = hello.paste_once();
    assert_eq!(sent["status"], "DISPATCHED");
    demo.shows(&["DELIVERED", id_of(&sent)]);
    demo.shows(&["FAILED", "\"No signal\"", id_of(&no_signal.paste_once())]);
    demo.shows(&["SENT", id_of(&no_receipt.paste_once())]);
    assert_eq!(one.paste_once()["status"], "DELIVERED");
    assert_eq!(list.paste_once().as_array().unwrap().len(), 4);
    assert_eq!(failed.paste_once()[0]["failureReason"], "No signal");
    demo.until("an SMS answers", |line| line.contains("SMS") && line.contains("Harbour Clinic"));
    assert!(inbound.paste_once().as_array().unwrap().len() >= 2);
    assert_eq!(devices.paste_once()[0]["status"], "ONLINE");

    let answers = six.paste();
    let (sixth, five) = answers.split_last().unwrap();
    assert!(five.iter().all(|message| message["status"] == "DISPATCHED"), "{five:?}");
    assert_eq!((&sixth["status"], &sixth["dispatchedAt"]), (&Value::from("QUEUED"), &Value::Null));
    demo.shows(&["Corner Shop", "QUEUED", id_of(sixth)]);
    demo.shows(&["Van Courier", "DELIVERED", id_of(&van.paste_once())]);

    let (status, printed) = demo.stop();
    assert!(status.success(), "{status}\n{printed}");
    assert!(printed.contains("ledger: clean") && printed.contains("11 accepted"), "{printed}");
    assert!(!printed.contains('\x1b'), "no colours and no cursor without a terminal:\n{printed}");
}

#[test]
fn a_second_run_finds_its_keys_its_phones_and_its_messages_again() {
    let scratch = tempfile::tempdir().unwrap();
    let mut first = Demo::start(scratch.path(), &["--port", "0", "--data-dir", "kept"]);
    first.shows(&[RUNS]);
    let mut beside = Demo::start(scratch.path(), &["--port", "0", "--data-dir", "kept"]);
    let (status, complaint) = beside.end();
    assert!(status.code() == Some(4) && complaint.contains("already runs in `kept`"), "{complaint}");

    let lines = first.to_paste();
    let devices = lines[7].paste_once();
    assert!(first.stop().0.success());

    let mut second = Demo::start(scratch.path(), &["--port", "0", "--data-dir", "kept"]);
    second.shows(&[RUNS]);
    let again = second.to_paste();
    let keys = |lines: &[Pasted]| lines.iter().map(|line| line.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&again), keys(&lines));
    assert_eq!(again[7].paste_once()[0]["id"], devices[0]["id"]);
    assert_eq!(again[4].paste_once().as_array().unwrap().len(), 2, "one message of each run");
    let (status, printed) = second.stop();
    assert!(status.success() && printed.contains("2 accepted, 0 unconfirmed, 2 submits"), "{printed}");
    assert!(!printed.contains("paired again"), "{printed}");
}

#[test]
fn a_verdict_that_is_not_clean_is_told_and_fails() {
    let scratch = tempfile::tempdir().unwrap();
    let mut honest = Demo::start(scratch.path(), &["--port", "0"]);
    honest.shows(&[RUNS]);
    assert!(honest.stop().0.success());

    // As if the radio had been touched a second time.
    let log = scratch.path().join("relay-demo/logs/radio.ndjson");
    let text = std::fs::read_to_string(&log).unwrap();
    let submit = text.lines().find(|line| line.contains("\"submit\"")).unwrap();
    std::fs::write(&log, format!("{text}{submit}\n")).unwrap();

    let mut found_out = Demo::start(scratch.path(), &["--port", "0"]);
    found_out.shows(&[RUNS]);
    let (status, printed) = found_out.stop();
    assert_eq!(status.code(), Some(1), "{printed}");
    assert!(printed.contains("was submitted again") && printed.contains("ledger: 1 violations"), "{printed}");
}

#[test]
fn a_demo_killed_while_it_was_set_up_and_one_without_its_keys_go_on() {
    let scratch = tempfile::tempdir().unwrap();
    let mut killed = Demo::start(scratch.path(), &["--port", "0"]);
    killed.shows(&["Relay Hub demo"]);
    // Right after its first word it is still setting up.
    drop(killed);
    let mut whole = Demo::start(scratch.path(), &["--port", "0"]);
    whole.shows(&[RUNS]);
    let old = whole.to_paste().remove(0);
    assert!(whole.stop().0.success());

    std::fs::remove_file(scratch.path().join("relay-demo/demo-keys")).unwrap();
    let mut anew = Demo::start(scratch.path(), &["--port", "0"]);
    anew.shows(&["revoked, and a new one made"]);
    anew.shows(&[RUNS]);
    let new = anew.to_paste().remove(0);
    assert_ne!(new.key, old.key);
    assert_eq!(new.paste_once()["status"], "DISPATCHED");
    let (status, printed) = anew.stop();
    assert!(status.success() && printed.contains("ledger: clean"), "{printed}");
}

#[test]
fn a_taken_port_is_refused_where_it_was_asked_for_and_passed_over_where_not() {
    let scratch = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (status, complaint) = Demo::start(scratch.path(), &["--port", &port]).end();
    assert_eq!(status.code(), Some(4), "{complaint}");
    assert!(
        complaint.contains(&format!("port {port} is taken")) && complaint.contains("--port"),
        "{complaint}"
    );

    // Where somebody else has it already, it is just as taken.
    let _default_taken = TcpListener::bind("127.0.0.1:8080");
    let mut demo = Demo::start(scratch.path(), &[]);
    let told = demo.shows(&["Port 8080 is taken by another program: using "]);
    let next = told.rsplit(' ').next().unwrap().to_owned();
    demo.shows(&[&format!("http://127.0.0.1:{next},")]);
}
