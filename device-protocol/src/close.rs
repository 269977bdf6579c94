//! Why the hub ends a session, and what the phone does next.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a phone does after a close, told by the hundred of the code alone: a phone obeys the range of a code
/// that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseClass {
    /// 4000–4099, and every code outside the ranges: reconnect with back-off and jitter.
    Retry,
    /// 4100–4199: do not reconnect; a person must act (pair again, update the app).
    Stop,
    /// 4200–4299: a newer connection of this device took over; only that one lives on.
    Replaced,
    /// 4300–4399: the hub is stopping; reconnect after a random part of `spread_ms`.
    Draining,
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal;)*) => {
        /// A WebSocket close code of the hub.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode { $($(#[$doc])* $name,)* }

        impl CloseCode {
            /// Every code there is.
            pub const ALL: &'static [CloseCode] = &[$(CloseCode::$name,)*];

            /// The number in the WebSocket close frame.
            pub fn code(self) -> u16 { match self { $(CloseCode::$name => $code,)* } }

            /// The word in the `closing` frame and in the close frame's reason.
            pub fn word(self) -> &'static str { match self { $(CloseCode::$name => $text,)* } }

            fn from_word(word: &str) -> Option<CloseCode> {
                match word { $($text => Some(CloseCode::$name),)* _ => None }
            }
        }
    };
}

close_codes! {
    /// Something failed inside the hub; nothing of the phone's is lost.
    Internal = 4000 "internal";
    /// No hello within [`crate::limits::HELLO_TIMEOUT_MS`].
    HelloTimeout = 4001 "hello_timeout";
    /// A frame that is not JSON, or lacks what its type needs.
    MalformedFrame = 4002 "malformed_frame";
    /// A frame above the limit, or a binary frame.
    FrameTooLarge = 4003 "frame_too_large";
    /// A frame came before hello.
    HelloExpected = 4004 "hello_expected";
    /// A second hello in one session.
    SecondHello = 4005 "second_hello";
    /// An `events` frame starts above the next expected number.
    Gap = 4006 "gap";
    /// More unacknowledged frames, or frames a second, than the protocol allows.
    Flood = 4007 "flood";
    /// No complete frame for too long.
    Silent = 4008 "silent";
    /// The phone does not read what the hub writes.
    NotReading = 4009 "not_reading";
    /// The hub's row of this device names another epoch: this session no longer speaks for it.
    Fenced = 4010 "fenced";
    /// A hello whose numbers contradict each other.
    BadHello = 4011 "bad_hello";
    /// The token was revoked; pair again with a new code.
    Revoked = 4100 "revoked";
    /// The journal is older than what the hub has already stored from it: a copy, or a phone set back.
    JournalWentBack = 4101 "journal_went_back";
    /// The hub does not speak the revision that hello names.
    UnsupportedProtocol = 4102 "unsupported_protocol";
    /// A newer connection of this device.
    Replaced = 4200 "replaced";
    /// The hub is stopping or restarting.
    Draining = 4300 "draining";
}

impl CloseCode {
    /// The code with this number, if it is known.
    pub fn of(code: u16) -> Option<CloseCode> {
        CloseCode::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// The class of this code.
    pub fn class(self) -> CloseClass {
        CloseClass::of(self.code())
    }
}

impl CloseClass {
    /// The class of any close code, known or not.
    pub fn of(code: u16) -> CloseClass {
        match code {
            4100..=4199 => CloseClass::Stop,
            4200..=4299 => CloseClass::Replaced,
            4300..=4399 => CloseClass::Draining,
            _ => CloseClass::Retry,
        }
    }

    /// The code that stands for a class where the true one is unknown: it promises nothing beyond the class.
    /// For `Stop` that is not `revoked`, which would tell a phone that its token is dead.
    pub fn plainest(self) -> CloseCode {
        match self {
            CloseClass::Retry => CloseCode::Internal,
            CloseClass::Stop => CloseCode::UnsupportedProtocol,
            CloseClass::Replaced => CloseCode::Replaced,
            CloseClass::Draining => CloseCode::Draining,
        }
    }
}

impl Serialize for CloseCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for CloseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CloseCode, D::Error> {
        let word = String::deserialize(deserializer)?;
        CloseCode::from_word(&word)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown close reason `{word}`")))
    }
}

/// The frame before every close by the hub: the reason in words, and for a drain how far to spread.
///
/// On the wire it also carries the reason's number, so that a phone finds the class of a word that it does not
/// know; such a reason reads as the plainest of its class ([`CloseClass::plainest`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", from = "Wire")]
pub struct Closing {
    /// Why.
    pub reason: CloseCode,
    /// What happened and what to do, for a log.
    pub detail: String,
    /// With `draining`: reconnect after a random part of this many milliseconds.
    pub spread_ms: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Wire {
    #[serde(default)]
    code: u16,
    reason: String,
    #[serde(default)]
    detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spread_ms: Option<u64>,
}

impl From<Closing> for Wire {
    fn from(closing: Closing) -> Wire {
        Wire {
            code: closing.reason.code(),
            reason: closing.reason.word().to_owned(),
            detail: closing.detail,
            spread_ms: closing.spread_ms,
        }
    }
}

impl From<Wire> for Closing {
    fn from(wire: Wire) -> Closing {
        let reason = CloseCode::from_word(&wire.reason)
            .unwrap_or_else(|| CloseCode::of(wire.code).unwrap_or(CloseClass::of(wire.code).plainest()));
        Closing { reason, detail: wire.detail, spread_ms: wire.spread_ms }
    }
}
