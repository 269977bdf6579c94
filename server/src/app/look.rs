//! What can be known of a data directory from outside without changing anything in it: who holds it, and what is in
//! its database. For `doctor`.

use std::path::Path;
use std::time::Duration;

use relay_store::OpenElsewhere;
pub use relay_store::{Depth, InspectError, Inspection, Mark};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::data_dir;
use crate::continuity;
pub use crate::continuity::ContinuityError;
use crate::control::socket::{Asked, ask};
use crate::control::{Answer, Verb};

/// A hub answers in milliseconds; one that does not by then is hung, or drowned in work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who holds a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// No process.
    Nobody,
    /// A hub, which answered.
    Hub(RunningHub),
    /// A process that does not answer.
    Silent,
}

/// A hub that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningHub {
    /// Its process, where the kernel tells.
    pub pid: Option<i32>,
    /// Its phones, connected or not.
    pub phones: u64,
}

/// Asks who holds a data directory.
pub async fn holder(data_dir: &Path) -> Holder {
    let socket = data_dir::socket_path(data_dir);
    let asked = timeout(PATIENCE, ask(&socket, &Verb::DeviceList { account: None, all: false })).await;
    match asked {
        Ok(Asked::Answered(answer)) => {
            let phones = match *answer {
                Answer::Devices { devices } => {
                    let paired = ["online", "offline", "draining", "leaving"];
                    let phones = devices.iter().filter(|device| paired.contains(&&*device.status));
                    phones.count() as u64
                }
                // It answers, which is what matters.
                _ => 0,
            };
            Holder::Hub(RunningHub { pid: process_behind(&socket).await, phones })
        }
        Ok(Asked::NobodyListens) if !data_dir::is_held(data_dir) => Holder::Nobody,
        Ok(Asked::NobodyListens | Asked::NoAnswer(_)) | Err(_) => Holder::Silent,
    }
}

/// The process that listens on a socket. Nothing is asked: the connection is closed at once.
async fn process_behind(socket: &Path) -> Option<i32> {
    // A process of another namespace has no number here.
    UnixStream::connect(socket).await.ok()?.peer_cred().ok()?.pid().filter(|pid| *pid > 0)
}

/// Looks into the database of a data directory. Blocks; with [`Depth::EveryPage`] for as long as reading it takes.
pub fn look_into_database(data_dir: &Path, holder: Holder, depth: Depth) -> Result<Inspection, InspectError> {
    let elsewhere = match holder {
        Holder::Nobody => OpenElsewhere::Free,
        Holder::Hub(_) | Holder::Silent => OpenElsewhere::Held,
    };
    relay_store::inspect(&data_dir::database_path(data_dir), elsewhere, depth)
}

/// How far the database is known to have come; `None` where nothing was written down. It is asked before the database,
/// which goes on meanwhile.
pub fn known_mark(data_dir: &Path) -> Result<Option<Mark>, ContinuityError> {
    let record = continuity::read(&data_dir::continuity_path(data_dir))?;
    Ok(record.map(|record| record.mark))
}
