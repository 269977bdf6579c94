//! The viewer: it comes from the hub with all that it needs, and needs no key.

use reqwest::{Client, Response};

use crate::support::{Hub, HubOptions};

async fn get(hub: &Hub, path: &str) -> Response {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.get(hub.url(path)).send().await.unwrap()
}

#[tokio::test]
async fn the_documents_are_found_from_the_front_page_and_need_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(&dir.path().join("data"), HubOptions::default()).await;
    let text = |path: &'static str| {
        let hub = &hub;
        async move { get(hub, path).await.text().await.unwrap() }
    };
    assert!(text("/").await.contains("href=\"/docs\""));
    for list in [text("/docs").await, text("/docs/").await] {
        assert!(
            list.contains("href=\"/docs/relayion/\"")
                && list.contains("href=\"/docs/relayion/openapi.json\"")
        );
    }
    let entered = get(&hub, "/docs/relayion").await;
    assert_eq!(
        (entered.status().as_u16(), entered.headers()["location"].as_bytes()),
        (308, &b"/docs/relayion/"[..])
    );
    for nowhere in
        ["/docs/nobodys", "/docs/nobodys/", "/docs/nobodys/openapi.json", "/docs/relayion/nothing.js"]
    {
        assert_eq!(get(&hub, nowhere).await.status().as_u16(), 404, "{nowhere}");
    }
    let wrong = Client::new().post(hub.url("/docs/relayion/openapi.json")).send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), wrong.headers()["allow"].as_bytes()),
        (405, &b"GET, HEAD, OPTIONS"[..])
    );
}

#[tokio::test]
async fn the_viewer_loads_nothing_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(&dir.path().join("data"), HubOptions::default()).await;
    let page = get(&hub, "/docs/relayion/").await;
    assert_eq!(page.headers()["content-type"], "text/html");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("http"),
        "{policy}"
    );
    let settings = get(&hub, "/docs/relayion/swagger-initializer.js").await.text().await.unwrap();
    assert!(
        settings.contains("\"url\": \"openapi.json\"") && settings.contains("\"validatorUrl\": \"none\"")
    );
    for (file, kind) in [
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui-standalone-preset.js", "text/javascript"),
        ("favicon-32x32.png", "image/png"),
    ] {
        let answer = get(&hub, &format!("/docs/relayion/{file}")).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].as_bytes()),
            (200, kind.as_bytes())
        );
        assert_eq!(answer.headers()["content-encoding"], "gzip", "{file}");
        assert!(answer.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]), "{file} is packed");
    }
}
