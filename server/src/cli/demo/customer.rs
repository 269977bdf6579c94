//! A customer's program: the API over a real socket, with nothing but its documents at hand.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

/// A hub on the same machine that has not answered by then is stuck.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Rows of a page, as many as the API gives.
pub(super) const PAGE_ROWS: u32 = 100;

/// Why there is no answer, or not the wanted one.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiTrouble {
    /// Nothing came back.
    #[error("the hub's API did not answer: {0}")]
    Silent(#[from] reqwest::Error),
    /// The key is unknown or was revoked.
    #[error("the hub's API does not know the demo's key: start the demo again, it makes a new one")]
    UnknownKey,
    /// Another refusal.
    #[error("the hub's API answered {status}: {message}")]
    Refused {
        /// Status.
        status: StatusCode,
        /// What it said.
        message: String,
    },
}

/// A customer with a key.
#[derive(Clone)]
pub(super) struct Customer {
    http: Client,
    url: String,
    key: String,
}

/// An outbound message, as far as it is of interest here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outbound {
    pub(super) id: String,
    pub(super) recipient_number: String,
    pub(super) status: String,
    pub(super) created_at: String,
    pub(super) dispatched_at: Option<String>,
    pub(super) sent_at: Option<String>,
    pub(super) delivered_at: Option<String>,
    pub(super) failed_at: Option<String>,
    pub(super) failure_reason: Option<String>,
}

/// An inbound message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inbound {
    pub(super) id: String,
    pub(super) sender_number: String,
    pub(super) body: String,
    pub(super) received_at: String,
    pub(super) created_at: String,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalDetail,
}

#[derive(Deserialize)]
struct RefusalDetail {
    message: String,
}

impl Customer {
    pub(super) fn new(url: &str, key: String) -> Result<Customer, ApiTrouble> {
        // A proxy that the environment names does not lead to this machine.
        let http = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Customer { http, url: format!("{url}/api/v1"), key })
    }

    /// The API key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the key passes.
    pub(super) async fn is_known(&self) -> Result<bool, ApiTrouble> {
        match self.ask::<serde_json::Value>(self.http.get(format!("{}/devices", self.url))).await {
            Ok(_) => Ok(true),
            Err(ApiTrouble::UnknownKey) => Ok(false),
            Err(other) => Err(other),
        }
    }

    pub(super) async fn send(&self, to: &str, body: &str) -> Result<Outbound, ApiTrouble> {
        let message = json!({ "recipientNumber": to, "body": body });
        self.ask(self.http.post(format!("{}/outbound", self.url)).json(&message)).await
    }

    pub(super) async fn outbound(&self, id: &str) -> Result<Outbound, ApiTrouble> {
        self.ask(self.http.get(format!("{}/outbound/{id}", self.url))).await
    }

    /// A page of what a device sent, counted from 1, newest first.
    pub(super) async fn sent(&self, device_id: &str, page: u32) -> Result<Vec<Outbound>, ApiTrouble> {
        self.list("outbound", device_id, page).await
    }

    /// A page of what a device received for the key's number.
    pub(super) async fn received(&self, device_id: &str, page: u32) -> Result<Vec<Inbound>, ApiTrouble> {
        self.list("inbound", device_id, page).await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        what: &str,
        device_id: &str,
        page: u32,
    ) -> Result<Vec<T>, ApiTrouble> {
        let (page, limit) = (page.to_string(), PAGE_ROWS.to_string());
        let query = [("deviceId", device_id), ("page", &page), ("limit", &limit)];
        self.ask(self.http.get(format!("{}/{what}", self.url)).query(&query)).await
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiTrouble> {
        let answer = request.bearer_auth(&self.key).send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json::<Data<T>>().await?.data);
        }
        if status == StatusCode::UNAUTHORIZED {
            return Err(ApiTrouble::UnknownKey);
        }
        let message = match answer.json::<Refusal>().await {
            Ok(refusal) => refusal.error.message,
            Err(_) => "no reason told".to_owned(),
        };
        Err(ApiTrouble::Refused { status, message })
    }
}
