//! What a hostile or clumsy HTTP client can do: ask too fast, guess keys, send too much, too slowly or nonsense. It is
//! refused, in the vendor's envelope wherever HTTP allows, and the hub goes on for everybody else.

mod bodies;
mod fuzz;
mod heads;
mod methods;
mod rates;
mod wire;

use reqwest::Method;
use tempfile::TempDir;

use crate::support::customer::Answer;
use crate::support::raw_phone::{Paired, RawPhone};
use crate::support::{Customer, Hub, HubOptions};
use wire::{Reply, Wire};

/// A hub with one account, one phone that was online once, and a key.
struct Shop {
    hub: Hub,
    key: String,
    customer: Customer,
    _dir: TempDir,
}

impl Shop {
    async fn open(args: &[&str]) -> Shop {
        Shop::with_plan(args, &["--plan", "pro"]).await
    }

    async fn with_plan(args: &[&str], plan: &[&str]) -> Shop {
        let dir = tempfile::tempdir().unwrap();
        let options = HubOptions::default().with(&["--ping-interval", "25s"]).with(args);
        let hub = Hub::start(&dir.path().join("data"), options).await;
        hub.manage(&[&["account", "create", "Acme"], plan].concat());
        let paired = Paired::new(&hub, "Office").await;
        drop(RawPhone::greet(&hub, &paired.token, paired.hello()).await);
        let key = hub.manage(&["key", "create", "Office"])["secret"].as_str().unwrap().to_owned();
        let customer = Customer::new(hub.url(""), &key);
        Shop { hub, key, customer, _dir: dir }
    }

    async fn wire(&self) -> Wire {
        Wire::to(&self.hub).await
    }

    /// One request on a connection of its own, and its answer.
    async fn tells(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut wire = self.wire().await;
        wire.say(request).await;
        wire.answer().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Answer {
        self.customer.ask(Method::GET, path, None).await.expect("an answer")
    }

    /// The head of a request with the key, without its end.
    fn head(&self, line: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\n", self.key)
    }

    /// Everybody else is served.
    async fn goes_on(&self) {
        let answer = self.get("/api/v1/devices").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// A body that is accepted.
const DRAFT: &str = r#"{"recipientNumber":"+639171234567","body":"x"}"#;
