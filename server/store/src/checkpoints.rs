//! The thread that moves the write-ahead log into the database, so that no commit has to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::backend::{Checkpointer, OpenError, Trouble, classify};

/// Often enough that the log stays small, seldom enough to cost nothing.
const INTERVAL: Duration = Duration::from_millis(200);

/// The running thread; dropping it ends it.
pub(crate) struct Checkpoints {
    /// Dropped to say stop.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts it; `committed` is set by the lane after each commit, so that an idle hub touches no disk. `moved` is set
    /// here after each pass: hardly anything is left then for whoever cuts the log back. `on_fatal` is
    /// called when the disk fails: a flush that failed here is not tried again either, because the kernel reports such
    /// an error once and then forgets the pages.
    pub(crate) fn start(
        path: &Path,
        committed: Arc<AtomicBool>,
        moved: Arc<AtomicBool>,
        on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Result<Checkpoints, OpenError> {
        let mut checkpointer = Checkpointer::open(path)?;
        let (stop, stopped) = mpsc::channel::<()>();
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if !committed.swap(false, Ordering::Relaxed) {
                    continue;
                }
                match checkpointer.passive() {
                    Ok(()) => moved.store(true, Ordering::Relaxed),
                    Err(error) if classify(&error) == Trouble::Io => {
                        return on_fatal(&format!("a checkpoint failed: {error}"));
                    }
                    Err(error) => tracing::warn!(%error, "a checkpoint failed; it is tried again"),
                }
            }
        };
        let thread = thread::Builder::new()
            .name("relay-checkpoints".into())
            .spawn(run)
            .map_err(|error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() })?;
        Ok(Checkpoints { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.stop.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}
