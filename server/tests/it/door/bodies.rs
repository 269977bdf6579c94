//! Bodies that are too large, too slow, broken, or not wanted.

use std::fs;
use std::time::Duration;

use super::{DRAFT, Shop};
use crate::support::await_fact::within_deadline;
use crate::support::eventually;
use crate::support::raw_phone::hub_holds_socket;

const MEBIBYTE: usize = 1 << 20;
/// A pause of a client that says little.
const DRIP: Duration = Duration::from_millis(20);
/// What the hub may need for a connection or two; a body that was kept would be many times that.
const LITTLE_KIB: u64 = 32 * 1024;
const NO_KEY: &str = "POST /api/v1/outbound HTTP/1.1\r\nHost: hub\r\n";

/// An acceptable body of this size.
fn draft_of(bytes: usize) -> String {
    let without = format!(r#"{{"pad":"",{}"#, &DRAFT[1..]);
    format!(r#"{{"pad":"{}",{}"#, "x".repeat(bytes - without.len()), &DRAFT[1..])
}

/// The same body in chunks.
fn chunked(body: &str) -> String {
    let chunks = body
        .as_bytes()
        .chunks(10_000)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)));
    chunks.chain(["0\r\n\r\n".to_owned()]).collect()
}

/// Resident memory of the hub.
fn memory_kib(shop: &Shop) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", shop.hub.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_mebibyte_is_taken_and_one_byte_more_is_not() {
    let shop = Shop::open(&[]).await;
    for (bytes, status) in [(MEBIBYTE, 202), (MEBIBYTE + 1, 413)] {
        let body = draft_of(bytes);
        assert_eq!(body.len(), bytes);
        let length = shop.head("POST /api/v1/outbound") + &format!("Content-Length: {bytes}\r\n\r\n") + &body;
        let chunks =
            shop.head("POST /api/v1/outbound") + "Transfer-Encoding: chunked\r\n\r\n" + &chunked(&body);
        for request in [length, chunks] {
            let mut wire = shop.wire().await;
            wire.say(request).await;
            let reply = wire.answer().await.expect("an answer");
            assert_eq!(reply.status, status, "{reply:?}");
            if status == 413 {
                reply.is_refused(413, "PAYLOAD_TOO_LARGE");
            }
            // It was read to its end: the connection goes on.
            wire.say("GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n").await;
            assert_eq!(wire.answer().await.expect("an answer").status, 200);
        }
    }
    assert_eq!(shop.get("/api/v1/outbound").await.headers["x-total-count"], "2");
}

#[tokio::test]
async fn a_declared_gibibyte_is_refused_at_once_and_not_kept() {
    let shop = Shop::open(&[]).await;
    shop.goes_on().await;
    let before = memory_kib(&shop);
    let declared = "Content-Length: 1073741824\r\n\r\n";
    for (head, status, code) in [
        (shop.head("POST /api/v1/outbound"), 413, "PAYLOAD_TOO_LARGE"),
        (NO_KEY.to_owned(), 401, "UNAUTHORIZED"),
    ] {
        let mut wire = shop.wire().await;
        wire.say(head.clone() + declared).await;
        // Nothing of the body was sent, and nothing of it is waited for.
        let reply = wire.answer().await.expect("an answer");
        reply.is_refused(status, code);
        assert_eq!(reply.header("connection"), Some("close"));
        wire.end().await;
        wire.is_ended().await;
        // The same from a client that sends all the same, until the hub has enough.
        let mut wire = shop.wire().await;
        wire.say(head + declared).await;
        let part = vec![b'x'; MEBIBYTE];
        within_deadline("the hub has enough", wire.say_until_ended(&part)).await;
        let grown = memory_kib(&shop).saturating_sub(before);
        assert!(grown < LITTLE_KIB, "the hub grew by {grown} KiB");
    }
    shop.goes_on().await;
}

#[tokio::test]
async fn an_endless_chunked_body_is_not_read_for_ever() {
    let shop = Shop::open(&[]).await;
    let before = memory_kib(&shop);
    let chunk = chunked(&"x".repeat(60_000)).replace("0\r\n\r\n", "");
    for (head, status) in [(shop.head("POST /api/v1/outbound"), 413), (NO_KEY.to_owned(), 401)] {
        let mut wire = shop.wire().await;
        wire.say(head + "Transfer-Encoding: chunked\r\n\r\n").await;
        // The answer comes before the end of a body that has none.
        let answered = async {
            loop {
                wire.say(&chunk).await;
                if let Some(reply) = wire.answer_if_any().await {
                    break reply;
                }
            }
        };
        assert_eq!(within_deadline("the hub answers", answered).await.status, status);
        within_deadline("the hub has enough", wire.say_until_ended(chunk.as_bytes())).await;
    }
    assert!(memory_kib(&shop).saturating_sub(before) < LITTLE_KIB);
    shop.goes_on().await;
}

#[tokio::test]
async fn a_body_that_nobody_read_is_not_taken_for_a_request() {
    let shop = Shop::open(&[]).await;
    let hidden = "DELETE /api/v1/devices HTTP/1.1\r\nHost: hub\r\n\r\n";
    let lengths = format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len());
    let chunks = format!("Transfer-Encoding: chunked\r\n\r\n{}", chunked(hidden));
    for body in [lengths, chunks] {
        for refused in [
            (NO_KEY.to_owned(), 401, "UNAUTHORIZED"),
            (shop.head("GET /api/v1/nothing"), 404, "NOT_FOUND"),
            (shop.head("PUT /api/v1/outbound"), 405, "METHOD_NOT_ALLOWED"),
        ] {
            let (head, status, code) = refused;
            let mut wire = shop.wire().await;
            wire.say(head + &body).await;
            wire.answer().await.expect("an answer").is_refused(status, code);
            // A small one costs nobody the connection; what follows is understood.
            wire.say(shop.head("GET /api/v1/outbound") + "Connection: close\r\n\r\n").await;
            let reply = wire.answer().await.expect("an answer");
            assert_eq!(reply.status, 200, "{reply:?}");
            wire.is_ended().await;
        }
    }
}

#[tokio::test]
async fn a_body_that_drips_ends_with_its_time() {
    let shop = Shop::open(&["--body-timeout", "300ms"]).await;
    let pairing =
        "POST /device/v1/pair HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n".to_owned();
    for (head, status) in [(shop.head("POST /api/v1/outbound"), 400), (pairing, 400)] {
        for kind in ["Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"] {
            let mut wire = shop.wire().await;
            wire.say(head.clone() + kind).await;
            // A byte now and then is life for a connection; for a body it is not.
            let reply = within_deadline("the hub has waited enough", wire.drip(DRIP)).await;
            assert_eq!(reply.status, status, "{reply:?}");
            assert_eq!(reply.header("connection"), Some("close"), "{reply:?}");
            eventually("the hub's file descriptor is gone", || async {
                (!hub_holds_socket(&shop.hub, wire.port())).then_some(())
            })
            .await;
        }
    }
    assert_eq!(shop.get("/api/v1/outbound").await.headers["x-total-count"], "0");
}

#[tokio::test]
async fn who_asks_first_whether_to_send_is_answered() {
    let shop = Shop::open(&[]).await;
    let expects = format!("Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", DRAFT.len());
    let mut wire = shop.wire().await;
    wire.say(shop.head("POST /api/v1/outbound") + &expects).await;
    assert_eq!(wire.answer().await.expect("an answer").status, 100);
    wire.say(DRAFT).await;
    assert_eq!(wire.answer().await.expect("an answer").status, 202);
    // The HTTP library says 100 before anybody looks at the request; the refusal follows without the body.
    let mut wire = shop.wire().await;
    wire.say(NO_KEY.to_owned() + &expects).await;
    assert_eq!(wire.answer().await.expect("an answer").status, 100);
    wire.answer().await.expect("an answer").is_refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_body_that_breaks_off_or_is_no_text_is_stored_by_nobody() {
    let shop = Shop::open(&[]).await;
    let head = shop.head("POST /api/v1/outbound");
    let mut wire = shop.wire().await;
    wire.say(head.clone() + &format!("Content-Length: {}\r\n\r\n", DRAFT.len()) + &DRAFT[..20]).await;
    wire.end().await;
    wire.is_ended_by_a_refusal().await;
    let mut wire = shop.wire().await;
    wire.say(head.clone() + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + DRAFT).await;
    wire.is_ended_by_a_refusal().await;
    let mut bytes = DRAFT.as_bytes().to_vec();
    let at = bytes.len() - 3;
    bytes[at] = 0xff;
    let whole = [format!("{head}Content-Length: {}\r\n\r\n", bytes.len()).into_bytes(), bytes].concat();
    shop.tells(whole).await.is_refused(400, "VALIDATION_ERROR");
    assert_eq!(shop.get("/api/v1/outbound").await.headers["x-total-count"], "0");
}
