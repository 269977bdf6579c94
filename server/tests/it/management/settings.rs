//! A setting that cannot be is refused at start, with its name, its value and what to do instead, whether it comes
//! from a flag, the environment or a file; and of several the right one counts.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::hub::manage;
use crate::support::{Hub, HubOptions};

/// Wrong usage, or a setting that cannot be.
const USAGE: i32 = 2;
/// Somebody else holds what is needed.
const HELD: i32 = 4;

/// Starts a hub that does not start: its exit code and what it said.
fn refused(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_relay-hub"));
    command.arg("serve").arg("--data-dir").arg(dir.path().join("data")).args(arguments);
    command.envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn says(refused: &(Option<i32>, String), exit: i32, parts: &[&str]) {
    let (code, said) = refused;
    assert_eq!(*code, Some(exit), "{said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` is missing: {said}");
    }
}

#[test]
fn an_address_that_other_machines_reach_needs_a_proxy_or_a_word() {
    let remedies = ["--listen", "RELAY_LISTEN", "0.0.0.0:0", "--trusted-proxy", "--insecure-http"];
    says(&refused(&["--listen", "0.0.0.0:0"], &[]), USAGE, &remedies);
    says(&refused(&[], &[("RELAY_LISTEN", "0.0.0.0:0")]), USAGE, &remedies);
}

#[test]
fn wrong_values_are_named_whether_they_come_as_flags_or_from_the_environment() {
    for (flag, variable, value) in [
        ("--ping-interval", "RELAY_PING_INTERVAL", "25"),
        ("--stalled-after", "RELAY_STALLED_AFTER", "0s"),
        ("--write-timeout", "RELAY_WRITE_TIMEOUT", "soon"),
        ("--uncertain-after", "RELAY_UNCERTAIN_AFTER", "1y"),
        ("--sweep-interval", "RELAY_SWEEP_INTERVAL", "5 s"),
        ("--listen", "RELAY_LISTEN", "localhost"),
        ("--trusted-proxy", "RELAY_TRUSTED_PROXY", "10.0.0.0/33"),
        ("--log-format", "RELAY_LOG_FORMAT", "xml"),
    ] {
        says(&refused(&[&format!("{flag}={value}")], &[]), USAGE, &[flag, value]);
        says(&refused(&[], &[(variable, value)]), USAGE, &[flag, value]);
    }
    says(&refused(&["--ping-interval=25"], &[]), USAGE, &["250ms, 25s, 10m or 24h"]);
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let address = format!("127.0.0.1:{port}");
    says(&refused(&["--listen", &address], &[]), HELD, &[&port, "taken", "--listen", "RELAY_LISTEN"]);
}

#[test]
fn a_folder_of_other_things_is_not_taken_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(home.join("letter"), "dear").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_relay-hub"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    says(&(output.status.code(), said), USAGE, &["home", "--data-dir", "chmod 700"]);
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 1, "nothing was put there");
}

/// What `serve --check` says of a setting: value and origin.
fn effective(arguments: &[&str], environment: &[(&str, &str)], setting: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relay-hub"));
    command.args(["serve", "--check"]).args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let line =
        said.lines().find(|line| line.starts_with(setting)).unwrap_or_else(|| panic!("{setting}: {said}"));
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn flags_count_before_the_environment_the_environment_before_the_file_and_the_file_before_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(
        &dir.path().join("a.toml"),
        "[phones]\nping_interval = \"1s\"\n[listen]\ninsecure_http = true\n",
    );
    let variables = [("RELAY_PING_INTERVAL", "2s"), ("RELAY_CONFIG", file.as_str())];
    let ping = |arguments: &[&str], environment: &[(&str, &str)]| {
        effective(arguments, environment, "phones.ping_interval")
    };
    assert_eq!(ping(&["--ping-interval", "3s"], &variables), "3s flag");
    assert_eq!(ping(&[], &variables), "2s environment");
    assert_eq!(ping(&[], &variables[1..]), "1s file, line 2");
    assert_eq!(ping(&["--config", &file], &[]), "1s file, line 2");
    assert_eq!(ping(&[], &[]), "25s default");
    let insecure =
        |environment: &[(&str, &str)]| effective(&["--config", &file], environment, "listen.insecure_http");
    assert_eq!(insecure(&[]), "true file, line 4");
    assert_eq!(insecure(&[("RELAY_INSECURE_HTTP", "false")]), "false environment");
}

#[test]
fn what_a_file_says_wrong_is_refused_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(&dir.path().join("a.toml"), "[phones]\nping_interval = \"soon\"\n[listne]\n");
    let parts = [
        "a.toml:2: [phones] ping_interval cannot be \"soon\"",
        "250ms",
        "a.toml:3: ",
        "did you mean [listen]?",
    ];
    says(&refused(&["--config", &file], &[]), USAGE, &parts);
    says(&refused(&[], &[("RELAY_CONFIG", &file)]), USAGE, &parts);
    says(
        &refused(&["--config", "/nowhere/a.toml"], &[]),
        USAGE,
        &["/nowhere/a.toml", "is not there", "--config"],
    );
    // What only the settings together get wrong is told with the line, too.
    let file = write(&dir.path().join("b.toml"), "[listen]\nlisten = \"0.0.0.0:0\"\n");
    says(&refused(&["--config", &file], &[]), USAGE, &["b.toml:2: ", "0.0.0.0:0", "--trusted-proxy"]);
    says(&refused(&["--config", &file, "--check"], &[]), USAGE, &["b.toml:2: "]);
}

#[test]
fn a_check_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let shown = effective(&["--data-dir", data.to_str().unwrap()], &[], "data.data_dir");
    assert_eq!(shown, format!("{} flag", data.display()));
    assert!(!data.exists());
}

#[tokio::test]
async fn a_hub_and_its_management_commands_find_the_data_by_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    write(&data.join("relay-hub.toml"), "[texts]\nmax_segments = 1\n");
    // A folder that an operator prepared with nothing but the file in it.
    let _hub = Hub::start(&data, HubOptions::default()).await;
    manage(&data, &["account", "create", "Acme"]);
    let file = write(&dir.path().join("a.toml"), &format!("[data]\ndata_dir = {data:?}\n"));
    let listed = Command::new(env!("CARGO_BIN_EXE_relay-hub"))
        .args(["account", "list", "--json", "--config", &file])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8(listed.stdout).unwrap();
    assert!(said.contains("Acme"), "{said}");
    assert!(!dir.path().join("relay-data").exists());
}
