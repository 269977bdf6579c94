//! A setting that cannot be is refused at start, with its name, its value and what to do instead.

use std::net::TcpListener;
use std::process::{Command, Stdio};

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
