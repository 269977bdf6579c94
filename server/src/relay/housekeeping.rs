//! What time brings about: schedules, deadlines, uncertain ends, the leftovers of devices that left and of changed
//! plans, and the sign of life.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_store::CommitError;
use relay_store::changes::{
    BuryNotices, EndLeaving, ExpireQueued, ForgetNotices, ForgetRequests, GiveUpUncertain, MarkAlive,
    ReleaseHeld, ReleaseScheduled, SettleRotations, SettleUnpaired, SpreadPlan, TellPresence,
};
use relay_store::queries::{NextScheduled, PresenceToTell};

use super::{Relay, Trouble};

/// Phones of an account that are told of in one round: a fleet that comes back is told of within minutes.
const PHONES_A_ROUND: i64 = 500;

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

    /// Gives up messages that have been uncertain for so long, but not those whose time was over by `behind`.
    pub async fn give_up_uncertain(&self, after: Duration, behind: Timestamp) -> Result<(), CommitError> {
        while self.lane.sweep(GiveUpUncertain { after, behind }).await? > 0 {}
        Ok(())
    }

    /// Lets messages go whose schedule has come.
    pub async fn release_scheduled(&self) -> Result<(), CommitError> {
        while self.lane.sweep(ReleaseScheduled).await? > 0 {}
        Ok(())
    }

    /// When the next schedule comes.
    pub async fn next_scheduled(&self) -> Result<Option<Timestamp>, Trouble> {
        Ok(self.reads.ask(NextScheduled).await?)
    }

    /// Brings devices to the changed plans of their accounts.
    pub async fn spread_plans(&self) -> Result<(), CommitError> {
        while self.lane.sweep(SpreadPlan).await? > 0 {}
        Ok(())
    }

    /// Forgets the names of requests that are older than a day.
    pub async fn forget_requests(&self) -> Result<(), CommitError> {
        while self.lane.sweep(ForgetRequests).await? > 0 {}
        Ok(())
    }

    /// Tells of phones that came, and of those that have been away since before `away_before`.
    pub async fn tell_presence(&self, away_before: Timestamp) -> Result<(), Trouble> {
        let found = self.reads.ask(PresenceToTell { away_before, limit: PHONES_A_ROUND }).await?;
        for (device_id, presence) in found {
            self.lane.sweep(TellPresence { device_id, presence }).await?;
        }
        Ok(())
    }

    /// Lets secrets take over whose time has come, gives up what waits for webhooks that are gone, and forgets what ended a
    /// month ago.
    pub async fn clear_notices(&self) -> Result<(), CommitError> {
        while self.lane.sweep(SettleRotations).await? > 0 {}
        while self.lane.sweep(BuryNotices).await? > 0 {}
        while self.lane.sweep(ForgetNotices).await? > 0 {}
        Ok(())
    }

    /// Lets go what a restore held and no phone had.
    pub async fn release_held(&self) -> Result<(), CommitError> {
        while self.lane.sweep(ReleaseHeld).await? > 0 {}
        Ok(())
    }

    /// Revokes phones that were unpaired and did not come back in time to tell what they know, but not those whose deadline
    /// was over by `behind`.
    pub async fn end_leaving(&self, behind: Timestamp) -> Result<(), CommitError> {
        loop {
            let ended = self.lane.sweep(EndLeaving { behind }).await?;
            if ended.is_empty() {
                return Ok(());
            }
            for device_id in ended {
                tracing::warn!(device = %device_id, "an unpaired phone did not return in time: it is revoked");
                self.note_standing(device_id).await;
            }
        }
    }

    /// Settles what devices that are not paired any more had queued or dispatched.
    pub async fn settle_unpaired(&self) -> Result<(), CommitError> {
        while self.lane.sweep(SettleUnpaired).await? > 0 {}
        Ok(())
    }
}
