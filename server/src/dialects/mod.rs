//! The vendors' surfaces over the one core. Each is a folder; each owns its paths, its words and its errors, and
//! calls nothing but the verbs of `relay`. A new dialect is one folder and one entry in [`ALL`].

mod relayion;

use std::sync::Arc;

use actix_web::web::ServiceConfig;

use crate::http::door::Door;
use crate::relay::Relay;

/// A vendor's surface.
pub trait Dialect: Sync {
    /// Adds its routes behind the door, and what it answers on its paths where nothing is.
    fn mount(&self, relay: &Relay, door: &Arc<Door>, config: &mut ServiceConfig);
}

/// Every dialect.
pub const ALL: [&dyn Dialect; 1] = [&relayion::Relayion];
