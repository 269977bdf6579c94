//! The vendors' surfaces over the one core. Each is a folder; each owns its paths, its words and its errors, and
//! calls nothing but the verbs of `relay`. A new dialect is one folder and one entry in [`ALL`].

pub mod docs;
mod relayion;

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use relay_domain::key::Dialect as Which;
use utoipa::openapi::OpenApi;

use crate::http::door::Door;
use crate::relay::Relay;
use crate::webhooks::render::Render;

/// A vendor's surface.
pub trait Dialect: Sync {
    /// Its name in paths and commands: lower-case ASCII letters and hyphens.
    fn name(&self) -> &'static str;

    /// Its name for people.
    fn title(&self) -> &'static str;

    /// Its API, described.
    fn document(&self) -> OpenApi;

    /// Adds its routes behind the door, and what it answers on its paths where nothing is.
    fn mount(&self, relay: &Relay, door: &Arc<Door>, config: &mut ServiceConfig);
}

/// Every dialect.
pub const ALL: [&dyn Dialect; 1] = [&relayion::Relayion];

/// The words of a dialect for webhooks.
pub fn renderer(which: Which) -> &'static dyn Render {
    match which {
        Which::Relayion => &relayion::Relayion,
    }
}
