//! The open store: the lane, the read pool and the checkpoints, started and stopped together.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use relay_domain::Clock;

use crate::backend::{Durability, OpenError};
use crate::changes::Standing;
use crate::checkpoints::Checkpoints;
use crate::effect::Announce;
use crate::lane::{Lane, LaneThread, Writer};
use crate::queries::Standings;
use crate::reads::Reads;
use crate::rows::hub_state::Mark;

/// What the store needs from outside.
pub struct StoreConfig {
    /// The clock of every instant, id and month.
    pub clock: Arc<dyn Clock>,
    /// Seed of the ids' random bits.
    pub seed: u64,
    /// The database is refused if it has not come so far.
    pub at_least: Mark,
    /// Who listens to effects.
    pub announce: Arc<dyn Announce>,
    /// Called when a flush failed, at most once by each thread of the store: the process must end so that recovery
    /// decides.
    pub on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
}

/// The store of a running hub.
pub struct Store {
    lane: LaneThread,
    reads: Reads,
    incarnation: u32,
    commits: Arc<AtomicU64>,
    standings: Vec<Standing>,
    /// Ends after the lane has cut the log back.
    _checkpoints: Checkpoints,
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the threads.
    pub fn open(path: &Path, config: StoreConfig) -> Result<Store, OpenError> {
        let StoreConfig { clock, seed, at_least, announce, on_fatal } = config;
        let mut writer = Writer::open_not_before(path, Durability::Full, clock, seed, at_least)?;
        let standings = writer
            .ask(Standings { device_id: None })
            .map_err(|error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() })?;
        let (incarnation, commits) = (writer.incarnation(), writer.committed());
        let reads = Reads::open(path)?;
        let (committed, moved) = (Arc::new(AtomicBool::new(true)), writer.moved());
        let checkpoints = Checkpoints::start(path, Arc::clone(&committed), moved, Arc::clone(&on_fatal))?;
        let lane = LaneThread::start(writer, announce, on_fatal, committed)
            .map_err(|error| OpenError::Prepare { path: path.to_owned(), why: error.to_string() })?;
        Ok(Store { lane, reads, incarnation, commits, standings, _checkpoints: checkpoints })
    }

    /// A handle to the lane.
    pub fn lane(&self) -> Lane {
        self.lane.lane.clone()
    }

    /// A handle to the read pool.
    pub fn reads(&self) -> Reads {
        self.reads.clone()
    }

    /// The hub's incarnation.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// How the devices stood when it was opened.
    pub fn standings_at_open(&self) -> &[Standing] {
        &self.standings
    }

    /// How far the database has come, as it goes on: for whoever writes it down beside it.
    pub fn progress(&self) -> Progress {
        Progress { incarnation: self.incarnation, commits: Arc::clone(&self.commits) }
    }

    /// Commits what waits, cuts the log back and ends the threads. Blocks.
    pub fn close(self) {
        self.lane.stop();
    }
}

/// Tells how far a store's database has come, without asking it.
#[derive(Debug, Clone)]
pub struct Progress {
    incarnation: u32,
    commits: Arc<AtomicU64>,
}

impl Progress {
    /// The mark of the last commit: the database is never behind it.
    pub fn mark(&self) -> Mark {
        Mark { incarnation: self.incarnation, commits: self.commits.load(Ordering::Relaxed) }
    }
}
