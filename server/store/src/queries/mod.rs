//! Reads: one question, one file. Each is one short transaction on the read pool; nothing streams inside one,
//! because a long reader keeps the write-ahead log from being cut back.

mod accounts;
mod commands;
mod conversation;
mod devices;
mod frames;
mod held;
mod inbound;
mod keys;
mod notices;
mod outbound;
mod presence;
mod schedule;
mod standings;
mod timeline;
mod usage;
mod wait;
mod webhooks;

use diesel::QueryResult;
use relay_domain::phone_number::normal_form;

use crate::backend::Conn;
use crate::rows::text;

pub use accounts::{FindAccount, ListAccounts};
pub use commands::{CommandRow, OpenCommands};
pub use conversation::{Conversation, ConversationFilter, Direction, Exchanged, ReadConversation};
pub use devices::{DeviceOwner, DeviceTrouble, Devices, ListDevices, TokenState, TokenStateOf, TroubleOf};
pub use frames::{Frames, FramesAbove};
pub use held::{HeldOf, Holding, HoldingDevices};
pub use inbound::{FindInbound, InboundFilter, ListInbound};
pub use keys::{FindKey, ListKeys};
pub use notices::{AttemptTold, AttemptsOf, Due, DueNotices};
pub use outbound::{FindOutbound, ListOutbound, OutboundFilter};
pub use presence::PresenceToTell;
pub use schedule::NextScheduled;
pub use standings::{EpochsOf, Standings};
pub use timeline::{TimelineEntry, TimelineOf};
pub use usage::{MonthUsed, UsageOf};
pub use wait::{Waiting, WaitsOf};
pub use webhooks::{FindWebhook, ListWebhooks, WebhookStanding};

/// Totals are counted exactly up to this number; counting millions is slow.
pub const COUNTED_ROWS: i64 = 10_000;

/// A question to the store.
pub trait Query: Send + 'static {
    /// The answer.
    type Answer: Send + 'static;

    /// Asks it inside a read transaction.
    fn run(&self, read: &mut Read<'_>) -> QueryResult<Self::Answer>;
}

/// An open read transaction. Only this crate sees what is in it.
pub struct Read<'a> {
    pub(crate) conn: &'a mut Conn,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows to pass over.
    pub offset: i64,
    /// Rows to answer with.
    pub limit: i64,
}

/// A part of a list with the size of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are in all; `None` above [`COUNTED_ROWS`].
    pub total: Option<u64>,
}

/// The total behind a count that stopped one above the bound.
fn total(counted: i64) -> Option<u64> {
    u64::try_from(counted).ok().filter(|_| counted <= COUNTED_ROWS)
}

/// What a number may be stored as in a column of normal forms: its normal form, and what was given, which is what the
/// rows have that are older than the column.
fn spellings(given: &str, home: Option<&str>) -> [String; 2] {
    [text::escape(&normal_form(given, home)), text::escape(given)]
}
