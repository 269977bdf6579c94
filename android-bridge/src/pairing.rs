//! Pairing: a one-time code becomes a device id and a token, kept beside the journal.
//!
//! Owns the file `pairing.json` (0600) of a data folder. It lies with the journal on purpose: a copy of the one
//! without the other would speak for a phone that it is not.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use device_protocol::{PAIR_PATH, PairReply, PairRequest, RefusalBody, RefusalCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const FILE_NAME: &str = "pairing.json";
/// A hub that has not answered by then is not there; pairing is a person's doing, who tries again.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What a phone was paired as.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// The device.
    pub device_id: Uuid,
    /// Bearer token.
    pub token: String,
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is a secret: it stays out of logs.
        f.debug_struct("Pairing").field("device_id", &self.device_id).finish_non_exhaustive()
    }
}

/// Why a phone is not paired.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The hub said no.
    #[error("the hub refuses the code: {message}")]
    Refused {
        /// For programs.
        code: RefusalCode,
        /// What happened and what to do.
        message: String,
        /// When to try again, where the hub says so.
        retry_after: Option<Duration>,
    },
    /// Something else answered, or a hub of another time.
    #[error("`{url}` answered status `{status}`, which is not a hub's answer: is the address right?")]
    Strange {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// Nobody answered.
    #[error("cannot reach `{url}`: {source}; is the hub running, and the address right?")]
    Unreachable {
        /// Where.
        url: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The pairing cannot be kept.
    #[error("pairing file `{path}`: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Pairs with the hub at `hub_url` (`http://host:port`).
pub async fn pair(hub_url: &str, code: &str, model: &str) -> Result<Pairing, PairError> {
    let url = format!("{}{PAIR_PATH}", hub_url.trim_end_matches('/'));
    let unreachable = |source| PairError::Unreachable { url: url.clone(), source };
    // Straight to the hub, as the socket goes: a proxy of the environment is not the phone's.
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().map_err(unreachable)?;
    let request = PairRequest { code: code.into(), model: model.into() };
    let reply = client.post(&url).json(&request).send().await.map_err(unreachable)?;
    let status = reply.status();
    let retry_after = reply.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let body = reply.bytes().await.map_err(unreachable)?;
    if status.is_success()
        && let Ok(PairReply { device_id, token, .. }) = serde_json::from_slice(&body)
    {
        return Ok(Pairing { device_id, token });
    }
    match serde_json::from_slice::<RefusalBody>(&body) {
        Ok(RefusalBody { error }) => {
            Err(PairError::Refused { code: error.code, message: error.message, retry_after })
        }
        Err(_) => Err(PairError::Strange { url, status: status.as_u16() }),
    }
}

impl Pairing {
    /// The pairing kept in a data folder, if there is one.
    pub fn load(dir: &Path) -> Result<Option<Pairing>, PairError> {
        let path = dir.join(FILE_NAME);
        let read = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(std::io::Error::other),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
        };
        read.map(Some).map_err(|source| PairError::File { path: path.display().to_string(), source })
    }

    /// Keeps the pairing in a data folder, durably: the code is spent, there is no second answer.
    pub fn save(&self, dir: &Path) -> Result<(), PairError> {
        self.write(dir)
            .map_err(|source| PairError::File { path: dir.join(FILE_NAME).display().to_string(), source })
    }

    fn write(&self, dir: &Path) -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        let next = dir.join("pairing.json.next");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&next)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(&next, dir.join(FILE_NAME))?;
        File::open(dir)?.sync_all()
    }
}
