//! Doctor looks at real directories, ports and hubs: it finds what is wrong, says what to do, and leaves no trace.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::hub::manage;
use crate::support::raw_phone::Paired;
use crate::support::{Hub, HubOptions};

/// Nothing failed.
const DONE: i32 = 0;
/// Something failed.
const FAILED: i32 = 1;

/// A report: the findings by the name of their check.
struct Report(Vec<Value>);

impl Report {
    fn of(data: &Path, flags: &[&str], exit: i32) -> Report {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relay-hub"));
        command.args(["doctor", "--json", "--data-dir"]).arg(data).args(flags).stdin(Stdio::null());
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}{}", String::from_utf8_lossy(&output.stderr));
        Report(serde_json::from_str(&said).unwrap())
    }

    /// Level, finding and remedy of a check.
    fn find(&self, check: &str) -> (&str, &str, &str) {
        let finding = self.0.iter().find(|finding| finding["check"] == check);
        let finding = finding.unwrap_or_else(|| panic!("no {check}: {:?}", self.0));
        let word = |field: &str| finding[field].as_str().unwrap_or_default();
        (word("level"), word("finding"), word("remedy"))
    }

    fn says(&self, check: &str, level: &str, part: &str) {
        let (found, finding, remedy) = self.find(check);
        assert!(found == level && finding.contains(part), "{check}: {found}: {finding}");
        assert_eq!(remedy.is_empty(), level == "ok", "what is not well has a remedy: {finding}: {remedy}");
    }
}

/// Every file with its bytes; a socket has none.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_running_hub_is_recognised_and_not_disturbed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    drop(Paired::new(&hub, "Office").await);
    let names = || files(&data).into_keys().collect::<Vec<_>>();
    let before = names();
    let address = format!("127.0.0.1:{}", hub.port());
    let report = Report::of(&data, &["--listen", &address], DONE);
    report.says("hub", "ok", &format!("process {}", hub.pid()));
    report.says("port", "ok", "held by the hub that runs on this data directory");
    report.says("database", "ok", "1 phone");
    report.says("disk", "ok", "not measured: a hub uses the disk");
    report.says("open files", "ok", "the running hub");
    let elsewhere = Report::of(&data, &["--listen", "127.0.0.1:1"], DONE);
    elsewhere.says("port", "warn", &address);
    let thorough = Report::of(&data, &["--listen", &address, "--thorough"], DONE);
    thorough.says("database", "ok", "every page was read, and is whole");
    assert!(thorough.find("disk").1.contains("median"), "{:?}", thorough.0);
    assert_eq!(names(), before, "nothing is left behind");
    assert!(hub.is_running());
    hub.manage(&["account", "create", "Still at work"]);
}

#[tokio::test]
async fn what_a_killed_hub_left_is_looked_into_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    hub.kill();
    let before = files(&data);
    let report = Report::of(&data, &["--listen", "127.0.0.1:0", "--thorough"], DONE);
    report.says("hub", "ok", "none runs");
    report.says("database", "ok", "newest entry");
    assert!(files(&data) == before, "not a byte has changed");
    hub.restart().await;
    assert_eq!(hub.manage(&["account", "list"])["accounts"][0]["name"], "Acme");
}

#[test]
fn a_taken_port_and_an_open_folder_are_found_with_their_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    manage(&data, &["account", "create", "Acme"]);
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o750)).unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let report = Report::of(&data, &["--listen", &taken.local_addr().unwrap().to_string()], FAILED);
    report.says("port", "fail", &format!("process {}", std::process::id()));
    report.says("data", "warn", "0750");
    assert!(report.find("data").2.contains("chmod 700"));
    let mode = std::fs::metadata(&data).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o750, "doctor says it and leaves it");
}

#[test]
fn a_settings_file_that_cannot_be_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.toml");
    std::fs::write(&file, "[listen]\nlisten = \"here\"\n").unwrap();
    let report = Report::of(&dir.path().join("data"), &["--config", file.to_str().unwrap()], FAILED);
    report.says("settings", "fail", "a.toml:2: [listen] listen cannot be \"here\"");
    assert_eq!(report.0.len(), 1);
    let report = Report::of(&dir.path().join("data"), &["--listen", "0.0.0.0:0"], FAILED);
    report.says("settings", "fail", "0.0.0.0:0");
    report.says("exposure", "fail", "unencrypted");
}

#[test]
fn a_low_file_limit_is_found_by_a_hub_that_would_start_here() {
    let dir = tempfile::tempdir().unwrap();
    let script = "ulimit -n 200; exec \"$0\" doctor --json --listen 127.0.0.1:0 --data-dir \"$1\"";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_relay-hub")])
        .arg(dir.path().join("data"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(FAILED));
    let report = Report(serde_json::from_slice(&output.stdout).unwrap());
    report.says("open files", "fail", "may open 200 files");
    assert!(report.find("open files").2.contains("LimitNOFILE=65536"));
}
