//! The REST surface over the wire: the vendor's shapes to the letter, and the walls between tenants.

use std::collections::BTreeSet;

use device_protocol::{DownFrame, UpFrame, events_frame};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::customer::Answer;
use crate::support::raw_phone::{Paired, RawPhone, about, inbound};
use crate::support::{Customer, Hub, HubOptions, eventually};

/// The page's examples, as they are printed.
const OUTBOUND: &str = include_str!("fixtures/outbound.json");
const INBOUND: &str = include_str!("fixtures/inbound.json");
const DEVICES: &str = include_str!("fixtures/devices.json");

struct House {
    hub: Hub,
    paired: Paired,
    customer: Customer,
    account: String,
    device: String,
    _dir: TempDir,
}

impl House {
    /// A hub with one account, one phone that was online once, and its key.
    async fn built() -> House {
        let dir = tempfile::tempdir().unwrap();
        let options = HubOptions::default().with(&["--ping-interval", "25s"]);
        let hub = Hub::start(&dir.path().join("data"), options).await;
        let account = hub.manage(&["account", "create", "Acme", "--plan", "pro"]);
        let paired = Paired::new(&hub, "Office").await;
        drop(RawPhone::greet(&hub, &paired.token, paired.hello()).await);
        let key = hub.manage(&["key", "create", "Office"]);
        let customer = Customer::new(hub.url(""), key["secret"].as_str().unwrap());
        let (account, device) = (account["id"].as_str().unwrap().to_owned(), paired.device_id.to_string());
        House { hub, paired, customer, account, device, _dir: dir }
    }

    /// The phone, online.
    async fn phone(&self) -> RawPhone {
        RawPhone::greet(&self.hub, &self.paired.token, self.paired.hello()).await.0
    }

    /// The phone is not connected any more.
    async fn is_offline(&self) {
        eventually("the phone is offline", || async {
            let devices = self.get("/api/v1/devices").await;
            (devices.body["data"][0]["status"] == "OFFLINE").then_some(())
        })
        .await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.customer.ask(Method::GET, path, None).await.expect("an answer")
    }

    async fn post(&self, draft: Value) -> Answer {
        self.customer.ask(Method::POST, "/api/v1/outbound", Some(draft)).await.expect("an answer")
    }

    /// Another account with a phone and a key of its own.
    async fn stranger(&self) -> Customer {
        self.hub.manage(&["account", "create", "Stranger"]);
        let code = self.hub.manage(&["device", "pair-code", "--name", "Elsewhere", "--account", "Stranger"]);
        let elsewhere = Paired::with_code(&self.hub, code["code"].as_str().unwrap()).await;
        // The same number: it has moved there.
        drop(RawPhone::greet(&self.hub, &elsewhere.token, elsewhere.hello()).await);
        let key = self.hub.manage(&["key", "create", "Elsewhere"]);
        Customer::new(self.hub.url(""), key["secret"].as_str().unwrap())
    }
}

/// The members of an object, and of the objects inside it, as paths.
fn members(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(name, value)| {
                let inner = members(value).into_iter().map(move |path| format!("{name}.{path}"));
                inner.chain([name.clone()])
            })
            .collect(),
        Value::Array(rows) => rows.iter().flat_map(members).collect(),
        _ => BTreeSet::new(),
    }
}

fn has_the_shape_of(body: &Value, printed: &str) {
    let printed: Value = serde_json::from_str(printed).unwrap();
    assert_eq!(members(body), members(&printed), "{body:#}");
}

fn is_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &json!(code)), "{}", answer.body);
    assert_eq!(answer.body["success"], false);
    assert!(answer.body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
}

fn draft(body: &str) -> Value {
    json!({ "recipientNumber": "+639171234567", "body": body })
}

#[tokio::test]
async fn the_202_is_the_printed_one_dispatched_while_online_and_queued_while_not() {
    let house = House::built().await;
    let phone = house.phone().await;
    let answer = house.post(draft("Your appointment is confirmed.")).await;
    assert_eq!(answer.status, 202);
    has_the_shape_of(&answer.body, OUTBOUND);
    let data = &answer.body["data"];
    assert_eq!((&data["accountId"], &data["deviceId"]), (&json!(house.account), &json!(house.device)));
    assert_eq!((&data["status"], &data["simSlotIndex"]), (&json!("DISPATCHED"), &json!(0)));
    assert!(data["dispatchedAt"].is_string());
    for unset in ["sentAt", "deliveredAt", "failedAt", "failureReason"] {
        assert_eq!(data[unset], Value::Null, "{unset}");
    }
    drop(phone);
    house.is_offline().await;
    let answer = house.post(draft("later")).await;
    has_the_shape_of(&answer.body, OUTBOUND);
    let data = &answer.body["data"];
    assert_eq!((answer.status, &data["status"]), (202, &json!("QUEUED")));
    assert_eq!(data["dispatchedAt"], Value::Null);
}

#[tokio::test]
async fn a_message_is_read_by_its_id_as_it_goes_from_dispatched_to_delivered() {
    let house = House::built().await;
    let mut phone = house.phone().await;
    let id = house.post(draft("follow me")).await.body["data"]["id"].as_str().unwrap().to_owned();
    let Some(DownFrame::Send(message)) = phone.hear().await else { panic!("the message comes") };
    assert_eq!((message.id.to_string(), message.body.as_str()), (id.clone(), "follow me"));
    phone.say(UpFrame::Ack { down: message.down_seq }.to_text()).await;
    for (number, kind, status) in [(1, "sent", "SENT"), (2, "delivered", "DELIVERED")] {
        phone.say(events_frame(number, &[about(kind, message.id)])).await;
        phone.hears_ack(number).await;
        let answer = house.get(&format!("/api/v1/outbound/{id}")).await;
        assert_eq!((answer.status, &answer.body["data"]["status"]), (200, &json!(status)));
        has_the_shape_of(&answer.body, OUTBOUND);
    }
    let listed = house.get("/api/v1/outbound?status=DELIVERED").await;
    assert_eq!(listed.body["data"][0]["id"], json!(id));
}

#[tokio::test]
async fn another_tenants_message_is_404_exactly_like_an_unknown_one() {
    let house = House::built().await;
    let id = house.post(draft("mine")).await.body["data"]["id"].as_str().unwrap().to_owned();
    let stranger = house.stranger().await;
    let ask = |path: String| {
        let stranger = stranger.clone();
        async move { stranger.ask(Method::GET, &path, None).await.unwrap() }
    };
    let theirs = ask(format!("/api/v1/outbound/{id}")).await;
    is_refused(&theirs, 404, "NOT_FOUND");
    for unknown in [uuid::Uuid::now_v7().to_string(), "no-id".to_owned()] {
        let nobodys = ask(format!("/api/v1/outbound/{unknown}")).await;
        assert_eq!((nobodys.status, &nobodys.body), (theirs.status, &theirs.body));
    }
    for list in ["/api/v1/outbound".to_owned(), format!("/api/v1/outbound?deviceId={}", house.device)] {
        assert_eq!(ask(list).await.body["data"], json!([]));
    }
    let devices = ask("/api/v1/devices".to_owned()).await;
    assert_eq!(devices.body["data"].as_array().unwrap().len(), 1, "its own only");
}

#[tokio::test]
async fn inbound_is_the_printed_one_and_shows_the_keys_account_and_number_only() {
    let house = House::built().await;
    let mut phone = house.phone().await;
    let elsewhere = inbound("on another number")
        .replace("\"slot\":0", "\"sim\":{\"number\":\"+15550000001\"},\"slot\":3");
    phone.say(events_frame(1, &[inbound("Yes, please."), elsewhere])).await;
    phone.hears_ack(2).await;
    let answer = house.get("/api/v1/inbound").await;
    assert_eq!(answer.status, 200);
    has_the_shape_of(&answer.body, INBOUND);
    let rows = answer.body["data"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["body"], &rows[0]["status"]), (&json!("Yes, please."), &json!("RECEIVED")));
    let stranger = house.stranger().await;
    let answer = stranger.ask(Method::GET, "/api/v1/inbound", None).await.unwrap();
    assert_eq!(answer.body["data"], json!([]), "the number moved, its history did not");
}

#[tokio::test]
async fn devices_are_the_printed_ones_and_say_who_is_online() {
    let house = House::built().await;
    let _phone = house.phone().await;
    let answer = house.get("/api/v1/devices").await;
    has_the_shape_of(&answer.body, DEVICES);
    let device = &answer.body["data"][0];
    assert_eq!((&device["name"], &device["status"]), (&json!("Office"), &json!("ONLINE")));
    assert_eq!((&device["isPaired"], &device["pendingSetup"]), (&json!(true), &json!(false)));
    assert_eq!(device["sims"][0]["phoneNumber"], "+4915112345678");
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_with_a_total_and_a_link() {
    let house = House::built().await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(house.post(draft(&n.to_string())).await.body["data"]["id"].clone());
    }
    sent.reverse();
    let mut listed = Vec::new();
    let mut next = Some("/api/v1/outbound?limit=2".to_owned());
    while let Some(path) = next {
        let page = house.get(&path).await;
        has_the_shape_of(&json!({ "success": true, "data": page.body["data"][0] }), OUTBOUND);
        assert_eq!(page.headers["x-total-count"], "5");
        listed.extend(page.body["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let link = page.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.and_then(|link| Some(link.split_once('>')?.0.trim_start_matches('<').to_owned()));
    }
    assert_eq!(listed, sent);
    is_refused(&house.get("/api/v1/outbound?limit=0").await, 400, "VALIDATION_ERROR");
    is_refused(&house.get("/api/v1/outbound?status=LOST").await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_revoked_key_stops_and_stores_nothing_more() {
    let house = House::built().await;
    assert_eq!(house.post(draft("before")).await.status, 202);
    house.hub.manage(&["key", "revoke", "default"]);
    // When the command has answered, no request passes any more.
    let refused = house.post(draft("after")).await;
    is_refused(&refused, 401, "UNAUTHORIZED");
    house.hub.manage(&["key", "create", "Office", "--name", "second"]);
    let devices = house.hub.manage(&["device", "list"]);
    assert_eq!(devices["devices"][0]["queued"], 1, "only the one before");
}

#[tokio::test]
async fn who_does_not_say_who_asks_is_401_with_the_way_to_say_it() {
    let house = House::built().await;
    let http = reqwest::Client::new();
    for path in ["/api/v1/outbound", "/api/v1/outbound/x", "/api/v1/inbound", "/api/v1/devices"] {
        let answer = http.get(house.hub.url(path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401, "{path}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer", "{path}");
    }
    for secret in ["rlyn_", "rlyn_wrong", &format!("rlyn_{}", "x".repeat(44)), "x\u{e9}"] {
        let answer =
            Customer::new(house.hub.url(""), secret).ask(Method::GET, "/api/v1/devices", None).await.unwrap();
        is_refused(&answer, 401, "UNAUTHORIZED");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_the_vendors_envelope() {
    let house = House::built().await;
    for (wrong, field) in [
        (json!({ "body": "x" }), "recipientNumber"),
        (json!({ "recipientNumber": "0917", "body": "x" }), "recipientNumber"),
        (json!({ "recipientNumber": "+639171234567" }), "body"),
        (json!({ "recipientNumber": "+639171234567", "body": 7 }), "body"),
        (json!({ "recipientNumber": "+639171234567", "body": "x".repeat(2000) }), "body"),
    ] {
        let answer = house.post(wrong).await;
        is_refused(&answer, 400, "VALIDATION_ERROR");
        assert_eq!(answer.body["error"]["field"], field);
    }
    let large = house.post(draft(&"x".repeat(1024 * 1024))).await;
    is_refused(&large, 413, "PAYLOAD_TOO_LARGE");
    for (path, allowed) in
        [("/api/v1/outbound", "GET, HEAD, POST, OPTIONS"), ("/api/v1/inbound", "GET, HEAD, OPTIONS")]
    {
        let answer = house.customer.ask(Method::DELETE, path, None).await.unwrap();
        is_refused(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.headers["allow"], allowed);
    }
    is_refused(&house.get("/api/v1/outboxes").await, 404, "NOT_FOUND");
    assert_eq!(house.get("/api/v1/outbound").await.body["data"], json!([]), "nothing of it was stored");
}

#[tokio::test]
async fn a_key_whose_device_is_not_paired_gets_409_and_what_waited_has_failed() {
    let house = House::built().await;
    let id = house.post(draft("waits")).await.body["data"]["id"].as_str().unwrap().to_owned();
    house.hub.manage(&["device", "revoke", "Office"]);
    is_refused(&house.post(draft("x")).await, 409, "DEVICE_NOT_PAIRED");
    let waited = house.get(&format!("/api/v1/outbound/{id}")).await;
    assert_eq!(waited.body["data"]["status"], "FAILED");
    assert_eq!(waited.body["data"]["failureReason"], "Device not paired");
}

#[tokio::test]
async fn health_needs_no_key_and_strangers_paths_are_404() {
    let house = House::built().await;
    let health = reqwest::get(house.hub.url("/healthz")).await.unwrap();
    assert_eq!(health.status().as_u16(), 200);
    assert_eq!(health.json::<Value>().await.unwrap()["status"], "ready");
    assert_eq!(reqwest::get(house.hub.url("/")).await.unwrap().status().as_u16(), 200);
    assert_eq!(reqwest::get(house.hub.url("/nowhere")).await.unwrap().status().as_u16(), 404);
}
