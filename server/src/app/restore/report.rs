//! What came of a restore: what a program gets with `--json`, and what the command line makes sentences of.

use std::path::{Path, PathBuf};

use relay_domain::DeviceId;
use relay_store::changes::RestoreVerdict;
use serde::Serialize;

use super::RestoreMode;
use super::copy::Copy;
use super::known::{Age, Known};
use crate::app::data_dir;
use crate::http::instant::write as instant;

/// What came of it. A field that is not known is null, never absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// `restored`, or `would_restore` where it was only told.
    pub answer: &'static str,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The backup's folder; null for files that were put into the data directory.
    pub from: Option<PathBuf>,
    /// When the backup was made; null without one.
    pub made_at: Option<String>,
    /// The newest entry of the database: what is newer is lost.
    pub newest_entry_at: Option<String>,
    /// Whether the database is older than the hub has known it; null where nothing tells.
    pub older: Option<bool>,
    /// The incarnation that began.
    pub incarnation: u32,
    /// Messages that are held; null where it was only told.
    pub held: Option<HeldShown>,
    /// Devices that were revoked, or had left, since: their phones are locked out.
    pub revoked: Vec<DeviceNamed>,
    /// Devices that were unpaired since: they leave again.
    pub unpaired: Vec<DeviceNamed>,
    /// Devices that were paired anew since: their phones go on.
    pub paired: Vec<DeviceNamed>,
    /// Devices that were made since: the database does not know them, and their phones must be paired again.
    pub pair_again: Vec<String>,
    /// Files that were renamed, and are kept.
    pub put_aside: Vec<PathBuf>,
    /// What an operator should look at.
    pub warnings: Vec<String>,
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeldShown {
    /// Messages that waited.
    pub queued: usize,
    /// Messages that a phone was given, or was to be given.
    pub dispatched: usize,
    /// Devices that they belong to.
    pub devices: usize,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceNamed {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl RestoreReport {
    /// What is known before anything is done.
    pub(super) fn begin(
        data_dir: &Path,
        mode: RestoreMode,
        copy: Option<&Copy>,
        known: &Known,
    ) -> RestoreReport {
        let has_secrets = data_dir::secrets_path(data_dir).exists() || copy.is_some_and(Copy::has_secrets);
        RestoreReport {
            answer: match mode {
                RestoreMode::Do => "restored",
                RestoreMode::Tell => "would_restore",
            },
            data_dir: data_dir.to_owned(),
            from: copy.map(|copy| copy.folder().to_owned()),
            made_at: copy.map(|copy| copy.manifest().made_at.clone()),
            newest_entry_at: known.newest_at.map(instant),
            older: match known.age {
                Age::Older => Some(true),
                Age::AsKnown => Some(false),
                Age::Unknown => None,
            },
            incarnation: known.incarnation,
            held: None,
            revoked: Vec::new(),
            unpaired: Vec::new(),
            paired: Vec::new(),
            pair_again: Vec::new(),
            put_aside: Vec::new(),
            warnings: warnings(known, has_secrets),
        }
    }

    /// What the database found.
    pub(super) fn found(&mut self, verdict: RestoreVerdict, names: &[(DeviceId, String)]) {
        let named = |ids: Vec<DeviceId>| -> Vec<DeviceNamed> {
            let name =
                |id: &DeviceId| names.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
            let named =
                ids.iter().map(|id| DeviceNamed { id: id.to_string(), name: name(id).unwrap_or_default() });
            named.collect()
        };
        let RestoreVerdict { queued, dispatched, devices, revoked, leaving, paired, unknown } = verdict;
        self.held = Some(HeldShown { queued, dispatched, devices });
        self.revoked = named(revoked);
        self.unpaired = named(leaving);
        self.paired = named(paired);
        self.pair_again = unknown.iter().map(DeviceId::to_string).collect();
    }
}

fn warnings(known: &Known, has_secrets: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if !has_secrets {
        warnings.push(
            "there is no secrets.json: put the one of the same backup into the data directory before you start the hub; \
             without it every API key and every phone must be made anew"
                .to_owned(),
        );
    }
    if known.is_record_damaged() || known.age == Age::Unknown {
        warnings.push(
            "no readable continuity.ndjson was there, so nobody knows which phones were paired or revoked after this \
             database was copied: go through `relay-hub device list`, and revoke again what you revoked since"
                .to_owned(),
        );
    }
    warnings
}
