//! A phone answered a command.

use diesel::prelude::*;
use relay_domain::DeviceId;
use uuid::Uuid;

use crate::lane::{Change, Tx};
use crate::rows::text;
use crate::schema::command;

/// Writes the outcome down; a repeated answer changes nothing.
#[derive(Debug, Clone)]
pub struct FinishCommand {
    /// The device that answers.
    pub device_id: DeviceId,
    /// The command.
    pub command_id: Uuid,
    /// `done`, `unknown`, or `failed: ` and why.
    pub outcome: String,
}

impl Change for FinishCommand {
    type Verdict = ();

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<()> {
        let open = command::table
            .filter(command::id.eq(self.command_id.as_bytes().as_slice()))
            .filter(command::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(command::finished_at.is_null());
        diesel::update(open)
            .set((command::finished_at.eq(tx.now.nanos()), command::outcome.eq(text::escape(&self.outcome))))
            .execute(tx.conn)
            .map(drop)
    }
}
