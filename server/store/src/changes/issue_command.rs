//! An operator asks a phone to do something.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::{AccountId, DeviceId};
use uuid::Uuid;

use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::schema::command;

/// Issues a command. It is sent in each session until its result or its deadline.
#[derive(Debug, Clone)]
pub struct IssueCommand {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// Kind, as the protocol spells it.
    pub kind: String,
    /// How long it is worth doing.
    pub deadline: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueVerdict {
    /// Issued under this id.
    Issued(Uuid),
    /// The account has no such paired device.
    NoSuchDevice,
}

impl Change for IssueCommand {
    type Verdict = IssueVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<IssueVerdict> {
        match tx.stream(self.device_id)? {
            Some(stream) if stream.account_id == self.account_id && stream.paired => {}
            _ => return Ok(IssueVerdict::NoSuchDevice),
        }
        let id: Uuid = tx.id();
        diesel::insert_into(command::table)
            .values((
                command::id.eq(id.as_bytes().as_slice()),
                command::account_id.eq(self.account_id.as_bytes().as_slice()),
                command::device_id.eq(self.device_id.as_bytes().as_slice()),
                command::kind.eq(&self.kind),
                command::created_at.eq(tx.now.nanos()),
                command::deadline_at.eq(tx.now.plus(self.deadline).nanos()),
            ))
            .execute(tx.conn)?;
        tx.effect(Effect::CommandWaits { device_id: self.device_id });
        Ok(IssueVerdict::Issued(id))
    }
}
