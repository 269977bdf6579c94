//! Why a demo does not start or does not go on: for people, with the remedy.

use std::io;
use std::path::{Path, PathBuf};

use super::super::exit::Exit;
use super::customer::ApiTrouble;
use crate::app::data_dir::DataDirError;
use crate::app::{OpenStoreError, StartError};

/// Why.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// Another process works in the folder.
    #[error(
        "a demo or a hub already runs in `{0}`: use that one, stop it, or give this one another folder with --data-dir"
    )]
    InUse(PathBuf),
    /// The folder is somebody else's.
    #[error(
        "the folder `{0}` holds other files and can be read by others: give the demo a folder of its own with --data-dir"
    )]
    Shared(PathBuf),
    /// The port is taken.
    #[error(
        "port {0} is taken by another program: stop it, or choose another with --port (0 takes any free one)"
    )]
    PortTaken(u16),
    /// The hub.
    #[error(transparent)]
    Start(StartError),
    /// Signals.
    #[error("signals cannot be listened to: {0}")]
    Signals(io::Error),
    /// The folder is a real hub's.
    #[error(
        "`{0}` holds the data of a hub that is no demo: give the demo a folder of its own with --data-dir"
    )]
    NotADemo(PathBuf),
    /// An operator's verb.
    #[error("the demo could not be set up: {0}; `rm -r` its folder starts afresh")]
    SetUp(String),
    /// A phone.
    #[error(
        "{name} does not start: {why}; removing its folder `{folder}` makes the demo pair it again",
        folder = folder.display()
    )]
    Phone {
        /// Which.
        name: &'static str,
        /// What it said.
        why: String,
        /// Where its journal is.
        folder: PathBuf,
    },
    /// A file of the demo's.
    #[error("cannot use `{path}`: {error}; check that it is yours and the disk not full, or choose another folder with --data-dir", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The API.
    #[error(transparent)]
    Api(#[from] ApiTrouble),
    /// The hub's server ended.
    #[error("the hub ended: {0}")]
    HubDied(String),
    /// More messages than the API pages through.
    #[error(
        "the lists are longer than the API pages through, so nothing was judged; `rm -r` the demo's folder starts afresh"
    )]
    TooMany,
}

impl DemoError {
    /// The hub's refusals speak of the flags of `serve`; here are ours.
    pub(super) fn start(error: StartError, data_dir: &Path) -> DemoError {
        match error {
            StartError::PortTaken(address) => DemoError::PortTaken(address.port()),
            StartError::Store(OpenStoreError::DataDir(DataDirError::InUse(_))) => {
                DemoError::InUse(data_dir.to_owned())
            }
            StartError::Store(OpenStoreError::DataDir(DataDirError::Shared(path))) => DemoError::Shared(path),
            StartError::Store(OpenStoreError::DataDir(DataDirError::File { path, error })) => {
                DemoError::File { path, error }
            }
            other => DemoError::Start(other),
        }
    }

    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> DemoError + use<> {
        let path = path.to_owned();
        move |error| DemoError::File { path: path.clone(), error }
    }
}

impl From<&DemoError> for Exit {
    fn from(error: &DemoError) -> Exit {
        match error {
            DemoError::InUse(_) | DemoError::PortTaken(_) => Exit::Unreachable,
            DemoError::Start(error) => Exit::from(error),
            DemoError::NotADemo(_) | DemoError::Shared(_) => Exit::Usage,
            DemoError::Signals(_)
            | DemoError::SetUp(_)
            | DemoError::Phone { .. }
            | DemoError::File { .. }
            | DemoError::Api(_)
            | DemoError::HubDied(_)
            | DemoError::TooMany => Exit::Failed,
        }
    }
}
