//! How a receiver knows that a post comes from here: HMAC-SHA256 over the exact bytes of the body, and beside it the
//! signature of Standard Webhooks (<https://www.standardwebhooks.com>), which covers id and time as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What its own libraries expect before a secret.
const STANDARD_PREFIX: &str = "whsec_";

/// HMAC-SHA256 in lower-case hex; the key is the secret as it was shown.
pub fn hex(secret: &str, body: &[u8]) -> String {
    hex::encode(digest(secret, &[body]))
}

/// The `webhook-signature` of Standard Webhooks, one entry for each secret.
pub fn standard<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    id: &str,
    unix_seconds: i64,
    body: &[u8],
) -> String {
    let head = format!("{id}.{unix_seconds}.");
    let entries = secrets
        .into_iter()
        .map(|secret| format!("v1,{}", STANDARD.encode(digest(secret, &[head.as_bytes(), body]))));
    entries.collect::<Vec<_>>().join(" ")
}

/// A secret as the libraries of Standard Webhooks take it.
pub fn standard_secret(secret: &str) -> String {
    format!("{STANDARD_PREFIX}{}", STANDARD.encode(secret))
}

fn digest(secret: &str, parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        unreachable!("HMAC takes keys of every length");
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, case 2.
    #[test]
    fn the_digest_is_that_of_the_rfc() {
        assert_eq!(
            hex("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn during_a_rotation_both_secrets_sign() {
        let one = standard(["old"], "id", 1, b"{}");
        let both = standard(["old", "new"], "id", 1, b"{}");
        assert_eq!(both, format!("{one} {}", standard(["new"], "id", 1, b"{}")));
        assert_ne!(one, standard(["old"], "id", 2, b"{}"));
        assert_ne!(one, standard(["old"], "other", 1, b"{}"));
    }
}
