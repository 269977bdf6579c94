//! Refusals over HTTP, before there is a socket: `{"error": {"code": …, "message": …}}`.

use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal $text:literal;)*) => {
        /// The machine-readable half of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RefusalCode { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl RefusalCode {
            /// Every code there is.
            pub const ALL: &'static [RefusalCode] = &[$(RefusalCode::$name,)*];

            /// The HTTP status it comes with.
            pub fn status(self) -> u16 { match self { $(RefusalCode::$name => $status,)* } }

            /// Its spelling.
            pub fn word(self) -> &'static str { match self { $(RefusalCode::$name => $text,)* } }
        }
    };
}

refusals! {
    /// Connect: no `relay-device.v1` among the subprotocols, or not an upgrade.
    SubprotocolRequired = 400 "subprotocol_required";
    /// Pair: the body is not what [`crate::PairRequest`] says.
    BadRequest = 400 "bad_request";
    /// Connect: no Bearer token.
    TokenMissing = 401 "token_missing";
    /// Connect: the token is not one of this hub's.
    TokenInvalid = 401 "token_invalid";
    /// Connect: the device was revoked, or paired again since. Pair again.
    TokenRevoked = 401 "token_revoked";
    /// Pair: no such code. It says nothing about which half is wrong.
    CodeWrong = 404 "code_wrong";
    /// Pair: the code was used.
    CodeUsed = 410 "code_used";
    /// Pair: the code is older than ten minutes.
    CodeExpired = 410 "code_expired";
    /// Pair: five wrong secrets have burnt this code.
    CodeBurnt = 410 "code_burnt";
    /// Pair: more than ten tries a minute from this address; `Retry-After` tells when.
    TooManyTries = 429 "too_many_tries";
    /// The hub is starting, stopping or busy; `Retry-After` tells when.
    Unavailable = 503 "unavailable";
}

/// Body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalBody {
    /// The refusal.
    pub error: Refusal,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people: what happened and what to do.
    pub message: String,
}
