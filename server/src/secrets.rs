//! The installation's own secrets: generated on first start, kept in a file that only its owner can read.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Bytes of each secret.
const SECRET_BYTES: usize = 32;

/// The secrets. Never printed.
#[derive(Clone)]
pub struct Secrets {
    /// HMAC key over API keys and pairing secrets: a stolen database alone proves nothing.
    key_pepper: [u8; SECRET_BYTES],
    /// Signs device tokens.
    pub(crate) device_token_key: [u8; SECRET_BYTES],
}

/// Why the secrets cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be made or read.
    #[error("cannot use the secrets file `{path}`: {error}; check that the data directory is yours")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "the secrets file `{0}` is damaged: restore it from a backup; without it every API key and phone must be made anew"
    )]
    Damaged(PathBuf),
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    key_pepper: String,
    device_token_key: String,
}

impl Secrets {
    /// Reads the file, or draws new secrets and writes it, flushed before anything is signed with them.
    pub fn load_or_create(path: &Path) -> Result<Secrets, SecretsError> {
        let file = |error| SecretsError::File { path: path.to_owned(), error };
        match std::fs::File::open(path) {
            Ok(mut existing) => {
                existing.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(file)?;
                let mut text = String::new();
                existing.read_to_string(&mut text).map_err(file)?;
                Secrets::parse(&text).ok_or_else(|| SecretsError::Damaged(path.to_owned()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let drawn = Secrets { key_pepper: rand::random(), device_token_key: rand::random() };
                drawn.write(path).map_err(file)?;
                Ok(drawn)
            }
            Err(error) => Err(file(error)),
        }
    }

    fn parse(text: &str) -> Option<Secrets> {
        let disk: OnDisk = serde_json::from_str(text).ok()?;
        let bytes = |text: &str| STANDARD.decode(text).ok()?.try_into().ok();
        Some(Secrets {
            key_pepper: bytes(&disk.key_pepper)?,
            device_token_key: bytes(&disk.device_token_key)?,
        })
    }

    /// Written beside and renamed: a crash leaves either no file or a whole one.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let disk = OnDisk {
            key_pepper: STANDARD.encode(self.key_pepper),
            device_token_key: STANDARD.encode(self.device_token_key),
        };
        let beside = path.with_extension("new");
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(serde_json::to_string_pretty(&disk)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        match path.parent() {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    /// HMAC-SHA256 under the pepper; `purpose` keeps a digest of one kind from passing for another.
    pub(crate) fn digest(&self, purpose: &str, secret: &str) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key_pepper) else {
            unreachable!("HMAC takes keys of every length");
        };
        mac.update(purpose.as_bytes());
        mac.update(b":");
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_pepper(key_pepper: [u8; SECRET_BYTES]) -> Secrets {
        Secrets { key_pepper, device_token_key: [0; SECRET_BYTES] }
    }

    #[test]
    fn another_installation_makes_another_digest() {
        let (ours, theirs) = (with_pepper([1; SECRET_BYTES]), with_pepper([2; SECRET_BYTES]));
        assert_ne!(ours.digest("api-key", "secret"), theirs.digest("api-key", "secret"));
        assert_eq!(ours.digest("api-key", "secret"), ours.clone().digest("api-key", "secret"));
    }

    #[test]
    fn a_digest_of_one_kind_does_not_pass_for_another() {
        let ours = with_pepper([1; SECRET_BYTES]);
        assert_ne!(ours.digest("api-key", "secret"), ours.digest("pairing-code", "secret"));
        assert_ne!(ours.digest("api-key", "one"), ours.digest("api-key", "other"));
    }
}
