//! Runs one batch in one transaction.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use diesel::QueryResult;
use relay_domain::{Clock, DeviceId};

use super::hot::Hot;
use super::job::{Change, CommitError, Job, Waiting};
use super::set_back;
use super::tx::Tx;
use crate::backend::{self, Conn, Depth, Durability, InspectError, OpenElsewhere, OpenError, Trouble};
use crate::effect::Effect;
use crate::ids::IdSource;
use crate::queries::Query;
use crate::reads::{self, ReadError};
use crate::rows;
use crate::rows::hub_state::Mark;

/// Beyond this size the writer moves the write-ahead log itself: nobody beside it seems to.
const WAL_END_BYTES: u64 = 256 * 1024 * 1024;
/// Commits between two looks at that size.
const COMMITS_PER_LOOK: u32 = 64;

/// COMMIT failed in a way that leaves its outcome to recovery: the process must end.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be written any more: {0}")]
pub(crate) struct Fatal(pub(crate) String);

/// The one writer of a database. The hub runs it on the lane's thread; the simulation calls it directly.
pub struct Writer {
    conn: Conn,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    incarnation: u32,
    /// Batches committed in the life of this database: files put back by hand are told by it.
    committed: Arc<AtomicU64>,
    /// Rows that the connection had written when the last batch was counted.
    written: i64,
    commits: u32,
    /// Set when the checkpoints have moved nearly all of a long log.
    moved: Arc<AtomicBool>,
    /// Tells apart what this process writes at one instant.
    entries: i32,
    /// Newest connection number of each device that connected to this process.
    connections: HashMap<DeviceId, u64>,
    /// What the changes so far have read and written.
    hot: Hot,
    /// Of the database, when it was last looked whether somebody else has written.
    version: Option<i64>,
}

impl Writer {
    /// Opens the database, brings its schema up to date and clears what the last process left live.
    pub fn open(
        path: &Path,
        durability: Durability,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Writer, OpenError> {
        Writer::open_not_before(path, durability, clock, seed, Mark::default())
    }

    /// The same, unless the database is older than it is known to have been: then nothing is changed.
    pub fn open_not_before(
        path: &Path,
        durability: Durability,
        clock: Arc<dyn Clock>,
        seed: u64,
        at_least: Mark,
    ) -> Result<Writer, OpenError> {
        if at_least > Mark::default() {
            refuse_older(path, at_least)?;
        }
        let mut conn = backend::open_writer(path, durability)?;
        let prepare = |error: diesel::result::Error| OpenError::Prepare {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let state = rows::hub_state::load(&mut conn).map_err(prepare)?;
        let now = clock.now();
        rows::stream::clear_connected(&mut conn, state.alive_at.min(now)).map_err(prepare)?;
        if state.alive_at > now {
            set_back::mend(&mut conn, now).map_err(prepare)?;
        }
        let Mark { incarnation, commits } = state.mark;
        Ok(Writer {
            conn,
            path: path.to_owned(),
            clock,
            ids: IdSource::new(seed),
            incarnation,
            committed: Arc::new(AtomicU64::new(commits)),
            written: 0,
            commits: 0,
            moved: Arc::default(),
            entries: 0,
            connections: HashMap::new(),
            hot: Hot::default(),
            version: None,
        })
    }

    /// Counts on from here, if the database has counted less: of two marks the later is to be the greater.
    pub fn count_from(&mut self, commits: u64) {
        self.committed.fetch_max(commits, Ordering::Relaxed);
    }

    /// The connection, for a test that fills its disk.
    #[cfg(test)]
    pub(super) fn connection(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The hub's incarnation.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Batches committed in the life of this database, as they come.
    pub(crate) fn committed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.committed)
    }

    /// To be set when nearly all of a long log was moved into the database beside this writer, which then moves the rest:
    /// only behind the last commit can the log begin anew.
    pub(crate) fn moved(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.moved)
    }

    /// How far this database has come.
    pub fn mark(&self) -> Mark {
        Mark { incarnation: self.incarnation, commits: self.committed.load(Ordering::Relaxed) }
    }

    /// Commits one change by itself: for the simulation and for commands without a running hub.
    pub fn commit_one<C: Change>(&mut self, change: C) -> (Result<C::Verdict, CommitError>, Vec<Effect>) {
        let (reply, mut answer) = tokio::sync::oneshot::channel();
        let mut effects = Vec::new();
        if let Err(fatal) = self.commit(vec![Box::new(Waiting::new(change, reply))], &mut effects) {
            tracing::error!(error = %fatal, "commit failed");
        }
        (answer.try_recv().unwrap_or(Err(CommitError::OutcomeUnknown)), effects)
    }

    /// Asks one question on the writing connection: for the simulation and for commands without a running hub.
    pub fn ask<Q: Query>(&mut self, question: Q) -> Result<Q::Answer, ReadError> {
        reads::run(&mut self.conn, &question)
    }

    /// Runs a batch, answers every caller, and hands out what to announce.
    pub(crate) fn commit(&mut self, jobs: Vec<Box<dyn Job>>, effects: &mut Vec<Effect>) -> Result<(), Fatal> {
        let mut jobs: Vec<(Box<dyn Job>, Option<CommitError>)> =
            jobs.into_iter().map(|job| (job, None)).collect();
        let mut outcome = self.attempt(&mut jobs, effects, Isolation::Together);
        if let Err(Failed::Batch(Trouble::Poison, why)) = &outcome {
            // One of them is guilty of a bug: run again, each behind a savepoint, so that it alone is refused.
            tracing::error!(error = %why, "a batch was rolled back and is run again with savepoints");
            outcome = self.attempt(&mut jobs, effects, Isolation::Apart);
        }
        if outcome.is_err() {
            effects.clear();
        }
        for (job, refused) in jobs {
            job.finish(match (&outcome, refused) {
                (Ok(()), None) => Ok(()),
                (Ok(()), Some(refused)) => Err(refused),
                (Err(Failed::Batch(Trouble::Poison, _)), _) => Err(CommitError::Refused),
                (Err(Failed::Batch(..)), _) => Err(CommitError::Unavailable),
                (Err(Failed::Commit(_)), _) => Err(CommitError::OutcomeUnknown),
            });
        }
        match outcome {
            Ok(()) => self.look_at_wal(),
            Err(Failed::Commit(why) | Failed::Batch(Trouble::Io, why)) => Err(Fatal(why)),
            Err(Failed::Batch(trouble, why)) => {
                tracing::warn!(?trouble, error = %why, "a batch failed");
                Ok(())
            }
        }
    }

    fn attempt(
        &mut self,
        jobs: &mut [(Box<dyn Job>, Option<CommitError>)],
        effects: &mut Vec<Effect>,
        isolation: Isolation,
    ) -> Result<(), Failed> {
        effects.clear();
        let broken =
            |error: diesel::result::Error| Failed::Batch(backend::classify(&error), error.to_string());
        backend::begin(&mut self.conn).map_err(broken)?;
        let counted = match self.run(jobs, effects, isolation).and_then(|()| self.count()) {
            Ok(counted) => counted,
            Err(error) => {
                self.hot = Hot::default();
                // The first error is the one that counts; a roll-back of a lost transaction has nothing to add.
                let _already_gone = backend::rollback(&mut self.conn);
                return Err(broken(error));
            }
        };
        match backend::commit(&mut self.conn) {
            Ok(()) => {
                if counted {
                    // After COMMIT: whoever writes it down elsewhere is never ahead of the database.
                    self.committed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            }
            Err(error) => {
                self.hot = Hot::default();
                let _already_gone = backend::rollback(&mut self.conn);
                match backend::classify(&error) {
                    // Nothing of the batch is in the log: SQLite refused before it wrote the commit record.
                    trouble @ (Trouble::DiskFull | Trouble::Busy) => {
                        Err(Failed::Batch(trouble, error.to_string()))
                    }
                    Trouble::Io | Trouble::Poison => Err(Failed::Commit(error.to_string())),
                }
            }
        }
    }

    /// Counts the batch, if it wrote anything: a hub that only looks touches no disk. Whether it was counted.
    fn count(&mut self) -> QueryResult<bool> {
        let written = backend::rows_written(&mut self.conn)?;
        let wrote = written != self.written;
        if wrote {
            rows::hub_state::count(&mut self.conn, self.committed.load(Ordering::Relaxed))?;
            self.written = written + 1;
        }
        Ok(wrote)
    }

    fn run(
        &mut self,
        jobs: &mut [(Box<dyn Job>, Option<CommitError>)],
        effects: &mut Vec<Effect>,
        isolation: Isolation,
    ) -> QueryResult<()> {
        if backend::others_wrote(&mut self.conn, &mut self.version)? {
            self.hot = Hot::default();
            // Also the first time, for those of the process before this one.
            if let Some(latest) = rows::hub_state::latest_id(&mut self.conn)? {
                self.ids.count_from(latest);
            }
        }
        let now = self.clock.now();
        for (job, refused) in jobs {
            let announced = effects.len();
            if isolation == Isolation::Apart {
                backend::begin(&mut self.conn)?;
            }
            let mut tx = Tx {
                conn: &mut self.conn,
                now,
                incarnation: self.incarnation,
                hot: &mut self.hot,
                ids: &mut self.ids,
                effects,
                entries: &mut self.entries,
                connections: &mut self.connections,
            };
            let ran = job.run(&mut tx);
            if isolation == Isolation::Together {
                ran?;
                continue;
            }
            match ran.and_then(|()| self.hot.flush(&mut self.conn)) {
                Ok(()) => backend::commit(&mut self.conn)?,
                Err(error) if backend::classify(&error) == Trouble::Poison => {
                    tracing::error!(%error, "a change was refused by the database: this is a bug");
                    backend::rollback(&mut self.conn)?;
                    self.hot = Hot::default();
                    effects.truncate(announced);
                    *refused = Some(CommitError::Refused);
                }
                Err(error) => return Err(error),
            }
        }
        self.hot.flush(&mut self.conn)
    }

    fn look_at_wal(&mut self) -> Result<(), Fatal> {
        self.commits += 1;
        let mut due = self.moved.swap(false, Ordering::Relaxed);
        if self.commits >= COMMITS_PER_LOOK {
            self.commits = 0;
            due |= backend::wal_bytes(&self.path) > WAL_END_BYTES;
        }
        match due.then(|| self.conn.finish_wal()) {
            None | Some(Ok(())) => Ok(()),
            // What was answered is in the log; but the kernel tells of a failed flush once, and then forgets the pages.
            Some(Err(error)) if backend::classify(&error) == Trouble::Io => Err(Fatal(error.to_string())),
            Some(Err(error)) => {
                tracing::warn!(%error, "the write-ahead log could not be begun anew; it is tried again later");
                Ok(())
            }
        }
    }

    /// Moves the whole log into the database where no reader stands in the way.
    pub(crate) fn checkpoint(&mut self) {
        if let Err(error) = self.conn.truncate_wal() {
            tracing::warn!(%error, "the write-ahead log could not be cut back; it is tried again later");
        }
    }
}

/// Looks before the schema is touched. One that a newer version wrote tells no mark, and is refused for that.
fn refuse_older(path: &Path, at_least: Mark) -> Result<(), OpenError> {
    let older = || OpenError::Older { path: path.to_owned() };
    match backend::inspect(path, OpenElsewhere::Ours, Depth::Glance) {
        Ok(found) if found.unknown.is_empty() && found.mark.unwrap_or_default() < at_least => Err(older()),
        Ok(_) => Ok(()),
        Err(InspectError::Absent(_)) => Err(older()),
        Err(error) => Err(OpenError::Prepare { path: path.to_owned(), why: error.to_string() }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Isolation {
    Together,
    Apart,
}

enum Failed {
    /// Rolled back: nothing of the batch is stored.
    Batch(Trouble, String),
    /// COMMIT failed: nobody knows.
    Commit(String),
}
