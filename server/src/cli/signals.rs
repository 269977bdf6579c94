//! The two signals that end a hub.

use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that come within this time are one: a terminal and a wrapper (`timeout`, `cargo run`) may both pass on
/// the same Ctrl-C.
const ONE_CTRL_C: Duration = Duration::from_millis(500);

/// SIGTERM and SIGINT.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on; before anything is opened, so that a signal that comes during the start is not lost.
    pub(super) fn listen() -> std::io::Result<StopSignals> {
        Ok(StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one; either is enough, which one is only for the log.
    pub(super) async fn come(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Waits for a second one, and meant so.
    pub(super) async fn come_again(&mut self) -> &'static str {
        let asked = Instant::now();
        loop {
            let name = self.come().await;
            if asked.elapsed() > ONE_CTRL_C {
                return name;
            }
        }
    }
}
