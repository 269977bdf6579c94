//! Every example of the document is tried: requests are sent as they stand there, successes are answered in the shape
//! that is shown, and refusals in the very words.

use serde_json::{Value, json};

use super::document::{Document, Example};
use super::scene::{Asked, Scene};
use crate::support::customer::Answer;
use crate::support::eventually;
use crate::support::raw_phone::inbound;

/// Refusals that nobody can bring about from outside, and the test that shows each.
const SHOWN_ELSEWHERE: [(&str, &str); 2] =
    [("busy", "a_stopping_hub_is_busy"), ("internal", "a_fault_of_the_hub_is_500_and_tells_nothing_of_it")];

/// The same members with the same types, null where null is shown.
fn has_the_shape_of(answered: &Value, shown: &Value, path: &str) {
    match (answered, shown) {
        (Value::Object(answered), Value::Object(shown)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(answered), names(shown), "members of `{path}`, in their order");
            for (name, value) in shown {
                has_the_shape_of(&answered[name], value, &format!("{path}.{name}"));
            }
        }
        (Value::Array(answered), Value::Array(shown)) => {
            assert_eq!(answered.len(), shown.len(), "rows of `{path}`");
            for (index, (answered, shown)) in answered.iter().zip(shown).enumerate() {
                has_the_shape_of(answered, shown, &format!("{path}[{index}]"));
            }
        }
        (Value::Null, Value::Null)
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        // What is true or false is what the example is about.
        _ => assert_eq!(answered, shown, "`{path}`"),
    }
}

/// The status is that of the example, the body fits the schema, and every header that matters is described and fits.
fn is_as_documented(document: &Document, operation: &str, answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let described = document.operation(operation).answers[&status];
    document.must_fit(&answer.body, &described["content"]["application/json"]["schema"], what);
    for (name, value) in &answer.headers {
        if ["content-type", "content-length", "date", "connection"].contains(&name.as_str()) {
            continue;
        }
        let headers = described["headers"].as_object().unwrap().iter();
        let header = headers.into_iter().find(|(described, _)| described.eq_ignore_ascii_case(name.as_str()));
        let (_, header) = header.unwrap_or_else(|| panic!("{what}: the header {name} is not described"));
        let schema = &document.follow(header)["schema"];
        let text = value.to_str().unwrap();
        let value =
            if schema["type"] == "integer" { json!(text.parse::<u64>().unwrap()) } else { json!(text) };
        document.must_fit(&value, schema, &format!("{what}: {name}"));
    }
    let authenticate = answer.headers.contains_key("www-authenticate");
    assert_eq!(authenticate, status == 401, "{what}: WWW-Authenticate");
}

fn of<'a>(document: &'a Document, operation: &str, status: u16, name: &str) -> Example<'a> {
    let mut all = document.examples().into_iter();
    let is_it = |it: &Example<'_>| it.operation == operation && it.status == status && it.name == name;
    all.find(is_it).unwrap_or_else(|| panic!("{operation} has no example {name}"))
}

#[test]
fn what_is_shown_elsewhere_is_shown_there() {
    let tests = include_str!("../../../src/dialects/relayion/tests/refusals.rs");
    for (name, test) in SHOWN_ELSEWHERE {
        assert!(tests.contains(&format!("fn {test}()")), "{name}: there is no test `{test}`");
    }
}

#[tokio::test]
async fn every_example_fits_its_schema() {
    let scene = Scene::open("pro", &[]).await;
    let document = &scene.document;
    let mut seen = 0;
    for operation in document.operations() {
        for (name, body) in operation.bodies() {
            document.must_fit(body, &operation.body["schema"], &format!("{} asks {name}", operation.id));
            seen += 1;
        }
    }
    for example in document.examples() {
        let schema = &document.operation(example.operation).answers[&example.status]["content"]["application/json"]
            ["schema"];
        document.must_fit(example.value, schema, &format!("{} answers {}", example.operation, example.name));
        seen += 1;
    }
    assert!(seen > 100, "only {seen} examples were found");
}

#[tokio::test]
async fn every_example_of_a_request_is_accepted_and_repeated_under_its_name_answered_again() {
    let scene = Scene::open("pro", &[]).await;
    let document = &scene.document;
    let mut sent = 0;
    for operation in document.operations() {
        for (name, body) in operation.bodies() {
            let what = format!("{} asked {name}", operation.id);
            let named =
                scene.plain(operation.id).saying(body).with("Idempotency-Key", &format!("tried-{name}"));
            let first = scene.ask(named.clone()).await;
            is_as_documented(document, operation.id, &first, 202, &what);
            assert!(first.headers.get("idempotent-replayed").is_none(), "{what}");
            let again = scene.ask(named).await;
            is_as_documented(document, operation.id, &again, 202, &what);
            assert_eq!(again.headers["idempotent-replayed"], "true", "{what}");
            assert_eq!(first.body["data"]["id"], again.body["data"]["id"], "{what}");
            sent += 1;
        }
    }
    assert!(sent >= 4, "only {sent} examples were found");
}

#[tokio::test]
async fn every_success_is_answered_in_the_shape_of_its_example() {
    let shown = Scene::open("pro", &[]).await.document;
    let successes = shown.examples().into_iter().filter(|example| example.status < 300);
    let mut tried = 0;
    for Example { operation, status, name, value } in successes {
        let mut scene = Scene::open("pro", &[]).await;
        let asked = succeeds(&mut scene, operation, name).await;
        let answer = scene.ask(asked).await;
        let what = format!("{operation} answers {name}");
        is_as_documented(&scene.document, operation, &answer, status, &what);
        has_the_shape_of(&answer.body, value, &what);
        assert_eq!(answer.body["data"]["status"], value["data"]["status"], "{what}");
        tried += 1;
    }
    assert!(tried >= 12, "only {tried} examples were found");
}

/// Brings the scene about in which an example is answered, and what to ask then.
async fn succeeds(scene: &mut Scene, operation: &str, name: &str) -> Asked {
    let message = json!({ "recipientNumber": "+639171234567", "body": "Your appointment is confirmed." });
    match (operation, name) {
        ("listDevices", "devices") | ("sendMessage", "dispatched") | ("sendMessages", "judged") => {
            scene.plain(operation)
        }
        ("sendMessage", "scheduled") => {
            let document = &scene.document;
            let bodies = document.operation(operation);
            let (_, body) = bodies.bodies().into_iter().find(|(example, _)| *example == name).unwrap();
            scene.plain(operation).saying(body).asking("include=wait,options")
        }
        ("listOutbound", "page") => {
            let first = scene.send(message.clone()).await;
            scene.reports(&first, &["sent", "delivered"]).await;
            scene.send(message).await;
            scene.plain(operation)
        }
        ("getOutbound", "delivered") => {
            let id = scene.send(message).await;
            scene.reports(&id, &["sent", "delivered"]).await;
            scene.about(operation, &id)
        }
        ("getOutbound", "timeline") => {
            let id = scene.send(message).await;
            scene.reports(&id, &["sent"]).await;
            // In a frame of its own: the hub learns of the two one after the other.
            scene.tells_of(&id, "delivered").await;
            scene.about(operation, &id).asking("include=wait,timeline")
        }
        ("getOutbound", "failed") => {
            let id = scene.send(message).await;
            scene.reports(&id, &["failed"]).await;
            scene.about(operation, &id).asking("include=wait,timeline")
        }
        ("cancelOutbound", "canceled") => {
            let id = scene.waits().await;
            scene.about(operation, &id)
        }
        ("listInbound", "page") => {
            scene.tells(&[inbound("Yes, please.")]).await;
            scene.plain(operation)
        }
        ("getInbound", "message") => {
            scene.tells(&[inbound("Yes, please.")]).await;
            let list = scene.ask(scene.plain("listInbound")).await;
            scene.about(operation, list.body["data"][0]["id"].as_str().unwrap())
        }
        ("getConversation", "exchange") => {
            let id = scene.send(message).await;
            scene.reports(&id, &["sent", "delivered"]).await;
            // Received now, and not before the message that it answers.
            let answer = inbound("Yes, please.").replace("+4915200000001", "+639171234567");
            scene.tells(&[answer.replace("\"age_ms\":10", "\"age_ms\":0")]).await;
            scene.plain(operation)
        }
        _ => panic!("say here how {operation} comes to answer {name}"),
    }
}

#[tokio::test]
async fn every_refusal_is_given_in_the_words_of_its_example() {
    let mut scene = Scene::open("pro", &[]).await;
    let shown = Document(scene.document.0.clone());
    let mut tried = 0;
    for example in shown.examples().into_iter().filter(|example| example.status >= 400) {
        let Example { operation, status, name, value } = example;
        let elsewhere = SHOWN_ELSEWHERE.iter().any(|(known, _)| *known == name);
        if elsewhere || LIMITED.iter().any(|(known, ..)| *known == name) || OTHER_SCENES.contains(&name) {
            continue;
        }
        let asked = is_refused(&mut scene, operation, name).await;
        let answer = scene.ask(asked).await;
        refused_like(&scene.document, &answer, &Example { operation, status, name, value });
        tried += 1;
    }
    assert!(tried > 50, "only {tried} examples were found");
}

fn refused_like(document: &Document, answer: &Answer, example: &Example<'_>) {
    let what = format!("{} refuses {}", example.operation, example.name);
    is_as_documented(document, example.operation, answer, example.status, &what);
    assert_eq!(&answer.body, example.value, "{what}");
}

/// What is refused like this example, in a scene that may be brought about for it.
async fn is_refused(scene: &mut Scene, operation: &str, name: &str) -> Asked {
    let plain = scene.plain(operation);
    let message = |member: &str, value: Value| {
        let mut draft = json!({ "recipientNumber": "+639171234567", "body": "x" });
        draft[member] = value;
        draft
    };
    match name {
        "noKey" => plain.bare(),
        "wrongKey" => plain.bare().with("Authorization", "Bearer rlyn_nobodys"),
        "twoKeys" => plain.with("X-API-Key", "rlyn_another"),
        "limit" => plain.asking("limit=101"),
        "deep" => plain.asking("page=1001&limit=100"),
        "date" => plain.asking("from=yesterday"),
        "swapped" => plain.asking("from=2026-04-26&to=2026-04-25"),
        "status" => plain.asking("status=LOST"),
        "direction" => plain.asking("direction=up"),
        "include" => plain.asking("include=all"),
        "missing" => plain.saying(&json!({})),
        "empty" => plain.saying(&json!({ "messages": [] })),
        "noNumber" => plain.saying(&message("recipientNumber", json!("0917 123 4567"))),
        "tooLong" => plain.saying(&message("body", json!("x".repeat(1531)))),
        "past" => plain.saying(&message("scheduledAt", json!("2026-04-25T08:00:00Z"))),
        "tooLarge" => plain.saying_text(" ".repeat(1024 * 1024 + 1)),
        "otherRequest" => {
            // Each operation by a name of its own.
            let named = scene.plain("sendMessage").with("Idempotency-Key", operation);
            assert_eq!(scene.ask(named.saying(&message("body", json!("another")))).await.status, 202);
            plain.with("Idempotency-Key", operation)
        }
        "unknown" => plain,
        "dispatched" => {
            let id = scene.send(message("body", json!("x"))).await;
            scene.about(operation, &id)
        }
        _ => panic!("say here how {operation} comes to refuse {name}"),
    }
}

/// Refusals that need a hub of their own.
const OTHER_SCENES: [&str; 4] = ["deviceNotPaired", "monthlyLimit", "ended", "heldAfterRestore"];

#[tokio::test]
async fn a_message_that_a_restore_holds_is_not_canceled_in_the_words_of_its_example() {
    let mut scene = Scene::open("pro", &[]).await;
    let waiting = scene.waits().await;
    scene.hub.terminate();
    scene.hub.manage(&["restore"]);
    scene.hub.restart().await;
    let answer = scene.ask(scene.about("cancelOutbound", &waiting)).await;
    refused_like(&scene.document, &answer, &of(&scene.document, "cancelOutbound", 409, "heldAfterRestore"));
}

#[tokio::test]
async fn a_full_month_an_unpaired_device_and_what_it_leaves_behind_are_refused_in_the_words_of_their_examples()
 {
    let scene = Scene::open("free", &[]).await;
    let waiting = scene.waits().await;
    let rows = vec![json!({ "recipientNumber": "+639171234567", "body": "x" }); 499];
    let month = scene.ask(scene.plain("sendMessages").saying(&json!({ "messages": rows }))).await;
    assert_eq!(month.body["data"]["accepted"], 499, "the month is used up");
    let answer = scene.ask(scene.plain("sendMessage")).await;
    refused_like(&scene.document, &answer, &of(&scene.document, "sendMessage", 429, "monthlyLimit"));
    let printed: Value =
        serde_json::from_str(include_str!("../../../src/dialects/relayion/fixtures/monthly_limit.json"))
            .unwrap();
    assert_eq!(answer.body, printed, "the page prints it");
    scene.hub.manage(&["device", "revoke", "Office"]);
    for operation in ["sendMessage", "sendMessages"] {
        let answer = scene.ask(scene.plain(operation)).await;
        refused_like(&scene.document, &answer, &of(&scene.document, operation, 409, "deviceNotPaired"));
    }
    let answer = scene.ask(scene.about("cancelOutbound", &waiting)).await;
    refused_like(&scene.document, &answer, &of(&scene.document, "cancelOutbound", 409, "ended"));
}

/// Limits at the door: the example, the settings that bring it about, and the key that is shown.
const LIMITED: [(&str, [&str; 4], Option<&str>); 3] = [
    ("tooManyOfKey", ["--key-rate", "1", "--key-burst", "1"], None),
    ("tooManyOfAddress", ["--address-rate", "1", "--address-burst", "1"], None),
    ("tooManyWrongKeys", ["--wrong-key-rate", "60", "--wrong-key-burst", "1"], Some("Bearer rlyn_nobodys")),
];

#[tokio::test]
async fn who_asks_too_often_is_refused_in_the_words_of_the_examples() {
    for (name, limit, key) in LIMITED {
        let scene = Scene::open("pro", &limit).await;
        for operation in scene.document.operations() {
            let asked = || match key {
                Some(key) => scene.plain(operation.id).bare().with("Authorization", key),
                None => scene.plain(operation.id),
            };
            // One passes each second; of two in one second the second does not.
            let answer = eventually("two come in one second", || async {
                Some(scene.ask(asked()).await).filter(|answer| answer.status == 429)
            })
            .await;
            assert!(answer.headers.contains_key("retry-after"), "{name}");
            refused_like(&scene.document, &answer, &of(&scene.document, operation.id, 429, name));
        }
    }
}

impl Scene {
    /// A message that waits at the hub.
    async fn waits(&self) -> String {
        let document = &self.document;
        let operation = document.operation("sendMessage");
        let (_, scheduled) = operation.bodies().into_iter().find(|(name, _)| *name == "scheduled").unwrap();
        self.send(scheduled.clone()).await
    }

    /// The phone tells one more thing about a message.
    async fn tells_of(&mut self, id: &str, kind: &str) {
        self.tells(&[crate::support::raw_phone::about(kind, id.parse().unwrap())]).await;
    }
}
