//! Where the examples are tried: a hub, a phone that says what a test tells it to, and a customer who can ask for
//! anything in any way.

use device_protocol::{DownFrame, UpFrame, events_frame};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::document::{Document, Operation};
use crate::support::customer::Answer;
use crate::support::raw_phone::{Paired, RawPhone, about};
use crate::support::{Hub, HubOptions};

/// A hub with an account, a phone that is online, and a key.
pub struct Scene {
    pub hub: Hub,
    pub document: Document,
    pub key: String,
    pub phone: RawPhone,
    /// Events that the phone has told.
    told: u64,
    http: reqwest::Client,
    _dir: TempDir,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Scene {
    /// A hub whose account has this plan, started with more arguments.
    pub async fn open(plan: &str, args: &[&str]) -> Scene {
        let dir = tempfile::tempdir().unwrap();
        // The phone speaks when it is told to: it must not be missed in between.
        let options =
            HubOptions::default().with(&["--ping-interval", "60s", "--stalled-after", "60s"]).with(args);
        let hub = Hub::start(&dir.path().join("data"), options).await;
        hub.manage(&["account", "create", "Acme", "--plan", plan]);
        let paired = Paired::new(&hub, "Office").await;
        let (phone, _) = RawPhone::greet(&hub, &paired.token, paired.hello()).await;
        let key = hub.manage(&["key", "create", "Office"])["secret"].as_str().unwrap().to_owned();
        let document = Document::served_by(&hub).await;
        Scene { hub, document, key, phone, told: 0, http: reqwest::Client::new(), _dir: dir }
    }

    /// The request that an operation is about, with the first of its body's examples, for something that is not there.
    pub fn plain(&self, operation: &str) -> Asked {
        let operation = self.document.operation(operation);
        let body = operation.bodies().first().map(|(_, body)| body.to_string());
        Asked { body, ..Asked::of(&operation, &Uuid::now_v7().to_string()) }.keyed(&self.key)
    }

    /// The same about a message.
    pub fn about(&self, operation: &str, id: &str) -> Asked {
        Asked::of(&self.document.operation(operation), id).keyed(&self.key)
    }

    pub async fn ask(&self, asked: Asked) -> Answer {
        let mut request = self.http.request(asked.method, self.hub.url(&asked.path));
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        if let Some(body) = asked.body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.json().await.unwrap() }
    }

    /// Sends a message; its id.
    pub async fn send(&self, draft: Value) -> String {
        let answer = self.ask(self.plain("sendMessage").saying(&draft)).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// The phone takes a message and reports these facts about it.
    pub async fn reports(&mut self, id: &str, facts: &[&str]) {
        loop {
            match self.phone.hear().await {
                Some(DownFrame::Send(frame)) if frame.id.to_string() == id => {
                    self.phone.say(UpFrame::Ack { down: frame.down_seq }.to_text()).await;
                    break;
                }
                Some(_) => {}
                None => panic!("the phone lost its session"),
            }
        }
        let lines: Vec<String> = facts.iter().map(|kind| fact(kind, id.parse().unwrap())).collect();
        self.tells(&lines).await;
    }

    /// The phone tells this.
    pub async fn tells(&mut self, lines: &[String]) {
        self.phone.say(events_frame(self.told + 1, lines)).await;
        self.told += lines.len() as u64;
        self.phone.hears_ack(self.told).await;
    }
}

/// What a phone tells of a message: a failure with its cause.
fn fact(kind: &str, id: Uuid) -> String {
    let mut line: Value = serde_json::from_str(&about(kind, id)).unwrap();
    if kind == "failed" {
        for (name, value) in
            [("stage", "radio"), ("class", "retryable"), ("code", "no_signal"), ("reason", "No signal")]
        {
            line[name] = json!(value);
        }
    }
    line.to_string()
}

impl Asked {
    fn of(operation: &Operation<'_>, id: &str) -> Asked {
        let path = operation.path.replace("{id}", id).replace("{phoneNumber}", "%2B639171234567");
        Asked { method: operation.method.parse().unwrap(), path, headers: Vec::new(), body: None }
    }

    fn keyed(self, key: &str) -> Asked {
        self.with("Authorization", &format!("Bearer {key}"))
    }

    /// With another header.
    pub fn with(mut self, name: &'static str, value: &str) -> Asked {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Without any header.
    pub fn bare(self) -> Asked {
        Asked { headers: Vec::new(), ..self }
    }

    /// With this query.
    pub fn asking(self, query: &str) -> Asked {
        Asked { path: format!("{}?{query}", self.path), ..self }
    }

    /// With this body.
    pub fn saying(self, body: &Value) -> Asked {
        self.saying_text(body.to_string())
    }

    /// With this body, whatever it is.
    pub fn saying_text(self, body: String) -> Asked {
        Asked { body: Some(body), ..self }
    }
}
