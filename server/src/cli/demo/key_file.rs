//! `DATA/demo-keys`: the demo's API keys, so that a second run's curl lines are the first run's.
//!
//! A hub keeps only digests of keys, on purpose. The demo writes its own down because they open nothing but
//! simulated phones. The file can be sourced by a shell.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::trouble::DemoError;

const NAME: &str = "demo-keys";
const OWNER_ONLY: u32 = 0o600;

const EXPLAINED: &str = "\
# API keys of `relay-hub demo`, kept so that a second run finds them and its curl lines still work.
# Demo only: they open nothing but the simulated phones beside this file. A real hub shows a key once
# and keeps a digest of it. Delete this file and the next run revokes these keys and makes new ones.
";

/// The keys, by the words of the cast.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    keys: BTreeMap<String, String>,
}

impl KeyFile {
    /// Where it lies.
    pub(super) fn path(data_dir: &Path) -> PathBuf {
        data_dir.join(NAME)
    }

    /// Reads it; a line that is no key is as good as none, for a key that is missing is made anew.
    pub(super) fn load(data_dir: &Path) -> Result<KeyFile, DemoError> {
        let path = KeyFile::path(data_dir);
        let text = match std::fs::read(&path) {
            Ok(bytes) => {
                // Somebody may have edited it with a looser mask.
                std::fs::set_permissions(&path, Permissions::from_mode(OWNER_ONLY))
                    .map_err(DemoError::file(&path))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(DemoError::file(&path)(error)),
        };
        Ok(KeyFile { keys: parse(&text), path })
    }

    pub(super) fn get(&self, word: &str) -> Option<&str> {
        self.keys.get(&variable(word)).map(String::as_str)
    }

    /// Keeps a key, at once: a demo that is killed after this does not make it again.
    pub(super) fn keep(&mut self, word: &str, key: &str) -> Result<(), DemoError> {
        self.keys.insert(variable(word), key.to_owned());
        self.write().map_err(DemoError::file(&self.path))
    }

    /// Written beside and renamed: a crash leaves the old file or the new one.
    fn write(&self) -> std::io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(OWNER_ONLY).open(&beside)?;
        let lines = self.keys.iter().map(|(name, key)| format!("{name}={key}\n"));
        file.write_all(format!("{EXPLAINED}{}", lines.collect::<String>()).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Name in the file: a shell's variable.
fn variable(word: &str) -> String {
    format!("{}_KEY", word.to_uppercase())
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, key)| (name.trim().to_owned(), key.trim().to_owned()))
        // A request header takes no other characters, and no key has them.
        .filter(|(_, key)| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_again_by_their_owner_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let mut file = KeyFile::load(scratch.path()).unwrap();
        assert_eq!(file.get("pro"), None);
        file.keep("pro", "rlyn_a").unwrap();
        file.keep("free", "rlyn_b").unwrap();
        let path = KeyFile::path(scratch.path());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, OWNER_ONLY);
        let again = KeyFile::load(scratch.path()).unwrap();
        assert_eq!((again.get("pro"), again.get("free")), (Some("rlyn_a"), Some("rlyn_b")));
    }

    #[test]
    fn what_somebody_scribbled_into_the_file_is_passed_over() {
        let keys = parse("# PRO_KEY=old\n\nPRO_KEY = rlyn_a \nFREE_KEY=\nnonsense\nAWAY_KEY=\u{7f}ü\n");
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), [("PRO_KEY".to_owned(), "rlyn_a".to_owned())]);
    }
}
