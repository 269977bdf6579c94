//! The data directory: private, held by one hub at a time, and nobody's grave after a kill.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::hub::manage;
use crate::support::{Hub, HubOptions};

/// Somebody else holds what is needed.
const HELD: i32 = 4;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

#[tokio::test]
async fn everything_in_the_data_directory_is_the_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    assert_eq!(mode(&data), 0o700);
    for name in ["relay.db", "relay.db-wal", "secrets.json", "hub.sock", "hub.lock"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[tokio::test]
async fn a_second_hub_on_the_same_data_directory_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    let second = Command::new(env!("CARGO_BIN_EXE_relay-hub"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(HELD), "{said}");
    assert!(said.contains("in use by another relay-hub") && said.contains("--data-dir"), "{said}");
    assert!(hub.is_running());
    hub.manage(&["account", "create", "Acme"]);
}

#[tokio::test]
async fn what_a_killed_hub_leaves_behind_is_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    hub.kill();
    assert!(data.join("hub.sock").exists(), "a killed hub leaves its socket");
    let listed = manage(&data, &["account", "list"]);
    assert_eq!(listed["accounts"][0]["name"], "Acme", "a command finds nobody there and opens the store");
    hub.restart().await;
    assert_eq!(hub.manage(&["account", "list"]), listed);
    hub.terminate();
    assert!(!data.join("hub.sock").exists(), "one that stops takes it along");
}

#[tokio::test]
async fn a_running_hub_and_commands_never_open_the_store_together() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let hub = Hub::start(&data, HubOptions::default()).await;
    let commands: Vec<_> = (0..6)
        .map(|n| {
            let data = data.clone();
            tokio::task::spawn_blocking(move || {
                manage(&data, &["account", "create", &format!("Customer {n}")])
            })
        })
        .collect();
    for command in commands {
        command.await.unwrap();
    }
    let listed = hub.manage(&["account", "list"]);
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 6);
}
