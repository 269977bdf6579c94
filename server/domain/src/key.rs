//! API keys: what is kept of them, and who they speak for.

use crate::line::Line;
use crate::{KeyId, Timestamp};

/// Which vendor's surface a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Relayion, `rlyn_…`.
    Relayion,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 1] = [Dialect::Relayion];

    /// As it stands in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Relayion => "relayion",
        }
    }

    /// What each of its keys starts with.
    pub fn key_prefix(self) -> &'static str {
        match self {
            Dialect::Relayion => "rlyn_",
        }
    }
}

/// HMAC-SHA256 of a key under the server's pepper: all that is kept of it besides its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 32]);

/// An API key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its dialect.
    pub dialect: Dialect,
    /// The start of the secret, for people: `rlyn_` and eight characters.
    pub prefix: String,
    /// Name, for people.
    pub name: String,
    /// What it is bound to.
    pub line: Line,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
