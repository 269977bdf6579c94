//! One caller's change on its way through the lane.

use diesel::QueryResult;
use tokio::sync::oneshot;

use super::tx::Tx;

/// One unit that the store commits. The types that implement it are in `changes`, one file each.
///
/// Expected refusals are found by reads inside the transaction and are part of the verdict, never SQL errors. A
/// change may be applied a second time after its batch was rolled back, so it keeps nothing from the first.
pub trait Change: Send + 'static {
    /// What came of it.
    type Verdict: Send + 'static;

    /// Rows that it writes, about: a batch ends where many have come together.
    fn weight(&self) -> usize {
        1
    }

    /// Applies it inside the transaction.
    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Self::Verdict>;
}

/// Why a change was not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The inbox is full: come back in a moment. Nothing was stored.
    #[error("the store is busy")]
    Busy,
    /// The disk is full or the database locked. Nothing was stored.
    #[error("the store cannot write now")]
    Unavailable,
    /// The change broke a rule of the schema: a bug. Nothing of it was stored.
    #[error("the change was refused by the database")]
    Refused,
    /// COMMIT failed: whether it was stored is decided by recovery. The process ends.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown,
    /// The hub is stopping. Nothing was stored.
    #[error("the store is closed")]
    Closed,
}

/// A change with its caller waiting.
pub(crate) trait Job: Send {
    /// Applies the change and remembers the verdict.
    fn run(&mut self, tx: &mut Tx<'_>) -> QueryResult<()>;

    /// Answers the caller: the remembered verdict, or the error.
    fn finish(self: Box<Self>, outcome: Result<(), CommitError>);
}

pub(crate) struct Waiting<C: Change> {
    change: C,
    verdict: Option<C::Verdict>,
    reply: oneshot::Sender<Result<C::Verdict, CommitError>>,
}

impl<C: Change> Waiting<C> {
    pub(crate) fn new(change: C, reply: oneshot::Sender<Result<C::Verdict, CommitError>>) -> Waiting<C> {
        Waiting { change, verdict: None, reply }
    }
}

impl<C: Change> Job for Waiting<C> {
    fn run(&mut self, tx: &mut Tx<'_>) -> QueryResult<()> {
        self.verdict = Some(self.change.apply(tx)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), CommitError>) {
        let Waiting { verdict, reply, .. } = *self;
        // A caller that went away does not undo what was committed.
        let _gone = reply.send(outcome.and_then(|()| verdict.ok_or(CommitError::Refused)));
    }
}
