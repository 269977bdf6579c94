//! What a phone's session asks of the store. Each is conditional on the session's epoch: if the device's row
//! says another, nothing is written.

use std::time::Duration;

use relay_domain::{AccountId, DeviceId, Timestamp};
use relay_store::changes::{IssueCommand, IssueVerdict};
use relay_store::queries::{EpochsOf, OpenCommands};
use uuid::Uuid;

// A session speaks of changes, verdicts and hints; it reaches the store only through these verbs.
pub use relay_domain::device::Course;
pub use relay_store::changes::{
    Attend, CloseSession, DispatchNext, FinishCommand, NextVerdict, OpenSession, OpenVerdict, OpenedSession,
    RecordEvents, RecordVerdict, SetStalled, Stalled,
};
pub use relay_store::queries::{CommandRow, Frames, FramesAbove};
pub use relay_store::{Announce, CommitError, Effect, EndReason, FrameRow, ReadError};

use super::Relay;

impl Relay {
    /// A phone said hello.
    pub async fn open_session(&self, change: OpenSession) -> Result<OpenVerdict, CommitError> {
        let device_id = change.device_id;
        let verdict = self.lane.device(change).await?;
        if verdict == OpenVerdict::Left {
            self.note_standing(device_id).await;
        }
        Ok(verdict)
    }

    /// A phone's events: durable when this answers.
    pub async fn record_events(&self, change: RecordEvents) -> Result<RecordVerdict, CommitError> {
        let device_id = change.device_id;
        let verdict = self.lane.device(change).await?;
        if matches!(verdict, RecordVerdict::Left { .. }) {
            self.note_standing(device_id).await;
        }
        Ok(verdict)
    }

    /// The head of the queue, as far as tokens go.
    pub async fn dispatch_next(&self, change: DispatchNext) -> Result<NextVerdict, CommitError> {
        self.lane.device(change).await
    }

    /// The phone stopped acknowledging, or began again. False when another session speaks for the device.
    pub async fn set_stalled(&self, change: SetStalled) -> Result<bool, CommitError> {
        self.lane.device(change).await
    }

    /// A session has noticed something that a person should look at.
    pub async fn attend(&self, change: Attend) -> Result<bool, CommitError> {
        self.lane.device(change).await
    }

    /// The session ended.
    pub async fn close_session(&self, change: CloseSession) -> Result<(), CommitError> {
        self.lane.device(change).await
    }

    /// A phone answered a command.
    pub async fn finish_command(&self, change: FinishCommand) -> Result<(), CommitError> {
        self.lane.device(change).await
    }

    /// What to frame next.
    pub async fn frames_above(&self, question: FramesAbove) -> Result<Frames, ReadError> {
        self.reads.ask(question).await
    }

    /// The epochs that the rows of these devices name.
    pub async fn epochs_of(&self, devices: Vec<DeviceId>) -> Result<Vec<(DeviceId, u64)>, ReadError> {
        self.reads.ask(EpochsOf(devices)).await
    }

    /// Commands that wait for this phone.
    pub async fn open_commands(
        &self,
        device_id: DeviceId,
        now: Timestamp,
    ) -> Result<Vec<CommandRow>, ReadError> {
        self.reads.ask(OpenCommands { device_id, now }).await
    }

    /// Asks a phone to do something; `None` if the account has no such paired device.
    pub async fn issue_command(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        kind: &str,
        deadline: Duration,
    ) -> Result<Option<Uuid>, CommitError> {
        let change = IssueCommand { account_id, device_id, kind: kind.to_owned(), deadline };
        Ok(match self.lane.api(change).await? {
            IssueVerdict::Issued(id) => Some(id),
            IssueVerdict::NoSuchDevice => None,
        })
    }
}
