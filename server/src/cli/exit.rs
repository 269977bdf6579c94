//! What a script learns from a command: its exit code.

use std::process::ExitCode;

use crate::app::RefusedKind;
use crate::app::data_dir::DataDirError;
use crate::app::{
    BackupError, ClientError, ManageError, ManifestError, OpenStoreError, RestoreError, StartError,
};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage, or a setting that cannot be.
    Usage = 2,
    /// Something that was named does not exist.
    NotFound = 3,
    /// Somebody else holds what is needed and does not answer.
    Unreachable = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

impl From<RefusedKind> for Exit {
    fn from(kind: RefusedKind) -> Exit {
        match kind {
            RefusedKind::Invalid => Exit::Usage,
            RefusedKind::NotFound => Exit::NotFound,
            RefusedKind::Failed => Exit::Failed,
        }
    }
}

impl From<&ManageError> for Exit {
    fn from(error: &ManageError) -> Exit {
        match error {
            ManageError::Unreachable(_) | ManageError::NoAnswer { .. } => Exit::Unreachable,
            ManageError::Open(error) => error.into(),
        }
    }
}

impl From<&OpenStoreError> for Exit {
    fn from(error: &OpenStoreError) -> Exit {
        match error {
            OpenStoreError::DataDir(DataDirError::InUse(_)) => Exit::Unreachable,
            OpenStoreError::DataDir(DataDirError::Shared(_))
            | OpenStoreError::Webhooks(ClientError::Roots { .. }) => Exit::Usage,
            OpenStoreError::DataDir(DataDirError::File { .. })
            | OpenStoreError::Secrets(_)
            | OpenStoreError::Continuity(_)
            | OpenStoreError::Store(_)
            | OpenStoreError::Webhooks(ClientError::Broken(_)) => Exit::Failed,
        }
    }
}

impl From<&StartError> for Exit {
    fn from(error: &StartError) -> Exit {
        match error {
            StartError::Setting(_) => Exit::Usage,
            StartError::PortTaken(_) => Exit::Unreachable,
            StartError::Store(error) => error.into(),
            StartError::Listen { .. } | StartError::Control(_) | StartError::Broken(_) => Exit::Failed,
        }
    }
}

impl From<&BackupError> for Exit {
    fn from(error: &BackupError) -> Exit {
        match error {
            BackupError::NotEmpty(_) => Exit::Usage,
            BackupError::NoDatabase(_) => Exit::NotFound,
            BackupError::File { .. } | BackupError::Secrets { .. } | BackupError::Store(_) => Exit::Failed,
        }
    }
}

impl From<&RestoreError> for Exit {
    fn from(error: &RestoreError) -> Exit {
        match error {
            RestoreError::HubRuns(_) | RestoreError::DataDir(DataDirError::InUse(_)) => Exit::Unreachable,
            RestoreError::DataDir(DataDirError::Shared(_)) => Exit::Usage,
            RestoreError::NothingHere(_) | RestoreError::Manifest(ManifestError::Absent(_)) => Exit::NotFound,
            RestoreError::DataDir(DataDirError::File { .. })
            | RestoreError::Manifest(_)
            | RestoreError::Unreadable(_)
            | RestoreError::Damaged { .. }
            | RestoreError::Mixed(_)
            | RestoreError::Newer { .. }
            | RestoreError::Continuity(_)
            | RestoreError::File { .. }
            | RestoreError::Open(_)
            | RestoreError::Commit(_)
            | RestoreError::Read(_) => Exit::Failed,
        }
    }
}
