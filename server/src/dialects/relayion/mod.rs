//! Relayion's API (`/api/v1`), to the letter of its reference.
//!
//! `routes` receives, `auth` finds out who asks, `wire` holds every word of the vendor's JSON, `convert` maps it
//! to the core's and back, `error` is the vendor's envelope for refusals, `notices` are its webhooks; `openapi` describes all of it. README.md
//! lists what was promised and which test shows it.

mod auth;
mod convert;
mod error;
mod notices;
mod openapi;
mod routes;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use utoipa::openapi::OpenApi;

use super::Dialect;
use crate::http::door::Door;
use crate::relay::Relay;

/// The dialect.
pub struct Relayion;

impl Dialect for Relayion {
    fn name(&self) -> &'static str {
        "relayion"
    }

    fn title(&self) -> &'static str {
        "Relayion"
    }

    fn document(&self) -> OpenApi {
        openapi::document()
    }

    fn mount(&self, relay: &Relay, door: &Arc<Door>, config: &mut ServiceConfig) {
        routes::configure(relay, door, config);
    }
}
