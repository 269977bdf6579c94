//! When the housekeeping verbs run: in rounds, each a few changes of at most 200 rows from the lane's
//! low-priority inbox. Schedules have a task of their own, for they come to the instant.

pub mod schedule;

use std::time::Duration;

use relay_domain::Timestamp;

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
    let began_at = relay.clock().now();
    let mut rounds = tokio::time::interval(settings.every);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(error) = round(&relay, settings, began_at).await {
            tracing::warn!(%error, "a sweep failed; the next round tries again");
        }
    }
}

async fn round(relay: &Relay, settings: SweepSettings, began_at: Timestamp) -> Result<(), CommitError> {
    let now = relay.clock().now();
    let Bounds { behind, away_before } = Bounds::at(now, began_at, settings.away_for);
    // Nobody is waited for longer than for one that became uncertain while the hub was there.
    let uncertain = Bounds::at(now, began_at, settings.away_for.min(settings.uncertain_after));
    relay.mark_alive().await?;
    relay.expire_queued().await?;
    relay.give_up_uncertain(settings.uncertain_after, uncertain.behind).await?;
    relay.end_leaving(behind).await?;
    relay.settle_unpaired().await?;
    relay.release_held().await?;
    relay.spread_plans().await?;
    relay.clear_notices().await?;
    if let Err(error) = relay.tell_presence(away_before).await {
        tracing::warn!(%error, "who came and went was not told; the next round tries again");
    }
    relay.forget_requests().await
}

/// What is judged of phones that do not come. While the hub was away none could: what they did not tell in time they may tell
/// in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// What was over by then is let be.
    behind: Timestamp,
    /// Who was seen last before then is away.
    away_before: Timestamp,
}

impl Bounds {
    fn at(now: Timestamp, began_at: Timestamp, away_for: Duration) -> Bounds {
        match now >= began_at.plus(away_for) {
            true => Bounds { behind: Timestamp::EPOCH, away_before: now.minus(away_for) },
            false => Bounds { behind: began_at, away_before: Timestamp::EPOCH },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_judged_before_all_may_be_back() {
        let (began_at, away_for) = (Timestamp::from_millis(1_800_000_000_000), Duration::from_secs(120));
        let at = |seconds| Bounds::at(began_at.plus(Duration::from_secs(seconds)), began_at, away_for);
        let early = Bounds { behind: began_at, away_before: Timestamp::EPOCH };
        assert_eq!((at(0), at(119)), (early, early));
        assert_eq!(at(120), Bounds { behind: Timestamp::EPOCH, away_before: began_at });
    }
}
