//! HEAD, OPTIONS and methods that no route takes.

use super::Shop;

/// Every route, and the methods that it takes.
const ROUTES: [(&str, &str); 9] = [
    ("/api/v1/devices", "GET, HEAD, OPTIONS"),
    ("/api/v1/outbound", "GET, HEAD, POST, OPTIONS"),
    ("/api/v1/outbound/bulk", "POST, OPTIONS"),
    ("/api/v1/outbound/x", "GET, HEAD, DELETE, OPTIONS"),
    ("/api/v1/inbound", "GET, HEAD, OPTIONS"),
    ("/api/v1/inbound/x", "GET, HEAD, OPTIONS"),
    ("/api/v1/conversations/+639171234567", "GET, HEAD, OPTIONS"),
    ("/healthz", "GET, HEAD, OPTIONS"),
    ("/", "GET, HEAD, OPTIONS"),
];

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let shop = Shop::open(&[]).await;
    let paths = ROUTES.iter().map(|(path, _)| *path);
    for path in paths.chain(["/api/v1/outbound?limit=0", "/api/v1/nothing", "/nothing"]) {
        let mut wire = shop.wire().await;
        wire.say(shop.head(&format!("GET {path}")) + "\r\n").await;
        let got = wire.answer().await.expect("an answer");
        wire.say(shop.head(&format!("HEAD {path}")) + "Connection: close\r\n\r\n").await;
        let head = wire.answer_to_head().await.expect("an answer");
        assert_eq!(head.status, got.status, "{path}");
        for header in ["content-type", "content-length", "x-total-count", "ratelimit-limit"] {
            assert_eq!(head.header(header), got.header(header), "{path} {header}");
        }
        // Nothing follows the head.
        wire.is_ended().await;
    }
}

#[tokio::test]
async fn options_says_what_a_route_takes_to_whoever_asks() {
    let shop = Shop::open(&[]).await;
    for (path, allowed) in ROUTES {
        let reply = shop.tells(format!("OPTIONS {path} HTTP/1.1\r\nHost: hub\r\n\r\n")).await;
        assert_eq!(
            (reply.status, reply.header("allow"), reply.body.as_str()),
            (204, Some(allowed), ""),
            "{path}"
        );
    }
    let reply = shop.tells("OPTIONS /api/v1/nothing HTTP/1.1\r\nHost: hub\r\n\r\n").await;
    reply.is_refused(404, "NOT_FOUND");
    assert_eq!(shop.tells("OPTIONS * HTTP/1.1\r\nHost: hub\r\n\r\n").await.status, 404);
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_405_with_those_that_it_does() {
    let shop = Shop::open(&[]).await;
    for method in ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "X"] {
        for (path, allowed) in ROUTES {
            let reply = shop.tells(shop.head(&format!("{method} {path}")) + "\r\n").await;
            assert_eq!((reply.status, reply.header("allow")), (405, Some(allowed)), "{method} {path}");
            if path.starts_with("/api/v1") {
                reply.is_refused(405, "METHOD_NOT_ALLOWED");
            }
        }
    }
    // The form that asks for a tunnel names no path of ours.
    assert_eq!(shop.tells("CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: hub\r\n\r\n").await.status, 404);
    shop.goes_on().await;
}
