//! The settings file: where it is looked for, and its text. What is in it is read by `entries`; what it counts
//! beside flags and environment, by `layers`.

mod entries;
mod problem;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::catalogue::Section;
pub(super) use entries::Entry;
pub use problem::{FileProblem, Wrong};

/// Its name in the data directory, where it is found without being named.
pub const SETTINGS_FILE: &str = "relay-hub.toml";
/// A file of settings is a page or two; more is another file by mistake.
const MOST_BYTES: u64 = 256 * 1024;

/// Names a settings file. Not a setting itself: a file cannot name another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct SettingsFile {
    /// Settings file (TOML); flags and environment count before it. Without this, `serve` and `doctor` read
    /// `relay-hub.toml` in the data directory if it is there
    #[arg(id = SettingsFile::ID, long = "config", env = "RELAY_CONFIG", value_name = "FILE")]
    pub path: Option<PathBuf>,
}

impl SettingsFile {
    /// What clap calls it.
    pub(super) const ID: &str = "settings_file";
}

/// A settings file that is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// How it was found.
    pub found: Found,
}

/// How a settings file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Named by flag or environment: it must be there.
    Named,
    /// In the data directory, under its name.
    InDataDir,
}

/// Reads a file, if it is there: what it says, each entry known and good.
pub(super) fn read(file: &UsedFile, sections: &[Section]) -> Result<Option<Vec<Entry>>, FileProblem> {
    let Some(text) = text(file)? else { return Ok(None) };
    let (entries, mut wrongs) = entries::read(&text, sections);
    if file.found == Found::InDataDir {
        let moved = entries.iter().find(|entry| entry.id == super::DataSettings::ID);
        wrongs.extend(moved.map(|entry| Wrong { line: entry.line, what: MOVED.to_owned() }));
    }
    wrongs.sort_by_key(|wrong| wrong.line);
    match wrongs.as_slice() {
        [] => Ok(Some(entries)),
        _ => Err(FileProblem::Wrong { path: file.path.clone(), wrongs }),
    }
}

const MOVED: &str = "[data] data_dir makes no sense in the file that was found in the data directory itself: remove \
                     the line, or keep this file elsewhere and name it with --config (RELAY_CONFIG)";

fn text(file: &UsedFile) -> Result<Option<String>, FileProblem> {
    let unreadable = |why: String| FileProblem::Unreadable { path: file.path.clone(), why };
    let bytes = match bytes(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => {
            // A data directory that is none is told of where it is opened.
            let absent = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
            return match (file.found, absent) {
                (Found::InDataDir, true) => Ok(None),
                (Found::Named, true) => Err(FileProblem::Missing { path: file.path.clone() }),
                (Found::InDataDir | Found::Named, false) => Err(unreadable(error.to_string())),
            };
        }
    };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable(format!(
            "it is larger than {} KiB, so it is no settings file",
            MOST_BYTES / 1024
        )));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let whole = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = whole.iter().filter(|byte| **byte == b'\n').count() + 1;
        unreadable(format!("line {line} is not UTF-8; save it as UTF-8"))
    })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
