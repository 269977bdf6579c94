//! A thousand endpoints of which a hundred hang: the others are told all the while.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::{Alone, options};
use crate::support::eventually;
use crate::support::receiver::{Receiver, Reply};

const ACCOUNTS: usize = 25;
const EACH: usize = 40;
const HANGING: usize = 4;

/// One verb over the control socket: a thousand processes would be the test's own load.
async fn ask(socket: &std::path::Path, verb: Value) -> Value {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(format!("{verb}\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_endpoints_a_hundred_hang_and_nine_hundred_are_told_meanwhile() {
    // Those that hang do so for longer than everything here takes.
    let town = Alone::start(options().with(&["--webhook-timeout", "5m"])).await;
    let (healthy, hanging) = (Arc::new(Receiver::start().await), Receiver::start().await);
    hanging.usually(Reply::Hang);
    let socket = town.hub.data_dir().join("hub.sock");
    let mut webhooks = vec![];
    for account in 0..ACCOUNTS {
        let name = format!("Account {account}");
        ask(&socket, json!({ "verb": "account_create", "name": name, "plan": "free" })).await;
        for n in 0..EACH {
            let url = if n < HANGING { hanging.url("/") } else { healthy.url(&format!("/{account}/{n}")) };
            let verb = json!({ "verb": "webhook_create", "account": name, "url": url, "events": ["inbound.received"] });
            let made = ask(&socket, verb).await;
            webhooks.push((n < HANGING, made["webhook"]["id"].as_str().expect("it is made").to_owned()));
        }
    }
    // The hanging ones first, several events each, so that they have every turn that they can get.
    webhooks.sort_by_key(|(hangs, _)| !hangs);
    for (hangs, webhook) in &webhooks {
        for _ in 0..if *hangs { 20 } else { 1 } {
            ask(&socket, json!({ "verb": "webhook_test", "webhook": webhook })).await;
        }
    }
    let all = ACCOUNTS * (EACH - HANGING);
    healthy.until_told(all).await;
    let told = healthy.told();
    let mut paths: Vec<&str> = told.iter().map(|told| told.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), all, "each its own");
    eventually("those that hang are under way", || async { (hanging.connections().1 > 0).then_some(()) })
        .await;
    assert!(hanging.connections().1 <= ACCOUNTS * HANGING, "one each");
}
