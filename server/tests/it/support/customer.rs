//! A customer of the REST API with one key, and the log that the judge reads.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::await_fact::LONG_DEADLINE;
use super::eventually;

/// A customer.
#[derive(Clone)]
pub struct Customer {
    http: reqwest::Client,
    base: String,
    secret: String,
    /// Sent as `Idempotency-Key` with each request, if there is one.
    name: Option<String>,
    log: Arc<Mutex<Vec<String>>>,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

fn client(patience: Duration) -> reqwest::Client {
    reqwest::Client::builder().timeout(patience).build().unwrap()
}

impl Customer {
    /// A customer of the hub at `base` with this key.
    pub fn new(base: String, secret: &str) -> Customer {
        let (http, secret) = (client(LONG_DEADLINE), secret.to_owned());
        Customer { http, base, secret, name: None, log: Arc::default() }
    }

    /// The same customer, who waits no longer than this for an answer.
    pub fn patient_for(self, time: Duration) -> Customer {
        Customer { http: client(time), ..self }
    }

    /// The same customer, whose requests have this name.
    pub fn named(self, name: &str) -> Customer {
        Customer { name: Some(name.to_owned()), ..self }
    }

    /// One request; `None` when no answer came, as when the hub was killed.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Option<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.secret);
        if let Some(name) = &self.name {
            request = request.header("Idempotency-Key", name);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?;
        Some(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    /// Sends; the message's id when it was accepted.
    pub async fn send(&self, to: &str, body: &str) -> Option<String> {
        self.send_draft(json!({ "recipientNumber": to, "body": body })).await
    }

    /// The same with whatever else a message may ask for.
    pub async fn send_draft(&self, draft: Value) -> Option<String> {
        let answer = self.post(draft).await?;
        (answer.status == 202).then(|| answer.body["data"]["id"].as_str().unwrap().to_owned())
    }

    /// The same with the whole answer; `None` when none came.
    pub async fn post(&self, draft: Value) -> Option<Answer> {
        let answer = self.ask(Method::POST, "/api/v1/outbound", Some(draft)).await?;
        if answer.status == 202 {
            let data = &answer.body["data"];
            let (id, to, device) = (&data["id"], &data["recipientNumber"], &data["deviceId"]);
            self.note(json!({ "log": "client", "kind": "accepted", "id": id, "device": device, "to": to, "at_ms": now_ms() }));
            self.observe(data);
        }
        Some(answer)
    }

    /// Reads a message.
    pub async fn message(&self, id: &str) -> Option<Value> {
        let answer = self.ask(Method::GET, &format!("/api/v1/outbound/{id}"), None).await?;
        if answer.status != 200 {
            return None;
        }
        self.observe(&answer.body["data"]);
        Some(answer.body["data"].clone())
    }

    /// Waits until a message has this status.
    pub async fn until_status(&self, id: &str, status: &str) -> Value {
        eventually(&format!("message {id} is {status}"), || async {
            self.message(id).await.filter(|message| message["status"] == status)
        })
        .await
    }

    /// Every row of a list, page by page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        for page in 1.. {
            let paged = format!("{path}?limit=100&page={page}");
            let answer = self.ask(Method::GET, &paged, None).await.expect("the list is answered");
            assert_eq!(answer.status, 200, "{paged}: {}", answer.body);
            let part = answer.body["data"].as_array().unwrap().clone();
            let last = part.len() < 100;
            rows.extend(part);
            if last {
                break;
            }
        }
        rows
    }

    /// Writes the final state of everything into the log: messages, and what was received on the key's number.
    pub async fn observe_everything(&self) {
        for message in self.list("/api/v1/outbound").await {
            self.observe(&message);
        }
        for sms in self.list("/api/v1/inbound").await {
            self.note(json!({
                "log": "client", "kind": "inbound", "id": sms["id"], "device": sms["deviceId"],
                "from": sms["senderNumber"], "body": sms["body"],
            }));
        }
    }

    /// A line of the log.
    pub fn note(&self, line: Value) {
        self.log.lock().unwrap().push(line.to_string());
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn observe(&self, message: &Value) {
        let status = message["status"].as_str().unwrap();
        let dispatched = message["dispatchedAt"].as_str().map(nanos);
        self.note(json!({
            "log": "client", "kind": "observed", "id": message["id"], "device": message["deviceId"],
            "status": status, "dispatched_at_ns": dispatched, "failure_stage": stage(message),
            "uncertain": status == "DISPATCHED", "at_ms": now_ms(),
        }));
    }
}

/// This machine's clock, which is the hub's too.
pub fn now_ms() -> i64 {
    i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap()
}

/// The stage of a failure, as far as a customer can tell it from the reason.
fn stage(message: &Value) -> Option<&'static str> {
    Some(match message["failureReason"].as_str()? {
        reason if reason.starts_with("Outcome unknown") => "unknown",
        "Device not paired" => "hub",
        "Expired" => "expired",
        "Canceled" => "canceled",
        "The carrier could not deliver the message" => "receipt",
        _ => "radio",
    })
}

/// An instant as the API prints it, in Unix nanoseconds.
pub fn nanos(instant: &str) -> i64 {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    let parsed = OffsetDateTime::parse(instant, &Rfc3339).unwrap();
    i64::try_from(parsed.unix_timestamp_nanos()).unwrap()
}
