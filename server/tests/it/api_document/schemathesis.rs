//! Schemathesis makes up requests from the document, good and bad ones, and judges the answers by it: no 5xx, no status,
//! header or member that is not described, nothing taken that the document forbids, nothing refused that it allows.
//! What it leaves out, and why, stands in `schemathesis/`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use android_bridge::sim::CarrierProfile;
use serde_json::json;

use crate::support::fleet::Installation;
use crate::support::{HubOptions, eventually};

/// What is installed for these tests.
const REQUIREMENTS: &str = include_str!("schemathesis/requirements.txt");
/// The same requests in every run: a failure is one that a change made.
const SEED: &str = "20260425";
/// For each operation in each phase: about two thousand requests, well below a minute on a slow machine.
const MOST_EXAMPLES: &str = "200";

/// A program of the virtual environment that `cargo xtask test` makes.
pub fn python(program: &str) -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python");
    let installed = std::fs::read_to_string(environment.join("requirements.txt")).unwrap_or_default();
    assert!(
        installed == REQUIREMENTS,
        "the Python programs of this test are not installed, or not in these versions: run `cargo xtask test`, which \
         installs them"
    );
    environment.join("bin").join(program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_requests_are_answered_as_the_document_says() {
    let schemathesis = python("schemathesis");
    let unlimited = ["--key-rate", "0", "--address-rate", "0", "--wrong-key-rate", "0"];
    let mut town = Installation::start(HubOptions::default().with(&unlimited)).await;
    let line = town.line(CarrierProfile::quick()).await;
    // The document describes short codes too.
    town.hub.manage(&["account", "short-codes", "Acme", "on"]);
    for n in 1..=3 {
        line.phone().receive_sms(0, "+436641234567", &format!("text {n}")).await;
    }
    eventually("what was received can be read", || async {
        (line.customer.list("/api/v1/inbound").await.len() == 3).then_some(())
    })
    .await;
    let key = town.key(&line.name, 0);
    let folder = town.path("schemathesis");
    std::fs::create_dir(&folder).unwrap();
    // It leaves files behind where it runs.
    for (name, text) in [
        ("schemathesis.toml", include_str!("schemathesis/schemathesis.toml")),
        ("hooks.py", include_str!("schemathesis/hooks.py")),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = tokio::process::Command::new(schemathesis);
    command.args(["run", &town.hub.url("/docs/relayion/openapi.json")]);
    command.args(["--header", &format!("Authorization: Bearer {key}"), "--seed", SEED]);
    command.args(["--max-examples", MOST_EXAMPLES, "--no-color"]);
    command.current_dir(&folder).stdin(Stdio::null()).kill_on_drop(true);
    let judged = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}\n{}", String::from_utf8_lossy(&judged.stderr));
    let tested = said.lines().find_map(|line| line.trim().strip_prefix("Tested:"));
    assert_eq!(tested.map(str::trim), Some("9"), "every operation was tried: {said}");
    for message in line.customer.list("/api/v1/outbound").await {
        line.customer.note(json!({
            "log": "client", "kind": "accepted", "id": message["id"], "device": message["deviceId"],
            "to": message["recipientNumber"], "at_ms": 0,
        }));
    }
    // Some are scheduled, and wait.
    town.judge_as_it_is().await;
}
