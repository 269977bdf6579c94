//! The rules of the hub, pure: no I/O, no clock, no wire format, no database.
//!
//! Everything here takes what it needs as arguments and answers with a value, so that the same rule serves the
//! store's transaction, the session, the simulation and a property test. It imports nothing of ours.
#![warn(missing_docs)]

pub mod account;
pub mod allocate;
pub mod bucket;
pub mod device;
mod ids;
pub mod key;
pub mod line;
pub mod message;
pub mod month;
pub mod notice;
pub mod pairing_code;
pub mod phone_number;
pub mod plan;
pub mod report;
pub mod resume;
pub mod segment;
pub mod sim;
pub mod state;
mod timestamp;
pub mod webhook;

pub use ids::{
    AccountId, DeviceId, InboundId, JournalId, KeyId, LineId, MessageId, NoticeId, PairingId, SimId,
    WebhookId,
};
pub use timestamp::{Clock, Timestamp};
