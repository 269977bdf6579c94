//! The programs of `docs/clients.md` do what they say, against a hub that is down when they start.

use std::path::Path;
use std::process::Stdio;

use android_bridge::sim::CarrierProfile;
use serde_json::json;
use tokio::process::Command;

use crate::support::fleet::Installation;
use crate::support::{HubOptions, eventually};

const CLIENTS: &str = include_str!("../../../docs/clients.md");
const TO: &str = "+436601234567";

/// The program between the fences of a language.
fn program(language: &str) -> &'static str {
    let (_, begun) =
        CLIENTS.split_once(&format!("```{language}\n")).expect("the document has such a program");
    begun.split_once("```").expect("it ends").0
}

/// Runs one against a fresh hub with a phone, three SMS and a key.
async fn runs(language: &str, file: &str, with: &[&str]) {
    let mut town = Installation::start(HubOptions::default()).await;
    let line = town.line(CarrierProfile::quick()).await;
    for n in 1..=3 {
        line.phone().receive_sms(0, "+436641234567", &format!("text {n}")).await;
        eventually("it is listed", || async {
            (line.customer.list("/api/v1/inbound").await.len() == n).then_some(())
        })
        .await;
    }
    let (key, folder) = (town.key(&line.name, 0), town.path("client"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(file), program(language)).unwrap();
    town.hub.kill();
    let client = start(&folder, file, with, &[("RELAY_URL", &town.hub.url("")), ("RELAY_KEY", &key)]);
    town.hub.restart().await;
    let ended = client.wait_with_output().await.unwrap();
    let (said, complained) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{}: {said}{complained}", ended.status);
    let expected = [
        "message: DELIVERED",
        "row 0: true",
        "row 1: false",
        "inbound: text 3",
        "inbound: text 2",
        "inbound: text 1",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{complained}");
    let sent = line.customer.list("/api/v1/outbound").await;
    let bodies: Vec<&str> = sent.iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["First", "Your order is on its way."]);
    for message in &sent {
        line.customer.note(json!({
            "log": "client", "kind": "accepted", "id": message["id"], "device": message["deviceId"], "to": TO,
            "at_ms": 0,
        }));
    }
    town.judge().await;
}

fn start(folder: &Path, file: &str, with: &[&str], environment: &[(&str, &str)]) -> tokio::process::Child {
    let mut command = Command::new(with[0]);
    command
        .args(&with[1..])
        .arg(file)
        .current_dir(folder)
        .env("RELAY_TO", TO)
        .envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| {
        panic!("`{}` cannot be started ({error}): `cargo xtask test` says how to get it", with[0])
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_curl_program_does_what_it_says() {
    runs("sh", "client.sh", &["sh", "-eu"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_program_does_what_it_says() {
    runs("js", "client.mjs", &["node"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_program_does_what_it_says() {
    runs("python", "client.py", &["python3"]).await;
}
