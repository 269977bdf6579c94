//! When the housekeeping verbs run: in rounds, each a few changes of at most 200 rows from the lane's
//! low-priority inbox. Schedules have a task of their own, for they come to the instant.

pub mod schedule;

use std::time::Duration;

use crate::relay::Relay;
use crate::relay::ingest::CommitError;

/// How often and how long.
#[derive(Debug, Clone, Copy)]
pub struct SweepSettings {
    /// Time between two rounds.
    pub every: Duration,
    /// A message that has been uncertain for this long is given up.
    pub uncertain_after: Duration,
    /// A phone that has been away for so long is told as gone.
    pub away_for: Duration,
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
    relay.mark_alive().await?;
    relay.expire_queued().await?;
    relay.give_up_uncertain(settings.uncertain_after).await?;
    relay.end_leaving().await?;
    relay.settle_unpaired().await?;
    relay.release_held().await?;
    relay.spread_plans().await?;
    relay.clear_notices().await?;
    if let Err(error) = relay.tell_presence(settings.away_for).await {
        tracing::warn!(%error, "who came and went was not told; the next round tries again");
    }
    relay.forget_requests().await
}
