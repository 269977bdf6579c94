//! Who asks too fast, or guesses, waits; nobody else does.

use reqwest::Method;
use serde_json::json;

use super::Shop;
use crate::support::customer::Answer;
use crate::support::{Customer, eventually};

/// More requests than any limit here lets pass in one go, however slow the machine.
const MANY: usize = 2_000;

fn number(answer: &Answer, header: &str) -> Option<u64> {
    answer.headers.get(header).map(|value| value.to_str().unwrap().parse().unwrap())
}

fn is_rate_limited(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["error"]["code"]), (429, &json!("RATE_LIMITED")));
    assert_eq!(answer.body["success"], false);
    assert!(number(answer, "retry-after").unwrap() >= 1, "{:?}", answer.headers);
    assert_eq!(number(answer, "ratelimit-remaining"), Some(0));
    assert!(number(answer, "ratelimit-reset").unwrap() >= 1);
}

/// Asks for something without a key, as a client behind the trusted proxy.
async fn knock(shop: &Shop, client: &str, key: Option<&str>) -> Answer {
    let mut request =
        reqwest::Client::new().get(shop.hub.url("/api/v1/devices")).header("X-Forwarded-For", client);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: answer.json().await.unwrap() }
}

#[tokio::test]
async fn a_key_that_asks_too_fast_waits_and_what_was_refused_is_not_stored() {
    let shop = Shop::open(&["--key-rate", "1", "--key-burst", "3"]).await;
    let mut accepted = 0;
    let refused = loop {
        let draft = json!({ "recipientNumber": "+639171234567", "body": "x" });
        let answer = shop.customer.ask(Method::POST, "/api/v1/outbound", Some(draft)).await.unwrap();
        if answer.status != 202 {
            break answer;
        }
        assert_eq!(number(&answer, "ratelimit-limit"), Some(3));
        assert!(number(&answer, "ratelimit-remaining").unwrap() < 3);
        assert!(number(&answer, "ratelimit-reset").unwrap() >= 1);
        assert_eq!(answer.headers.get("retry-after"), None);
        accepted += 1;
        assert!(accepted < MANY, "nothing is ever refused");
    };
    assert!(accepted >= 3, "the burst passes");
    is_rate_limited(&refused);
    assert_eq!(number(&refused, "ratelimit-limit"), Some(3));
    // Another key of the same account has its own limit.
    let other = shop.hub.manage(&["key", "create", "Office", "--name", "second"]);
    let other = Customer::new(shop.hub.url(""), other["secret"].as_str().unwrap());
    let list = other.ask(Method::GET, "/api/v1/outbound", None).await.unwrap();
    assert_eq!((list.status, number(&list, "x-total-count")), (200, Some(accepted as u64)));
    eventually("the first key is heard again", || async {
        (shop.get("/api/v1/outbound").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_answer_to_a_key_tells_how_it_stands_and_no_other_does() {
    let shop = Shop::open(&[]).await;
    let told = |answer: &Answer| number(answer, "ratelimit-limit");
    let ask = |method, path, body| shop.customer.ask(method, path, body);
    let large = json!({ "recipientNumber": "+639171234567", "body": "x".repeat(1 << 20) });
    for (status, method, path, body) in [
        (200, Method::GET, "/api/v1/devices", None),
        (
            202,
            Method::POST,
            "/api/v1/outbound",
            Some(json!({ "recipientNumber": "+639171234567", "body": "x" })),
        ),
        (400, Method::POST, "/api/v1/outbound", Some(json!([]))),
        (400, Method::GET, "/api/v1/outbound?limit=0", None),
        (404, Method::GET, "/api/v1/outbound/nothing", None),
        (413, Method::POST, "/api/v1/outbound", Some(large)),
    ] {
        let answer = ask(method, path, body).await.unwrap();
        assert_eq!((answer.status, told(&answer)), (status, Some(5_000)), "{path}");
        assert!(
            number(&answer, "ratelimit-remaining").unwrap() < 5_000,
            "{path}: a wrong request counts too"
        );
    }
    for path in ["/healthz", "/api/v1/nothing"] {
        assert_eq!(told(&ask(Method::GET, path, None).await.unwrap()), None, "{path}");
    }
    let stranger = Customer::new(shop.hub.url(""), "rlyn_wrong");
    let answer = stranger.ask(Method::GET, "/api/v1/devices", None).await.unwrap();
    assert_eq!((answer.status, told(&answer)), (401, None));
}

#[tokio::test]
async fn an_address_is_counted_before_anything_is_looked_at() {
    let args = ["--address-rate", "1", "--address-burst", "3", "--trusted-proxy", "127.0.0.1"];
    let shop = Shop::open(&args).await;
    let mut heard = 0;
    let refused = loop {
        let answer = knock(&shop, "2001:db8:0:7::1", None).await;
        if answer.status != 401 {
            break answer;
        }
        heard += 1;
        assert!(heard < MANY, "nothing is ever refused");
    };
    assert!(heard >= 3, "the burst passes");
    is_rate_limited(&refused);
    // The rest of its /64 is the same customer; the next one is not, and neither is an IPv4 address.
    let neighbours: Vec<_> = futures_util::future::join_all(
        (0..20).map(|n| knock(&shop, ["2001:db8:0:7::2", "2001:db8:0:7:ffff::3"][n % 2], None)),
    )
    .await;
    assert!(neighbours.iter().any(|answer| answer.status == 429));
    assert_eq!(knock(&shop, "2001:db8:0:8::1", Some(&shop.key)).await.status, 200);
    assert_eq!(knock(&shop, "192.0.2.7", None).await.status, 401);
    // Before the body is read: none is sent.
    let flood = "POST /api/v1/outbound HTTP/1.1\r\nHost: hub\r\nX-Forwarded-For: 192.0.2.9\r\nContent-Length: 1000\r\n\r\n";
    let refused = loop {
        let reply = shop.tells(flood).await;
        if reply.status != 401 {
            break reply;
        }
    };
    refused.is_refused(429, "RATE_LIMITED");
    // Monitoring is no customer.
    for _ in 0..10 {
        assert_eq!(reqwest::get(shop.hub.url("/healthz")).await.unwrap().status().as_u16(), 200);
    }
}

#[tokio::test]
async fn a_guesser_is_slowed_down_and_a_neighbour_with_a_good_key_is_not() {
    let args = ["--wrong-key-rate", "1", "--wrong-key-burst", "3", "--trusted-proxy", "127.0.0.1"];
    let shop = Shop::open(&args).await;
    let unused = shop.hub.manage(&["key", "create", "Office", "--name", "unused"])["secret"].clone();
    let office = |key: String| {
        let shop = &shop;
        async move { knock(shop, "192.0.2.7", Some(&key)).await }
    };
    assert_eq!(office(shop.key.clone()).await.status, 200);
    let guess = |n: usize| format!("rlyn_{n:044}");
    for n in 0..3 {
        assert_eq!(office(guess(n)).await.status, 401, "guess {n}");
    }
    let refused = office(guess(3)).await;
    is_rate_limited(&refused);
    // What was never shown rightly from here might be a guess, right or wrong.
    is_rate_limited(&office(unused.as_str().unwrap().to_owned()).await);
    assert_eq!(office(shop.key.clone()).await.status, 200, "the neighbour's program goes on");
    assert_eq!(knock(&shop, "192.0.2.8", unused.as_str()).await.status, 200, "another address");
    // A request without any key guesses nothing, and is told what is missing.
    assert_eq!(knock(&shop, "192.0.2.7", None).await.status, 401);
    // A key that was good is a guess again once it is revoked.
    shop.hub.manage(&["key", "revoke", "default"]);
    assert_eq!(office(shop.key.clone()).await.status, 401);
    is_rate_limited(&office(shop.key.clone()).await);
}

#[tokio::test]
async fn the_monthly_limit_is_another_matter() {
    let plan = ["--plan", "enterprise", "--burst", "5", "--refill-per-minute", "1", "--monthly-cap", "1"];
    let shop = Shop::with_plan(&[], &plan).await;
    shop.customer.send("+639171234567", "the only one").await.expect("accepted");
    let draft = json!({ "recipientNumber": "+639171234567", "body": "one too many" });
    let refused = shop.customer.ask(Method::POST, "/api/v1/outbound", Some(draft)).await.unwrap();
    assert_eq!((refused.status, &refused.body["error"]["code"]), (429, &json!("MONTHLY_LIMIT_EXCEEDED")));
    assert_eq!(refused.headers.get("retry-after"), None, "asking again this month is in vain");
    assert!(number(&refused, "ratelimit-remaining").unwrap() > 0);
}

#[tokio::test]
async fn a_limit_of_zero_is_none() {
    let shop = Shop::open(&[
        "--key-rate",
        "0",
        "--key-burst",
        "1",
        "--wrong-key-rate",
        "0",
        "--wrong-key-burst",
        "1",
    ])
    .await;
    let stranger = Customer::new(shop.hub.url(""), "rlyn_wrong");
    for _ in 0..20 {
        let answer = shop.get("/api/v1/devices").await;
        assert_eq!((answer.status, number(&answer, "ratelimit-limit")), (200, None));
        assert_eq!(stranger.ask(Method::GET, "/api/v1/devices", None).await.unwrap().status, 401);
    }
}
