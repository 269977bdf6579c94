//! What time brings about: deadlines, uncertain ends, the leftovers of devices that left, and the sign of life.
//!
//! Each sweep is a change of at most 200 rows from the lane's low-priority inbox, repeated while it finds some.

use std::time::Duration;

use relay_store::CommitError;
use relay_store::changes::{ExpireQueued, GiveUpUncertain, MarkAlive, SettleUnpaired};

use crate::relay::Relay;

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct SweepSettings {
    /// Time between two rounds.
    pub every: Duration,
    /// A message that has been uncertain for this long is given up.
    pub uncertain_after: Duration,
}

/// Sweeps until it is dropped.
pub async fn run(relay: Relay, settings: SweepSettings) {
    let mut rounds = tokio::time::interval(settings.every);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = round(&relay, settings).await {
            tracing::warn!(%error, "a sweep failed; the next round tries again");
        }
    }
}

async fn round(relay: &Relay, settings: SweepSettings) -> Result<(), CommitError> {
    relay.lane.sweep(MarkAlive).await?;
    while relay.lane.sweep(ExpireQueued).await? > 0 {}
    while relay.lane.sweep(GiveUpUncertain { after: settings.uncertain_after }).await? > 0 {}
    while relay.lane.sweep(SettleUnpaired).await? > 0 {}
    Ok(())
}
