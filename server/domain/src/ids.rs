//! Ids: one newtype each over a UUIDv7, so that one kind cannot stand for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these 16 bytes, as they stand in the database.
            pub fn from_bytes(bytes: [u8; 16]) -> $name { $name(Uuid::from_bytes(bytes)) }

            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] { self.0.as_bytes() }

            /// The UUID.
            pub fn uuid(self) -> Uuid { self.0 }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> $name { $name(uuid) }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            /// Reads the 36-character form only: one id has one spelling, whatever its case.
            fn from_str(text: &str) -> Result<$name, uuid::Error> {
                uuid::fmt::Hyphenated::from_str(text).map(|id| $name(id.into_uuid()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    AccountId;
    /// A paired phone.
    DeviceId;
    /// A SIM that was seen in a device.
    SimId;
    /// Device + SIM + number: what a key is bound to.
    LineId;
    /// An API key.
    KeyId;
    /// An outbound message.
    MessageId;
    /// An inbound message.
    InboundId;
    /// A phone's journal.
    JournalId;
    /// A pairing code.
    PairingId;
    /// A subscription to events.
    WebhookId;
    /// An event on its way to a subscriber.
    NoticeId;
}
