//! Request heads that are nonsense, too large or too slow.
//!
//! What the HTTP library cannot read as a request it refuses by itself: a bare number, and the end of the connection.
//! Everything that it can read is answered in the envelope. The dialect's README lists the few bare ones.

use std::time::Duration;

use super::Shop;
use crate::support::await_fact::within_deadline;
use crate::support::eventually;
use crate::support::hub::log_of;
use crate::support::raw_phone::hub_holds_socket;

const HOST: &str = "Host: hub\r\n";
/// A pause of a client that says little.
const DRIP: Duration = Duration::from_millis(20);

/// A GET of the devices with these header lines.
fn with(headers: &str) -> Vec<u8> {
    format!("GET /api/v1/devices HTTP/1.1\r\n{HOST}{headers}\r\n").into_bytes()
}

fn target(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{HOST}\r\n").into_bytes()
}

#[tokio::test]
async fn what_is_no_request_gets_a_bare_number_and_the_end() {
    let shop = Shop::open(&[]).await;
    let many: String = (0..100).map(|n| format!("h{n}: x\r\n")).collect();
    let requests: Vec<(&str, u16, Vec<u8>)> = vec![
        ("noise", 400, b"\x00\x01\x02\xff\r\n\r\n".to_vec()),
        ("TLS", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec()),
        ("HTTP/2", 400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("HTTP/0.9", 400, b"GET /api/v1/devices\r\n\r\n".to_vec()),
        ("a version that is none", 400, b"GET /api/v1/devices HTTP/9.9\r\n\r\n".to_vec()),
        ("a method that is no word", 400, b"G\xffT /api/v1/devices HTTP/1.1\r\nHost: hub\r\n\r\n".to_vec()),
        ("no host", 400, b"GET /api/v1/devices HTTP/1.1\r\n\r\n".to_vec()),
        ("two hosts", 400, with("Host: other\r\n")),
        (
            "bytes that are no UTF-8 in the path",
            400,
            [b"GET /api/v1/outbound/\xff\xfe HTTP/1.1\r\n", HOST.as_bytes(), b"\r\n"].concat(),
        ),
        ("letters that are not encoded in the path", 400, target("/api/v1/outbound/é")),
        ("a space in the path", 400, target("/api/v1/outbound/a b")),
        ("a target of 64 KiB", 400, target(&format!("/api/v1/devices?q={}", "x".repeat(64 * 1024)))),
        ("a name that is none", 400, with("na me: x\r\n")),
        ("NUL in a value", 400, with("X-Note: a\0b\r\n")),
        ("CR in a value", 400, with("X-Note: a\rb\r\n")),
        ("a folded line", 400, with("X-Note: a\r\n b\r\n")),
        ("two lengths", 400, with("Content-Length: 1\r\nContent-Length: 1\r\n")),
        ("a length that is none", 400, with("Content-Length: -1\r\n")),
        ("a length beside chunks", 400, with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
        ("an unknown encoding", 400, with("Transfer-Encoding: gzip\r\n")),
        ("HTTP/1.0 with a body of unknown length", 400, b"POST /api/v1/outbound HTTP/1.0\r\n\r\n".to_vec()),
        ("a hundred headers", 431, with(&many)),
        ("a header of 200 KiB", 431, with(&format!("X-Note: {}\r\n", "x".repeat(200 * 1024)))),
    ];
    for (what, status, request) in requests {
        let mut wire = shop.wire().await;
        wire.say(request).await;
        let reply = wire.answer().await.unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!(reply.status, status, "{what}");
        reply.is_bare(status);
        wire.is_ended().await;
    }
    shop.goes_on().await;
    let log = log_of(shop.hub.data_dir());
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "strangers do not fill the log: {log}");
}

#[tokio::test]
async fn a_header_name_of_64_kib_ends_its_connection_and_nothing_else() {
    let shop = Shop::open(&[]).await;
    let mut wire = shop.wire().await;
    // The HTTP library panics over it, in the task of this one connection.
    wire.say(with(&format!("{}: x\r\n", "n".repeat(70_000)))).await;
    wire.is_ended().await;
    eventually("the hub's file descriptor is gone", || async {
        (!hub_holds_socket(&shop.hub, wire.port())).then_some(())
    })
    .await;
    shop.goes_on().await;
}

#[tokio::test]
async fn what_is_a_request_is_answered_in_the_envelope_however_odd() {
    let shop = Shop::open(&[]).await;
    let get = |target: &str| shop.head(&format!("GET {target}")).into_bytes();
    let keys = |lines: &str| format!("GET /api/v1/devices HTTP/1.1\r\n{HOST}{lines}").into_bytes();
    let requests: Vec<(&str, u16, &str, Vec<u8>)> = vec![
        ("bad UTF-8, encoded", 404, "NOT_FOUND", get("/api/v1/outbound/%ff%fe")),
        ("NUL, encoded", 404, "NOT_FOUND", get("/api/v1/outbound/%00")),
        ("CR and LF, encoded", 404, "NOT_FOUND", get("/api/v1/outbound/%0d%0aX:%20y")),
        ("half an escape", 404, "NOT_FOUND", get("/api/v1/outbound/%")),
        ("no escape", 404, "NOT_FOUND", get("/api/v1/outbound/%zz")),
        ("an encoded slash", 404, "NOT_FOUND", get("/api/v1/outbound%2fx")),
        ("dots", 404, "NOT_FOUND", get("/api/v1/../v1/devices")),
        ("two slashes", 404, "NOT_FOUND", get("/api/v1//devices")),
        ("a path of 30 KiB", 404, "NOT_FOUND", get(&format!("/api/v1/{}", "x/".repeat(15 * 1024)))),
        ("an id of 60 KiB", 404, "NOT_FOUND", get(&format!("/api/v1/outbound/{}", "x".repeat(60 * 1024)))),
        ("bad UTF-8 in a filter", 400, "VALIDATION_ERROR", get("/api/v1/outbound?status=%ff")),
        ("half an escape in a filter", 400, "VALIDATION_ERROR", get("/api/v1/outbound?status=%")),
        (
            "a filter of 60 KiB",
            400,
            "VALIDATION_ERROR",
            get(&format!("/api/v1/outbound?status={}", "x".repeat(60 * 1024))),
        ),
        ("an absolute target", 404, "NOT_FOUND", get("http://elsewhere.example/api/v1/nothing")),
        ("no key", 401, "UNAUTHORIZED", keys("")),
        ("no key and no such route", 404, "NOT_FOUND", target_head("/api/v1/nothing")),
        ("two keys", 401, "UNAUTHORIZED", keys("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
        (
            "a key that is no text",
            401,
            "UNAUTHORIZED",
            [keys("Authorization: Bearer rlyn_"), b"\xff\xfe\r\n".to_vec()].concat(),
        ),
        ("a key of 60 KiB", 401, "UNAUTHORIZED", keys(&format!("X-API-Key: {}\r\n", "x".repeat(60 * 1024)))),
        ("an upgrade", 401, "UNAUTHORIZED", keys("Connection: upgrade\r\nUpgrade: websocket\r\n")),
    ];
    for (what, status, code, mut request) in requests {
        request.extend_from_slice(b"\r\n");
        let reply = shop.tells(request).await;
        assert_eq!(reply.status, status, "{what}: {reply:?}");
        reply.is_refused(status, code);
    }
    // The same key twice is one key, and other ways to write a request are as good as the usual one.
    let twice = format!("Authorization: Bearer {}\r\n\r\n", shop.key);
    for request in [
        shop.head("GET /api/v1/devices") + &twice,
        shop.head("GET http://hub/api/v1/devices") + "\r\n",
        shop.head("GET /api/v1/devices").replace("HTTP/1.1", "HTTP/1.0") + "\r\n",
        shop.head("GET /api/v1/devices").replace("Authorization: Bearer", "X-API-KEY:") + "\r\n",
        shop.head("GET /api/v1/devices?unknown=%ff&&=&%") + "X-Note: \u{e9}\r\n\r\n",
    ] {
        let reply = shop.tells(&request).await;
        assert_eq!(reply.status, 200, "{request}");
    }
    let log = log_of(shop.hub.data_dir());
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

fn target_head(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\n{HOST}").into_bytes()
}

#[tokio::test]
async fn http_1_0_ends_with_its_answer() {
    let shop = Shop::open(&[]).await;
    let mut wire = shop.wire().await;
    wire.say("GET /api/v1/devices HTTP/1.0\r\n\r\n").await;
    wire.answer().await.expect("an answer").is_refused(401, "UNAUTHORIZED");
    wire.is_ended().await;
}

#[tokio::test]
async fn a_head_that_drips_ends_with_its_time() {
    let shop = Shop::open(&["--head-timeout", "1s"]).await;
    let mut wire = shop.wire().await;
    wire.say(shop.head("GET /api/v1/devices")).await;
    within_deadline("the hub has waited enough", wire.drip(DRIP)).await.is_bare(408);
    wire.is_ended().await;
    // Who says nothing at all is treated the same.
    let mut silent = shop.wire().await;
    silent.answer().await.expect("an answer").is_bare(408);
    silent.is_ended().await;
    shop.goes_on().await;
}

#[tokio::test]
async fn requests_in_one_go_are_answered_in_their_order() {
    let shop = Shop::open(&[]).await;
    let mut wire = shop.wire().await;
    let asked =
        ["/api/v1/outbound?limit=0", "/api/v1/devices", "/api/v1/nothing", "/healthz", "/api/v1/inbound"];
    let requests: String = asked.iter().map(|path| shop.head(&format!("GET {path}")) + "\r\n").collect();
    for _ in 0..20 {
        wire.say(&requests).await;
        for (path, status) in asked.iter().zip([400, 200, 404, 200, 200]) {
            assert_eq!(wire.answer().await.expect("an answer").status, status, "{path}");
        }
    }
}
