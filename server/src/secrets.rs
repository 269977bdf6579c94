//! The installation's own secrets: generated on first start, kept in a file that only its owner can read.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Bytes of each secret.
const SECRET_BYTES: usize = 32;
/// Of XChaCha20: long enough to be drawn at random.
const NONCE_BYTES: usize = 24;

/// What webhooks sign with is sealed under this name.
pub(crate) const WEBHOOK_SECRET: &str = "webhook-secret";

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

    /// Encrypts what must be read again, under a key of its own for each `purpose`: nonce, then ciphertext. It opens only
    /// for the same `owner`, so that what is copied to another row of the database opens nothing.
    pub(crate) fn seal(&self, purpose: &str, owner: &[u8], secret: &str) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: secret.as_bytes(), aad: owner };
        match self.sealer(purpose).encrypt(&XNonce::from(nonce), payload) {
            Ok(sealed) => [nonce.as_slice(), &sealed].concat(),
            Err(_) => unreachable!("a secret is shorter than what one nonce can encrypt"),
        }
    }

    /// Decrypts what `seal` made; `None` for anything else, and for what another installation has sealed.
    pub(crate) fn unseal(&self, purpose: &str, owner: &[u8], sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: owner };
        let secret = self.sealer(purpose).decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(secret).ok()
    }

    fn sealer(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.digest("seal", purpose).into())
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
    fn what_is_sealed_opens_for_its_owner_alone() {
        let (ours, theirs) = (with_pepper([1; SECRET_BYTES]), with_pepper([2; SECRET_BYTES]));
        let sealed = ours.seal("webhook", b"owner", "secret");
        assert_eq!(ours.unseal("webhook", b"owner", &sealed).as_deref(), Some("secret"));
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
        assert_ne!(ours.seal("webhook", b"owner", "secret"), sealed);
        assert_eq!(ours.unseal("webhook", b"other", &sealed), None);
        assert_eq!(ours.unseal("other", b"owner", &sealed), None);
        assert_eq!(theirs.unseal("webhook", b"owner", &sealed), None);
        for broken in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[broken] ^= 1;
            assert_eq!(ours.unseal("webhook", b"owner", &changed), None);
            assert_eq!(ours.unseal("webhook", b"owner", &sealed[..broken]), None);
        }
    }

    #[test]
    fn a_digest_of_one_kind_does_not_pass_for_another() {
        let ours = with_pepper([1; SECRET_BYTES]);
        assert_ne!(ours.digest("api-key", "secret"), ours.digest("pairing-code", "secret"));
        assert_ne!(ours.digest("api-key", "one"), ours.digest("api-key", "other"));
    }
}
