//! Recipients: what is accepted as a number. The number is stored, echoed and sent exactly as given.

use std::fmt;

/// A recipient in E.164 form: `^\+[1-9][0-9]{6,14}$`, no more and no less. A phone-number library's verdict
/// never refuses: it rejects numbers that the vendors' documents print.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a text is no recipient. It holds no number: numbers stay out of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be in E.164 format: `+`, then 7 to 15 digits of which the first is not 0, such as +639171234567"
)]
pub struct NotE164;

impl PhoneNumber {
    /// Digits after the `+`.
    const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

    /// Reads a recipient.
    pub fn parse(text: &str) -> Result<PhoneNumber, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if all_digits && !digits.starts_with('0') && Self::DIGITS.contains(&digits.len()) {
            Ok(PhoneNumber(text.to_owned()))
        } else {
            Err(NotE164)
        }
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
