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

/// Pages in the log beyond which it is begun anew.
const LONG_LOG: i32 = 8_192;

/// Moves what there is, and flushes it: the pages that the log has now.
fn pass(checkpointer: &mut Checkpointer) -> Result<i32, (Trouble, String)> {
    let log = checkpointer.passive().map_err(|error| (classify(&error), error.to_string()))?;
    checkpointer.flush().map_err(|error| (Trouble::Io, error.to_string()))?;
    Ok(log)
}

/// The running thread; dropping it ends it.
pub(crate) struct Checkpoints {
    /// Dropped to say stop.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts it; `committed` is set by the lane after each commit, so that an idle hub touches no disk. `moved` is set
    /// here when nearly all of a long log has been moved: hardly anything is left then for the writer. `on_fatal` is
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
                let passed = pass(&mut checkpointer).and_then(|log| {
                    if log > LONG_LOG {
                        // What is left behind the second was written during it.
                        pass(&mut checkpointer)?;
                        moved.store(true, Ordering::Relaxed);
                    }
                    Ok(())
                });
                match passed {
                    Ok(()) => {}
                    Err((Trouble::Io, why)) => return on_fatal(&format!("a checkpoint failed: {why}")),
                    Err((_, why)) => tracing::warn!(error = why, "a checkpoint failed; it is tried again"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Durability, wal_bytes};
    use crate::changes::MarkAlive;
    use crate::lane::{Still, Writer};

    #[test]
    fn a_log_that_was_moved_begins_anew_in_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.db");
        let mut writer = Writer::open(&path, Durability::Full, Arc::new(Still), 1).unwrap();
        let mut commit = |moved: bool| {
            writer.moved().store(moved, Ordering::Relaxed);
            writer.commit_one(MarkAlive).0.unwrap();
        };
        let mut checkpointer = Checkpointer::open(&path).unwrap();
        (0..100).for_each(|_| commit(false));
        let moved = pass(&mut checkpointer).unwrap();
        assert!(moved >= 100, "{moved} pages");
        // Behind the pass, so that it is not the end of the log; the writer moves it when it is told to.
        commit(true);
        let bytes = wal_bytes(&path);
        commit(false);
        let anew = pass(&mut checkpointer).unwrap();
        assert!((1..10).contains(&anew), "{anew} pages");
        assert_eq!(wal_bytes(&path), bytes, "the file is written over and not cut");
    }
}
