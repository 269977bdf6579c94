//! Commands that a phone still has to answer.

use diesel::prelude::*;
use relay_domain::{DeviceId, Timestamp};
use uuid::Uuid;

use super::{Query, Read};
use crate::backend::condition;
use crate::rows::broken;
use crate::schema::command;

/// Commands sent in one go; the next session sends the rest.
const MOST: i64 = 64;

/// A command that waits for its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    /// Its id.
    pub id: Uuid,
    /// Its kind, as the protocol spells it.
    pub kind: String,
    /// Not worth doing after this.
    pub deadline_at: Timestamp,
}

/// The open commands of a device whose deadline has not passed, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct OpenCommands {
    /// The device.
    pub device_id: DeviceId,
    /// Now.
    pub now: Timestamp,
}

impl Query for OpenCommands {
    type Answer = Vec<CommandRow>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<CommandRow>> {
        let open: Vec<(Vec<u8>, String, i64)> = command::table
            .filter(command::device_id.eq(self.device_id.as_bytes().as_slice()))
            .filter(condition("finished_at IS NULL"))
            .filter(command::deadline_at.gt(self.now.nanos()))
            .order(command::id)
            .limit(MOST)
            .select((command::id, command::kind, command::deadline_at))
            .load(read.conn)?;
        open.into_iter()
            .map(|(id, kind, deadline_at)| {
                let id = Uuid::from_slice(&id).map_err(|error| broken("command.id", error))?;
                Ok(CommandRow { id, kind, deadline_at: Timestamp::from_nanos(deadline_at) })
            })
            .collect()
    }
}
