//! What a running hub does every so often besides its sweeps, which are changes of the store: these are not.

use std::sync::Arc;
use std::time::Duration;

use relay_domain::Clock;
use relay_store::Progress;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock::WallClock;
use crate::continuity::Continuity;
use crate::hub::Hub;

/// What is committed within this time of a crash is all that an older copy can lack without being refused. Shorter
/// would be a write for nothing on a quiet machine.
const WRITTEN_DOWN_EVERY: Duration = Duration::from_secs(1);
/// A session that another node, or a change whose hint was lost, took over is ended after this long at most. Until then
/// it is only deaf: the store takes nothing of it.
const HEALED_EVERY: Duration = Duration::from_secs(30);
/// A clock that is set is told of within this time.
const COMPARED_EVERY: Duration = Duration::from_secs(10);
/// A synchronised clock is slewed by less.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// Says when the machine's clock and the hub's have come apart: somebody has set the one, or the machine slept.
pub(super) async fn compare_clocks(ours: Arc<dyn Clock>) {
    let mut rounds = interval(COMPARED_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Duration::ZERO;
    loop {
        rounds.tick().await;
        let (wall, ours) = (WallClock.now(), ours.now());
        let apart = wall.since(ours).max(ours.since(wall));
        if apart < CLOCKS_APART {
            told = Duration::ZERO;
        } else if apart.abs_diff(told) >= CLOCKS_APART {
            told = apart;
            let seconds = apart.as_secs();
            let which = if wall > ours { "ahead of" } else { "behind" };
            tracing::warn!(
                seconds,
                "the machine's clock is {which} the one that the hub has gone by since its start: schedules, deadlines and \
                 months follow the hub's; restart it when the machine's clock is right"
            );
        }
    }
}

/// Writes down how far the database has come.
pub(super) async fn write_down(progress: Progress, continuity: Arc<Continuity>) {
    let mut rounds = interval(WRITTEN_DOWN_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let (mark, continuity) = (progress.mark(), Arc::clone(&continuity));
        // On a thread of its own: a disk that hangs must not hold up the sockets.
        let written = tokio::task::spawn_blocking(move || continuity.come_to(mark)).await;
        if let Err(error) = written.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            tracing::warn!(%error, "how far the database has come was not written down; it is tried again");
        }
    }
}

/// Ends sessions that the store's rows have left behind.
pub(super) async fn heal(hub: Hub) {
    let mut rounds = interval(HEALED_EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match hub.heal().await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "sessions were ended that others have taken over"),
            Err(error) => tracing::warn!(%error, "sessions were not looked over; the next round tries again"),
        }
    }
}
