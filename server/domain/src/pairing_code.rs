//! Pairing codes: 4 public and 6 secret Crockford characters, `ABCD-123456`.

use std::fmt;
use std::time::Duration;

/// A code lives this long.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// So many wrong secrets burn a code.
pub const MAX_WRONG_SECRETS: u32 = 5;

const PUBLIC: usize = 4;
const SECRET: usize = 6;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A pairing code: the public part finds it, the secret part proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Four characters, stored as they are.
    pub public: String,
    /// Six characters, stored as a digest.
    pub secret: String,
}

/// Not ten Crockford characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code is ten letters and digits, such as ABCD-123456")]
pub struct NotACode;

impl PairingCode {
    /// The code that ten random bytes spell.
    pub fn from_random(bytes: [u8; PUBLIC + SECRET]) -> PairingCode {
        let text: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        let (public, secret) = text.split_at(PUBLIC);
        PairingCode { public: public.to_owned(), secret: secret.to_owned() }
    }

    /// Reads a code as a person types it: case, spaces and hyphens do not matter, `I` and `L` are `1`, `O` is `0`.
    pub fn parse(text: &str) -> Result<PairingCode, NotACode> {
        let normal: Option<String> =
            text.chars().filter(|character| !matches!(character, ' ' | '-')).map(crockford).collect();
        let normal = normal.filter(|normal| normal.len() == PUBLIC + SECRET).ok_or(NotACode)?;
        let (public, secret) = normal.split_at(PUBLIC);
        Ok(PairingCode { public: public.to_owned(), secret: secret.to_owned() })
    }
}

fn crockford(character: char) -> Option<char> {
    let upper = character.to_ascii_uppercase();
    let digit = match upper {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    (digit.is_ascii() && ALPHABET.contains(&(digit as u8))).then_some(digit)
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.public, self.secret)
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PairingCode({}-…)", self.public)
    }
}
