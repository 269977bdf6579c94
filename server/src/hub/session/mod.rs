//! One phone's conversation with the hub.
//!
//! `state` is the whole of it without any I/O, `port` its inputs and outputs. `window` is what was framed and not
//! acknowledged, `uplink` what came and is not stored yet, `ping` whether anybody is there, `report` the phone's
//! words in the hub's, `hello` the first of them, `health` what a person should look at in them. `task` is the only loop: it feeds the state from socket, mailbox, store and clock.

mod health;
mod hello;
mod mailbox;
mod ping;
mod port;
mod report;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod uplink;
mod window;

pub use mailbox::{End, Mail, Mailbox};
pub use port::{Input, Output};
pub use state::Session;
pub use task::{Incoming, Outgoing, Sink, Unwritten, Writing, run};

use relay_domain::DeviceId;

/// Who this session says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The device that the token names.
    pub device_id: DeviceId,
    /// The generation that it names.
    pub generation: u32,
    /// Number of the connection in this process, rising in the order of upgrades.
    pub connection: u64,
}
