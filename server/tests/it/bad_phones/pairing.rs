//! Pairing: codes that are none, wrong, used or guessed, and bodies that are none. That a code dies after ten
//! minutes is proved where the clock can be turned, in the store's contract.

use device_protocol::PAIR_PATH;
use serde_json::{Value, json};

use crate::support::{Hub, HubOptions};

struct Door {
    hub: Hub,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Door {
    async fn open() -> Door {
        let dir = tempfile::tempdir().unwrap();
        let hub = Hub::start(&dir.path().join("data"), HubOptions::default()).await;
        hub.manage(&["account", "create", "Acme"]);
        Door { hub, http: reqwest::Client::new(), _dir: dir }
    }

    fn code(&self) -> String {
        self.hub.manage(&["device", "pair-code", "--name", "Office"])["code"].as_str().unwrap().to_owned()
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, String, Option<String>) {
        let answer = self.http.post(self.hub.url(PAIR_PATH)).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        let body: Value = answer.json().await.unwrap_or_default();
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned(), wait)
    }

    async fn show(&self, code: &str) -> (u16, String) {
        let (status, code, _) = self.post(json!({ "code": code, "model": "raw" }).to_string()).await;
        (status, code)
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Another code with the same public half.
fn guess(code: &str) -> String {
    let (public, secret) = code.split_once('-').expect("ABCD-123456");
    let (first, rest) = secret.split_at(1);
    format!("{public}-{}{rest}", if first == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn a_code_works_once_however_it_is_typed() {
    let door = Door::open().await;
    let code = door.code();
    let typed = code.replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
    assert_eq!(door.show(&typed).await.0, 201);
    assert_eq!(door.show(&code).await, refused(410, "code_used"));
}

#[tokio::test]
async fn a_code_that_is_none_or_a_body_that_is_none_is_400() {
    let door = Door::open().await;
    for code in ["", "ABCD", "ABCD-12345", "ABCD-1234567", "UUUU-UUUUUU"] {
        assert_eq!(door.show(code).await, refused(400, "bad_request"), "{code}");
    }
    for body in ["", "ABCD-123456", "{\"code\":7}"] {
        let (status, code, _) = door.post(body).await;
        assert_eq!((status, code), refused(400, "bad_request"), "{body}");
    }
}

#[tokio::test]
async fn five_wrong_secrets_burn_a_code() {
    let door = Door::open().await;
    let (code, other) = (door.code(), door.code());
    let wrong = guess(&code);
    for _ in 0..5 {
        assert_eq!(door.show(&wrong).await, refused(404, "code_wrong"));
    }
    assert_eq!(door.show(&code).await, refused(410, "code_burnt"));
    assert_eq!(door.show(&other).await.0, 201, "another code lives");
}

#[tokio::test]
async fn the_eleventh_try_of_a_minute_waits_even_with_a_good_code() {
    let door = Door::open().await;
    let code = door.code();
    for _ in 0..10 {
        assert_eq!(door.show("ZZZZ-ZZZZZZ").await, refused(404, "code_wrong"));
    }
    let (status, word, wait) = door.post(json!({ "code": code }).to_string()).await;
    assert_eq!((status, word), refused(429, "too_many_tries"));
    let seconds: u64 = wait.expect("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let health = door.http.get(door.hub.url("/healthz")).send().await.unwrap();
    assert_eq!(health.status().as_u16(), 200, "only pairing waits");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_unread() {
    let door = Door::open().await;
    let body = json!({ "code": door.code(), "model": "x".repeat(64 * 1024) }).to_string();
    let (status, code, _) = door.post(body).await;
    assert!(matches!(status, 400 | 413), "{status}");
    assert_eq!(code, "bad_request", "in the protocol's own words");
    let answer = door.http.get(door.hub.url(PAIR_PATH)).send().await.unwrap();
    assert!(answer.status().is_client_error(), "pairing is a POST");
}
