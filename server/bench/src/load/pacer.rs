//! When to do the next thing: as soon as the last is done, or at instants that were fixed beforehand.
//!
//! The instants of an open loop are kept by a thread of its own that sleeps exactly: a runtime's timers are as coarse as
//! what is measured. A late sender does not shift what comes after it, and its lateness counts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock;

/// Wakes a moment early, and waits the rest with open eyes: a sleeping thread wakes late.
const EARLY: Duration = Duration::from_micros(80);

/// Whom workers ask. Cheap to clone.
#[derive(Clone)]
pub enum Pacer {
    /// Until the instant.
    Closed { until_us: u64 },
    /// Instants come from here; none come any more when it is at its end.
    Open(Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<u64>>>),
    /// So many more.
    Counted(Arc<Mutex<u64>>),
}

impl Pacer {
    pub fn closed(span: Duration) -> Pacer {
        Pacer::Closed { until_us: clock::now_us() + micros(span) }
    }

    pub fn counted(count: u64) -> Pacer {
        Pacer::Counted(Arc::new(Mutex::new(count)))
    }

    pub fn open(rate: u64, span: Duration) -> Pacer {
        let (go, gone) = mpsc::unbounded_channel();
        let (start, count) = (clock::now_us() + 10_000, rate * micros(span) / 1_000_000);
        std::thread::spawn(move || {
            for at in (0..count).map(|n| start + n * 1_000_000 / rate) {
                let left = Duration::from_micros(at.saturating_sub(clock::now_us()));
                if let Some(sleep) = left.checked_sub(EARLY) {
                    std::thread::sleep(sleep);
                }
                while clock::now_us() < at {
                    std::hint::spin_loop();
                }
                if go.send(at).is_err() {
                    return;
                }
            }
        });
        Pacer::Open(Arc::new(tokio::sync::Mutex::new(gone)))
    }

    /// The instant of the next thing, which has come; `None` when there is nothing more to do.
    pub async fn next(&self) -> Option<u64> {
        match self {
            Pacer::Closed { until_us } => Some(clock::now_us()).filter(|now| now < until_us),
            Pacer::Open(instants) => instants.lock().await.recv().await,
            Pacer::Counted(left) => {
                let mut left = left.lock().ok()?;
                *left = left.checked_sub(1)?;
                Some(clock::now_us())
            }
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
