//! Fleet control: the hub asks, the phone answers once with the command's id.
//!
//! A command is re-sent in each session until its result or its deadline, and is idempotent. One kind, one
//! file; a phone names the kinds that it knows in hello's capabilities as `command.<kind>`.

mod refresh_sims;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use refresh_sims::RefreshSims;

/// The envelope of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Id of the command, repeated in its result.
    pub id: Uuid,
    /// The phone drops the command when this much time has passed, milliseconds from the frame.
    pub deadline_in_ms: u64,
    /// What to do.
    #[serde(flatten)]
    pub kind: CommandKind,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", content = "args", rename_all = "snake_case")]
pub enum CommandKind {
    /// Read the SIM inventory anew.
    RefreshSims(RefreshSims),
}

impl CommandKind {
    /// The capability that a phone names in hello when it knows this kind.
    pub fn capability(&self) -> &'static str {
        match self {
            CommandKind::RefreshSims(_) => RefreshSims::CAPABILITY,
        }
    }
}

/// A phone's answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// Id of the command.
    pub id: Uuid,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: CommandOutcome,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CommandOutcome {
    /// Done.
    Done,
    /// Understood and not possible.
    Failed {
        /// Why, for people.
        reason: String,
    },
    /// This phone does not know the kind.
    Unknown,
}
