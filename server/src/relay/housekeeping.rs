//! What time brings about: deadlines, uncertain ends, the leftovers of devices that left, and the sign of life.

use std::time::Duration;

use relay_store::CommitError;
use relay_store::changes::{ExpireQueued, GiveUpUncertain, MarkAlive, SettleUnpaired};

use super::Relay;

impl Relay {
    /// Writes down that the hub lives, so that after a crash each phone's last sign of life is known to seconds.
    pub async fn mark_alive(&self) -> Result<(), CommitError> {
        self.lane.sweep(MarkAlive).await
    }

    /// Expires queued messages whose deadline has passed.
    pub async fn expire_queued(&self) -> Result<(), CommitError> {
        while self.lane.sweep(ExpireQueued).await? > 0 {}
        Ok(())
    }

    /// Gives up messages that have been uncertain for so long.
    pub async fn give_up_uncertain(&self, after: Duration) -> Result<(), CommitError> {
        while self.lane.sweep(GiveUpUncertain { after }).await? > 0 {}
        Ok(())
    }

    /// Settles what devices that are not paired any more had queued or dispatched.
    pub async fn settle_unpaired(&self) -> Result<(), CommitError> {
        while self.lane.sweep(SettleUnpaired).await? > 0 {}
        Ok(())
    }
}
