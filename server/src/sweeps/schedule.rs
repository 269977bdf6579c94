//! Schedules: sleeps until the next one comes, to the instant, and lets its messages go. Nothing polls.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use relay_domain::Timestamp;
use tokio::sync::Notify;

use crate::relay::Relay;

/// After a store that did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Rung when a message was scheduled; wakes the task only if it sleeps for longer than that.
#[derive(Clone, Default)]
pub struct Alarm(Arc<Bell>);

struct Bell {
    /// The earliest instant that is known to be waited for, Unix nanoseconds.
    next: AtomicI64,
    rung: Notify,
}

impl Default for Bell {
    fn default() -> Bell {
        Bell { next: AtomicI64::new(i64::MAX), rung: Notify::new() }
    }
}

impl Alarm {
    /// Something was scheduled for this instant. Never blocks.
    pub fn ring(&self, at: Timestamp) {
        if at.nanos() < self.0.next.fetch_min(at.nanos(), Ordering::AcqRel) {
            self.0.rung.notify_one();
        }
    }

    fn forget(&self) {
        self.0.next.store(i64::MAX, Ordering::Release);
    }
}

/// Releases what is scheduled until it is dropped.
pub async fn run(relay: Relay, alarm: Alarm) {
    loop {
        // Forgotten before the look: what is scheduled after it rings again, so nothing is missed between the two.
        alarm.forget();
        let pause = match next(&relay, &alarm).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(error, "schedules could not be looked at; the next look is in a moment");
                Some(RETRY)
            }
        };
        let sleep = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The next schedule has come.
            () = sleep => {}
            // An earlier one was accepted.
            () = alarm.0.rung.notified() => {}
        }
    }
}

/// Releases what is due; answers how long until the next.
async fn next(relay: &Relay, alarm: &Alarm) -> Result<Option<Duration>, String> {
    relay.release_scheduled().await.map_err(|error| error.to_string())?;
    let next = relay.next_scheduled().await.map_err(|error| error.to_string())?;
    if let Some(at) = next {
        alarm.0.next.fetch_min(at.nanos(), Ordering::AcqRel);
    }
    Ok(next.map(|at| at.since(relay.clock().now())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_wakes_for_what_comes_earlier_and_only_for_that() {
        let alarm = Alarm::default();
        let rung = || {
            let mut waiting = std::pin::pin!(alarm.0.rung.notified());
            waiting.as_mut().enable()
        };
        alarm.ring(Timestamp::from_nanos(100));
        assert!(rung());
        alarm.ring(Timestamp::from_nanos(200));
        assert!(!rung());
        alarm.ring(Timestamp::from_nanos(99));
        assert!(rung());
        alarm.forget();
        alarm.ring(Timestamp::from_nanos(200));
        assert!(rung());
    }
}
