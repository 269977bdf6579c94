//! Management commands speak to the running hub through its socket, and open the store themselves when none
//! runs: the same verbs, the same answers, the same exit codes.

mod doctor;
mod files;
mod settings;

use std::path::Path;

use device_protocol::command::RefreshSims;
use device_protocol::{
    CONNECT_PATH, CommandKind, CommandOutcome, CommandResult, DownFrame, SUBPROTOCOL, UpFrame, events_frame,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::hub::{manage, run};
use crate::support::raw_phone::{Paired, RawPhone};
use crate::support::{Customer, Hub, HubOptions};

/// Done.
const DONE: i32 = 0;
/// Wrong usage.
const USAGE: i32 = 2;
/// What was named does not exist.
const NOT_FOUND: i32 = 3;

/// A command that prints exactly one JSON object, whatever comes of it.
fn answers(data: &Path, words: &[&str], exit: i32) -> Value {
    let (status, output, errors) = run(data, words);
    assert_eq!(status.code(), Some(exit), "{words:?}: {output}{errors}");
    assert_eq!(output.lines().count(), 1, "{words:?}: one line: {output}");
    let object: Value = serde_json::from_str(&output).unwrap();
    assert!(object.is_object(), "{words:?}: {object}");
    assert_eq!(errors.is_empty(), exit == DONE, "{words:?}: {errors}");
    object
}

#[tokio::test]
async fn a_code_a_key_and_a_revocation_are_made_against_a_running_hub() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let hub = Hub::start(&data, HubOptions::default().with(&["--ping-interval", "25s"])).await;
    let account = hub.manage(&["account", "create", "Acme", "--plan", "pro"]);
    assert_eq!(account["name"], "Acme");
    let code = hub.manage(&["device", "pair-code", "--name", "Office"]);
    let phone = Paired::with_code(&hub, code["code"].as_str().unwrap()).await;
    assert_eq!(code["device_id"], json!(phone.device_id.to_string()));
    let (status, _, errors) = run(&data, &["key", "create", "Office", "--slot", "0"]);
    assert!(!status.success(), "a phone that never connected has no SIM");
    assert!(errors.contains("SIM"), "the error names the remedy: {errors}");
    let (mut session, _) = RawPhone::greet(&hub, &phone.token, phone.hello()).await;
    let key = hub.manage(&["key", "create", "Office", "--slot", "0", "--name", "shop"]);
    let secret = key["secret"].as_str().unwrap();
    let listed = hub.manage(&["key", "list"]).to_string();
    assert!(listed.contains(&secret[..12]), "its beginning is shown, to tell it from others");
    assert!(!listed.contains(secret), "the whole of it was shown once");
    let customer = Customer::new(hub.url(""), secret);
    assert!(customer.send("+4915200000001", "it works at once").await.is_some());
    hub.manage(&["key", "revoke", "shop"]);
    let answer = customer.ask(Method::GET, "/api/v1/outbound", None).await.unwrap();
    assert_eq!(answer.status, 401, "and not a moment longer");
    hub.manage(&["device", "revoke", "Office"]);
    session.is_closed_with(device_protocol::CloseCode::Revoked).await;
    // A phone's token is no use any more: that is told before an upgrade, to whoever offers the subprotocol.
    let bearer = format!("Bearer {}", phone.token);
    let offered = [("authorization", bearer.as_str()), ("sec-websocket-protocol", SUBPROTOCOL)];
    let refused = RawPhone::knock(&hub, &offered).await.err().expect("it is refused");
    assert_eq!((refused.status, refused.code.as_str()), (401, "token_revoked"));
    let plain = Customer::new(hub.url(""), &phone.token).ask(Method::GET, CONNECT_PATH, None).await.unwrap();
    assert_eq!(plain.status, 400, "a request without the subprotocol learns nothing about its token");
}

#[tokio::test]
async fn a_device_is_deleted_once_it_is_revoked_and_its_key_dies_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme", "--plan", "pro"]);
    let code = hub.manage(&["device", "pair-code", "--name", "Office"]);
    let phone = Paired::with_code(&hub, code["code"].as_str().unwrap()).await;
    let (_session, _) = RawPhone::greet(&hub, &phone.token, phone.hello()).await;
    let key = hub.manage(&["key", "create", "Office", "--slot", "0"]);
    let customer = Customer::new(hub.url(""), key["secret"].as_str().unwrap());
    let refused = answers(&data, &["device", "delete", "Office"], USAGE);
    assert!(refused["message"].as_str().unwrap().contains("device revoke"), "with the remedy: {refused}");
    assert_eq!(customer.ask(Method::GET, "/api/v1/devices", None).await.unwrap().status, 200);
    hub.manage(&["device", "revoke", "Office"]);
    let deleted = hub.manage(&["device", "delete", "Office"]);
    assert_eq!((&deleted["device_id"], &deleted["keys_revoked"]), (&code["device_id"], &json!(1)));
    assert_eq!(customer.ask(Method::GET, "/api/v1/devices", None).await.unwrap().status, 401);
    assert_eq!(hub.manage(&["device", "list"])["devices"], json!([]));
    assert_eq!(hub.manage(&["device", "list", "--all"])["devices"][0]["status"], "deleted");
    answers(&data, &["device", "delete", "Office"], NOT_FOUND);
    // A code that was typed for the wrong name is taken back the same way.
    let typo = hub.manage(&["device", "pair-code", "--name", "Ofice"]);
    hub.manage(&["device", "delete", "Ofice"]);
    let body = json!({ "code": typo["code"], "model": "Pixel" });
    let late = Customer::new(hub.url(""), "").ask(Method::POST, device_protocol::PAIR_PATH, Some(body)).await;
    assert_eq!(late.unwrap().body["error"]["code"], "code_wrong");
}

#[tokio::test]
async fn the_same_verbs_work_without_a_hub() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    manage(&data, &["account", "create", "Acme", "--plan", "pro"]);
    let code = manage(&data, &["device", "pair-code", "--name", "Office"]);
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    let phone = Paired::with_code(&hub, code["code"].as_str().unwrap()).await;
    drop(RawPhone::greet(&hub, &phone.token, phone.hello()).await);
    hub.terminate();
    let key = manage(&data, &["key", "create", "Office", "--name", "made without a hub"]);
    let dead = manage(&data, &["key", "create", "Office", "--name", "dead"]);
    manage(&data, &["key", "revoke", "dead"]);
    hub.restart().await;
    let ask = |key: &Value| Customer::new(hub.url(""), key["secret"].as_str().unwrap());
    assert!(ask(&key).send("+4915200000001", "x").await.is_some());
    assert!(ask(&dead).send("+4915200000001", "x").await.is_none());
    hub.terminate();
    manage(&data, &["device", "revoke", "Office"]);
    hub.restart().await;
    let bearer = format!("Bearer {}", phone.token);
    let offered = [("authorization", bearer.as_str()), ("sec-websocket-protocol", SUBPROTOCOL)];
    let refused = RawPhone::knock(&hub, &offered).await.err().expect("it is refused");
    assert_eq!(refused.code, "token_revoked");
}

/// Every management command, done and refused, with and without a hub: one object on standard output.
#[tokio::test]
async fn json_is_one_object_and_the_exit_code_says_what_came_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    let phone = Paired::new(&hub, "Office").await;
    drop(RawPhone::greet(&hub, &phone.token, phone.hello()).await);
    for round in ["hub", "no hub"] {
        let named = format!("of {round}");
        answers(&data, &["account", "create", &named, "--plan", "starter"], DONE);
        answers(&data, &["account", "list"], DONE);
        answers(&data, &["device", "pair-code", "--account", "Acme", "--name", &named], DONE);
        answers(&data, &["device", "pair-code", "--device", "Office"], DONE);
        answers(&data, &["device", "list"], DONE);
        answers(&data, &["device", "list", "--account", "Acme"], DONE);
        answers(&data, &["device", "sim", "set", "Office", "0", "+4915112345678"], DONE);
        answers(&data, &["device", "sim", "refresh", "Office"], DONE);
        answers(&data, &["key", "create", "Office", "--name", &named], DONE);
        answers(&data, &["key", "list"], DONE);
        answers(&data, &["key", "revoke", &named], DONE);
        for unknown in [
            &["device", "revoke", "Nobody"][..],
            &["device", "sim", "refresh", "Nobody"],
            &["key", "create", "Nobody"],
            &["key", "revoke", "Nobody"],
            &["device", "list", "--account", "Nobody"],
        ] {
            let refused = answers(&data, unknown, NOT_FOUND);
            assert_eq!((&refused["answer"], &refused["kind"]), (&json!("refused"), &json!("not_found")));
        }
        for wrong in [
            &["account", "create", "X", "--plan", "gold"][..],
            &["account", "create", "X", "--plan", "free", "--burst", "9"],
            &["device", "sim", "set", "Office", "0", "0151"],
            &["device", "sim", "set", "Office", "7", "+4915112345678"],
            &["device", "pair-code", "--name", "which account?"],
        ] {
            assert_eq!(answers(&data, wrong, USAGE)["kind"], "invalid", "{wrong:?}");
        }
        if round == "hub" {
            hub.terminate();
            assert_eq!(answers(&data, &["migrate"], DONE)["answer"], "migrated");
        }
    }
    answers(&data, &["device", "revoke", "Office"], DONE);
}

#[tokio::test]
async fn a_wrong_command_line_is_refused_before_anything_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for words in
        [&["device", "pair-code"][..], &["account"], &["key", "create", "Office", "--slot", "x"], &["fly"]]
    {
        let (status, output, errors) = run(&data, words);
        assert_eq!(status.code(), Some(USAGE), "{words:?}");
        assert!(output.is_empty() && !errors.is_empty(), "{words:?}: {output}");
    }
    assert!(!data.exists());
}

#[tokio::test]
async fn a_sim_refresh_reaches_the_phone_now_or_when_it_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let hub =
        Hub::start(&dir.path().join("data"), HubOptions::default().with(&["--ping-interval", "25s"])).await;
    hub.manage(&["account", "create", "Acme"]);
    let paired = Paired::new(&hub, "Office").await;
    let (mut phone, _) = RawPhone::greet(&hub, &paired.token, paired.hello()).await;
    let asked = hub.manage(&["device", "sim", "refresh", "Office"]);
    let Some(DownFrame::Command(command)) = phone.hear().await else { panic!("the command comes") };
    assert_eq!(json!(command.id.to_string()), asked["command_id"]);
    assert!(matches!(command.kind, CommandKind::RefreshSims(RefreshSims {})));
    // Not answered: the next session is asked the same again.
    drop(phone);
    let (mut phone, _) = RawPhone::greet(&hub, &paired.token, paired.hello_after(0, 0)).await;
    let Some(DownFrame::Command(again)) = phone.hear().await else { panic!("the command comes again") };
    assert_eq!(again.id, command.id);
    let at = json!({ "wall_ms": 1_766_000_000_000_u64, "age_ms": 5 });
    let sims = json!([{ "slot": 1, "number": "+4915100000007", "default": true }]);
    phone.say(events_frame(1, &[json!({ "type": "sim_changed", "at": at, "sims": sims }).to_string()])).await;
    let result = CommandResult { id: command.id, outcome: CommandOutcome::Done };
    phone.say(UpFrame::CommandResult(result).to_text()).await;
    phone.hears_ack(1).await;
    let shown = hub.manage(&["device", "list"]);
    assert_eq!(shown["devices"][0]["sims"][0]["number"], "+4915100000007");
    assert_eq!(shown["devices"][0]["sims"][0]["slot"], 1);
}
