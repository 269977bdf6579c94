//! The lane: one writer, many callers, one transaction and one flush for everyone who waits.
//!
//! `batch` decides who goes together (pure), `writer` runs a batch in one transaction, `run` is the thread
//! around it, `effects` is what a commit announces. Callers hand in a [`Change`](crate::Change) and get its verdict back after
//! COMMIT, never before.

mod batch;
#[cfg(test)]
mod full_disk;
mod hot;
mod job;
mod run;
mod set_back;
#[cfg(test)]
mod still;
mod tx;
mod writer;

pub(crate) use hot::{Stream, TurnKey, UsageKey};
pub use job::{Change, CommitError};
pub use run::Lane;
pub(crate) use run::LaneThread;
#[cfg(test)]
pub(crate) use still::Still;
pub use tx::Tx;
pub use writer::Writer;
