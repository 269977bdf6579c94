//! The device protocol, version 1: JSON text frames between one phone and the hub.
//!
//! This crate owns the wire: every frame, event, command, close code, limit and refusal, and their spelling.
//! It knows neither side's state: what a hub stores or a phone journals is theirs. `README.md` beside it is
//! the document for someone who writes a phone in another language; `vectors/` holds the golden frames.
#![warn(missing_docs)]

mod close;
pub mod command;
pub mod event;
mod frame;
mod hello;
pub mod limits;
mod pairing;
mod refusal;
mod sim;
mod telemetry;

pub use close::{CloseClass, CloseCode, Closing};
pub use command::{Command, CommandKind, CommandOutcome, CommandResult};
pub use event::{Event, EventAt};
pub use frame::{
    Cancel, DOWN_TYPES, DownFrame, ErrorCode, ErrorFrame, FrameError, Send, UP_TYPES, UpFrame, events_frame,
};
pub use hello::{AppFacts, Hello, JournalFacts, OsFacts, Settings, Welcome};
pub use pairing::{PAIR_PATH, PairReply, PairRequest};
pub use refusal::{Refusal, RefusalBody, RefusalCode};
pub use sim::{Sim, SimRef};
pub use telemetry::{RadioWait, Telemetry};

/// Path of the WebSocket upgrade.
pub const CONNECT_PATH: &str = "/device/v1/connect";
/// The `Sec-WebSocket-Protocol` that names this protocol; a request without it is refused with 400.
pub const SUBPROTOCOL: &str = "relay-device.v1";
/// The revision that `hello` and `welcome` carry.
pub const PROTOCOL: u16 = 1;
