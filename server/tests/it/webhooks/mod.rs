//! Webhooks are told at least once, in order within a message, signed over the exact bytes, whatever dies meanwhile and
//! however a receiver behaves.

mod deaths;
mod letter;
mod many;
mod operators;
mod receivers;
mod tls;

use serde_json::{Value, json};

use crate::support::fleet::Installation;
use crate::support::receiver::Receiver;
use crate::support::{Hub, HubOptions, eventually};

const TO: &str = "+436601234567";
const EVERYTHING: &str =
    "outbound.queued,outbound.dispatched,outbound.sent,outbound.delivered,outbound.failed";

/// A hub that may post to this machine, and whose posts are over soon.
fn options() -> HubOptions {
    HubOptions::default().with(&["--webhook-http", "loopback", "--webhook-timeout", "1500ms"])
}

async fn start() -> Installation {
    Installation::start(options()).await
}

/// A hub with an account and no phone: there is nothing to judge but what was posted.
struct Alone {
    hub: Hub,
    dir: tempfile::TempDir,
}

impl Alone {
    async fn start(options: HubOptions) -> Alone {
        let dir = tempfile::tempdir().unwrap();
        let hub = Hub::start(&dir.path().join("data"), options).await;
        hub.manage(&["account", "create", "Acme"]);
        Alone { hub, dir }
    }
}

/// Waits until nothing waits for a webhook, then lets the judge read what its receiver was told.
async fn hear(town: &mut Installation, webhook: &str, receiver: &Receiver) {
    let shown = eventually("nothing waits", || async {
        Some(show(&town.hub, webhook)).filter(|shown| shown["pending"] == 0)
    })
    .await;
    town.note(&json!({
        "log": "receiver", "kind": "subscribed", "webhook": webhook, "events": shown["events"],
    }));
    for told in receiver.told().iter().filter(|told| !told.headers.contains_key("x-relayion-replay")) {
        town.note(&json!({
            "log": "receiver", "kind": "told", "webhook": webhook, "event_id": told.id(), "event": told.event(),
            "about": told.json()["data"]["id"], "body": String::from_utf8_lossy(&told.body),
        }));
    }
}

/// Makes a webhook: its id and its secret.
fn create(hub: &Hub, url: &str, events: &str, more: &[&str]) -> (String, String) {
    let made =
        hub.manage(&[&["webhook", "create", url, "--events", events, "--account", "Acme"], more].concat());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

fn show(hub: &Hub, webhook: &str) -> Value {
    hub.manage(&["webhook", "show", webhook])
}

fn attempts(hub: &Hub, webhook: &str) -> Vec<Value> {
    hub.manage(&["webhook", "attempts", webhook])["attempts"].as_array().unwrap().clone()
}

/// Waits until an attempt failed with such words.
async fn until_failed(hub: &Hub, webhook: &str, words: &str) -> Value {
    eventually(&format!("an attempt fails: {words}"), || async {
        let mut log = attempts(hub, webhook).into_iter();
        log.find(|tried| tried["error"].as_str().is_some_and(|error| error.contains(words)))
    })
    .await
}
