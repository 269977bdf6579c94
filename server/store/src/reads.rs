//! The read pool: a few connections that can only read, apart from the writer.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::backend::{self, Conn, OpenError};
use crate::queries::{Query, Read};

/// Connections: reads are short, and SQLite gains little beyond the cores.
const READERS: usize = 4;
/// Reads that may wait for a connection before callers are told to come back.
const WAITING_READS: usize = 4096;

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Too many wait already.
    #[error("the store is busy")]
    Busy,
    /// The database could not be read.
    #[error("the store cannot be read: {0}")]
    Failed(String),
}

/// Asks questions.
#[derive(Clone)]
pub struct Reads(Arc<Pool>);

struct Pool {
    idle: Mutex<Vec<Conn>>,
    /// One permit per connection.
    free: Arc<Semaphore>,
    /// One permit per caller that may wait.
    waiting: Semaphore,
}

impl Reads {
    pub(crate) fn open(path: &Path) -> Result<Reads, OpenError> {
        let idle = (0..READERS).map(|_| backend::open_reader(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Reads(Arc::new(Pool {
            idle: Mutex::new(idle),
            free: Arc::new(Semaphore::new(READERS)),
            waiting: Semaphore::new(WAITING_READS),
        })))
    }

    /// Asks one question in one short read transaction, off the caller's thread.
    pub async fn ask<Q: Query>(&self, question: Q) -> Result<Q::Answer, ReadError> {
        let pool = Arc::clone(&self.0);
        let _place = self.0.waiting.try_acquire().map_err(|_| ReadError::Busy)?;
        let turn = Arc::clone(&self.0.free).acquire_owned().await.map_err(|_| ReadError::Busy)?;
        let answer = tokio::task::spawn_blocking(move || {
            // Given back here: a caller of low priority may not run for a while.
            let _turn = turn;
            let mut conn = pool.take().ok_or(ReadError::Busy)?;
            let answer = run(&mut conn, &question);
            pool.give_back(conn);
            answer
        });
        answer.await.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
    }
}

/// Asks one question on a connection that the caller holds: for the simulation.
pub(crate) fn run<Q: Query>(conn: &mut Conn, question: &Q) -> Result<Q::Answer, ReadError> {
    backend::reading(conn, |conn| question.run(&mut Read { conn }))
        .map_err(|error| ReadError::Failed(error.to_string()))
}

impl Pool {
    fn take(&self) -> Option<Conn> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, conn: Conn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }
}
