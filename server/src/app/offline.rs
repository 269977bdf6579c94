//! Management verbs from outside the hub's process: through the control socket when a hub runs, on the store
//! itself when none does.
//!
//! The lock of the data directory decides which: it is never broken, and the store is never opened without it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::data_dir::{self, DataDirError};
use super::opened::{OpenStoreError, Opened};
use crate::control::socket::{Asked, ask};
use crate::control::{Answer, Verb, execute};

/// A hub that is starting or stopping holds the lock for a moment without listening.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Why a verb was not carried out, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// The lock is held and nobody listens.
    #[error(
        "another relay-hub holds the data directory `{0}` and does not answer on its control socket: it may be \
         starting, stopping or hung. Try again in a moment; if it stays so, look at that hub's log and restart it"
    )]
    Unreachable(PathBuf),
    /// Somebody listens and did not answer.
    #[error(
        "the hub of `{path}` did not answer ({error}): whether it did what was asked is not known. Look with a \
         `list` command before you ask again"
    )]
    NoAnswer {
        /// The data directory.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenStoreError),
}

/// Carries a verb out, wherever the store is open.
pub async fn manage(data_dir: &Path, verb: Verb) -> Result<Answer, ManageError> {
    manage_within(data_dir, verb, PATIENCE).await
}

async fn manage_within(data_dir: &Path, verb: Verb, patience: Duration) -> Result<Answer, ManageError> {
    let started = tokio::time::Instant::now();
    loop {
        match ask(&data_dir::socket_path(data_dir), &verb).await {
            Asked::Answered(answer) => return Ok(*answer),
            Asked::NoAnswer(error) => return Err(ManageError::NoAnswer { path: data_dir.to_owned(), error }),
            Asked::NobodyListens => {}
        }
        match Opened::open_alone(data_dir) {
            Ok(opened) => {
                let answer = execute(&opened.relay, verb).await;
                opened.close();
                return Ok(answer);
            }
            Err(OpenStoreError::DataDir(DataDirError::InUse(path))) if started.elapsed() > patience => {
                return Err(ManageError::Unreachable(path));
            }
            Err(OpenStoreError::DataDir(DataDirError::InUse(_))) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Brings the database of a data directory up to date and closes it; answers its incarnation.
pub fn migrate(data_dir: &Path) -> Result<u32, OpenStoreError> {
    let opened = Opened::open_alone(data_dir)?;
    let incarnation = opened.incarnation();
    opened.close();
    Ok(incarnation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::data_dir::DataDir;
    use crate::control::PlanNumbers;

    fn create(name: &str) -> Verb {
        Verb::AccountCreate {
            name: name.into(),
            plan: "free".into(),
            numbers: PlanNumbers::default(),
            zone: None,
        }
    }

    #[tokio::test]
    async fn verbs_work_without_a_hub_and_one_after_the_other() {
        let scratch = tempfile::tempdir().unwrap();
        let (one, two) =
            tokio::join!(manage(scratch.path(), create("Ann")), manage(scratch.path(), create("Bob")));
        assert!(matches!(one.unwrap(), Answer::AccountCreated(_)));
        assert!(matches!(two.unwrap(), Answer::AccountCreated(_)));
        let Answer::Accounts { accounts } = manage(scratch.path(), Verb::AccountList).await.unwrap() else {
            panic!("no list")
        };
        assert_eq!(accounts.len(), 2);
    }

    #[tokio::test]
    async fn a_held_lock_without_a_listener_is_an_error_with_a_remedy() {
        let scratch = tempfile::tempdir().unwrap();
        let _held = DataDir::open(scratch.path()).unwrap();
        let refused = manage_within(scratch.path(), Verb::AccountList, Duration::ZERO).await.unwrap_err();
        assert!(matches!(refused, ManageError::Unreachable(_)), "{refused}");
    }
}
