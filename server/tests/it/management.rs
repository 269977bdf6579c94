//! Management commands speak to the running hub through its socket, and open the store themselves when none
//! runs.

use serde_json::json;

use crate::support::hub::{manage, run};
use crate::support::{Customer, Hub, HubOptions};
use reqwest::Method;

#[tokio::test]
async fn a_code_a_key_and_a_revocation_are_made_against_a_running_hub() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let hub = Hub::start(&data, HubOptions::default()).await;
    let account = hub.manage(&["account", "create", "Acme", "--plan", "pro"]);
    assert_eq!(account["name"], "Acme");
    let code = hub.manage(&["device", "pair-code", "--name", "Office"]);
    let phone = android_bridge::pair(&hub.url(""), code["code"].as_str().unwrap(), "test").await.unwrap();
    assert_eq!(code["device_id"], json!(phone.device_id.to_string()));
    let (status, _, errors) = run(&data, &["key", "create", "Office", "--slot", "0"]);
    assert!(!status.success(), "a phone that never connected has no SIM");
    assert!(errors.contains("SIM"), "the error names the remedy: {errors}");
    let (status, _, _) = run(&data, &["device", "revoke", "Nobody"]);
    assert_eq!(status.code(), Some(3), "what does not exist has an exit code of its own");
    hub.manage(&["device", "revoke", "Office"]);
    let refused = Customer::new(hub.url(""), &phone.token);
    let answer = refused.ask(Method::GET, device_protocol::CONNECT_PATH, None).await.unwrap();
    assert_eq!(answer.status, 400, "no subprotocol comes first");
    drop(hub);
    let listed = manage(&data, &["account", "list"]);
    assert!(listed.to_string().contains("Acme"), "the same verb without a hub: {listed}");
}
