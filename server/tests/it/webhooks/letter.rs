//! What is posted is the page's, to the letter, and its signatures are believed by programs that are not ours.

use android_bridge::sim::CarrierProfile;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Alone, EVERYTHING, TO, create, options, start};
use crate::api_document::schemathesis::python;
use crate::support::eventually;
use crate::support::receiver::{Receiver, Told};

/// The page's examples, as they are printed.
const PRINTED: &str = include_str!("printed.json");

/// `id` and the like may differ; the keys, their order and the kinds of values may not.
fn assert_same_shape(told: &Told) {
    let printed: Vec<Value> = serde_json::from_str(PRINTED).unwrap();
    let (ours, event) = (told.json(), told.event());
    let with_body = event == "inbound.received" && ours["data"].get("body").is_some();
    let printed = printed
        .iter()
        .find(|one| {
            one["event"] == event
                && (event != "inbound.received" || one["data"].get("body").is_some() == with_body)
        })
        .unwrap_or_else(|| panic!("the page has no {event}"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&ours), keys(printed), "{event}");
    assert_eq!(keys(&ours["data"]), keys(&printed["data"]), "{event}");
    assert_eq!(ours["data"].get("status"), printed["data"].get("status"), "{event}");
    let instants = ours["data"].as_object().unwrap().iter().filter(|(name, _)| name.ends_with("At"));
    for (name, instant) in instants.chain([(&"timestamp".to_owned(), &ours["timestamp"])]) {
        let instant = instant.as_str().unwrap();
        assert!(instant.len() == 20 && instant.ends_with('Z'), "{name}: {instant}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_the_printed_one() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let (outbound, inbound) = (Receiver::start().await, Receiver::start().await);
    create(&town.hub, &outbound.url("/out"), EVERYTHING, &[]);
    create(&town.hub, &inbound.url("/with"), "inbound.received", &["--include-body"]);
    create(&town.hub, &inbound.url("/without"), "inbound.received", &[]);
    let delivered = line.send(TO, "hello").await;
    line.customer.until_status(&delivered, "DELIVERED").await;
    outbound.until_told(3).await;
    line.phone().go_offline().await;
    eventually("the hub has noticed", || async {
        (line.shown().await?["status"] == "OFFLINE").then_some(())
    })
    .await;
    let queued = line.send("+436600000001", "no signal").await;
    outbound.until_told(4).await;
    line.phone().go_online().await;
    line.customer.until_status(&queued, "FAILED").await;
    let told = outbound.until_told(6).await;
    told.iter().for_each(assert_same_shape);
    let of = |id: &str| -> Vec<String> {
        told.iter().filter(|told| told.json()["data"]["id"] == id).map(Told::event).collect()
    };
    assert_eq!(of(&delivered), ["outbound.dispatched", "outbound.sent", "outbound.delivered"]);
    assert_eq!(of(&queued), ["outbound.queued", "outbound.dispatched", "outbound.failed"]);
    let first = told.iter().find(|told| told.event() == "outbound.queued").unwrap().json();
    assert_eq!(first["data"]["body"], "no signal");
    assert_eq!(first["data"]["recipientNumber"], "+436600000001");
    assert_eq!(told.last().unwrap().json()["data"]["failureReason"], "No signal");
    line.phone().receive_sms(0, "+436641234567", "Yes, confirmed.").await;
    let told = inbound.until_told(2).await;
    told.iter().for_each(assert_same_shape);
    for told in told.iter().filter(|told| told.json()["data"]["senderNumber"] == "+436641234567") {
        let body = (told.path == "/with").then(|| json!("Yes, confirmed."));
        assert_eq!(told.json()["data"].get("body"), body.as_ref());
    }
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_and_the_library_of_standard_webhooks_believe_each_signature() {
    let town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let (webhook, old) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    let told = receiver.until_told(1).await.remove(0);
    assert_eq!(told.header("x-relayion-signature"), openssl(&old, &told.body).await);
    assert!(!told.headers.contains_key("x-relayion-signature-next"));
    assert_eq!(told.header("content-type"), "application/json");
    assert!(believed(&old, &told).await && !believed("another", &told).await);
    let rotated = town.hub.manage(&["webhook", "rotate", &webhook]);
    let new = rotated["secret"].as_str().unwrap();
    town.hub.manage(&["webhook", "test", &webhook]);
    let told = receiver.until_told(2).await.remove(1);
    assert_eq!(told.header("x-relayion-signature"), openssl(&old, &told.body).await);
    assert_eq!(told.header("x-relayion-signature-next"), openssl(new, &told.body).await);
    assert!(believed(&old, &told).await && believed(new, &told).await);
    town.hub.manage(&["webhook", "promote", &webhook]);
    town.hub.manage(&["webhook", "test", &webhook]);
    let told = receiver.until_told(3).await.remove(2);
    assert_eq!(told.header("x-relayion-signature"), openssl(new, &told.body).await);
    assert!(believed(new, &told).await && !believed(&old, &told).await);
}

/// HMAC-SHA256 as anybody can check it.
async fn openssl(secret: &str, body: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), body).unwrap();
    let said = Command::new("openssl")
        .args(["dgst", "-sha256", "-r", "-hmac", secret])
        .arg(file.path())
        .output()
        .await
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().split_whitespace().next().unwrap().to_owned()
}

/// Whether the scheme's own library takes it.
async fn believed(secret: &str, told: &Told) -> bool {
    const PROGRAM: &str = "import base64, json, sys\n\
        from standardwebhooks import Webhook, WebhookVerificationError\n\
        post = json.load(sys.stdin)\n\
        try:\n    Webhook(base64.b64encode(post['secret'].encode()).decode()).verify(post['body'], post['headers'])\n\
        except WebhookVerificationError:\n    sys.exit(1)\n";
    let post = json!({
        "secret": secret,
        "body": String::from_utf8(told.body.clone()).unwrap(),
        "headers": told.headers,
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), post.to_string()).unwrap();
    let stdin = std::fs::File::open(file.path()).unwrap();
    let said = Command::new(python("python")).args(["-c", PROGRAM]).stdin(stdin).output().await.unwrap();
    match said.status.code() {
        Some(0) => true,
        Some(1) if said.stderr.is_empty() => false,
        _ => panic!("{}", String::from_utf8_lossy(&said.stderr)),
    }
}
