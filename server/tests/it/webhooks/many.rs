//! A thousand endpoints of which a hundred hang: the others are told all the while.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::{Alone, options};
use crate::support::eventually;
use crate::support::receiver::{Receiver, Reply};

const ACCOUNTS: usize = 25;
const EACH: usize = 40;
const HANGING: usize = 4;
/// Questions at once.
const AT_ONCE: usize = 8;

fn name(account: usize) -> String {
    format!("Account {account}")
}

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
    for account in 0..ACCOUNTS {
        ask(&socket, json!({ "verb": "account_create", "name": name(account), "plan": "free" })).await;
    }
    let made = (0..ACCOUNTS * EACH).map(|n| {
        let (account, hangs) = (n % ACCOUNTS, n / ACCOUNTS < HANGING);
        let url = if hangs { hanging.url("/") } else { healthy.url(&format!("/{n}")) };
        let verb = json!({
            "verb": "webhook_create", "account": name(account), "url": url, "events": ["inbound.received"],
        });
        let socket = &socket;
        async move { ask(socket, verb).await["webhook"]["id"].as_str().expect("it is made").to_owned() }
    });
    // In their order: those that hang come first, and have every turn that they can get.
    let webhooks: Vec<String> = stream::iter(made).buffered(AT_ONCE).collect().await;
    let (hang, answer) = webhooks.split_at(ACCOUNTS * HANGING);
    let tests = hang.iter().flat_map(|webhook| [webhook; 4]).chain(answer).map(|webhook| {
        let (socket, verb) = (&socket, json!({ "verb": "webhook_test", "webhook": webhook }));
        async move { ask(socket, verb).await }
    });
    stream::iter(tests)
        .buffered(AT_ONCE)
        .for_each(async |told| assert_eq!(told["answer"], "webhook_tested"))
        .await;
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
