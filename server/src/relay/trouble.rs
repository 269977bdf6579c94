//! What a verb's caller can do when the store does not answer: the store's errors, sorted by the next step.

use relay_store::{CommitError, ReadError};

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing was stored; ask again in a moment.
    #[error("{0}; nothing was stored, ask again in a moment")]
    TryAgain(String),
    /// Nobody knows whether it was stored: the hub restarts and recovery decides.
    #[error("the hub lost its disk while it answered; whether this was stored shows after its restart")]
    OutcomeUnknown,
    /// A bug or a damaged database: asking again does not help.
    #[error("{0}")]
    Broken(String),
}

impl Trouble {
    /// The hub is stopping and takes nothing more.
    pub(crate) fn stopping() -> Trouble {
        Trouble::TryAgain("the hub is stopping".to_owned())
    }
}

impl From<CommitError> for Trouble {
    fn from(error: CommitError) -> Trouble {
        match error {
            CommitError::Busy | CommitError::Unavailable | CommitError::Closed => {
                Trouble::TryAgain(error.to_string())
            }
            CommitError::OutcomeUnknown => Trouble::OutcomeUnknown,
            CommitError::Refused => Trouble::Broken(error.to_string()),
        }
    }
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Trouble {
        match error {
            ReadError::Busy => Trouble::TryAgain(error.to_string()),
            ReadError::Failed(_) => Trouble::Broken(error.to_string()),
        }
    }
}
