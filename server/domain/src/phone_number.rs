//! Numbers: what is accepted as a recipient, and the normal form in which two spellings of one number meet. A number
//! is stored, echoed and sent exactly as given; the normal form is kept beside it and refuses nothing.

use std::fmt;

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;

/// A recipient in E.164 form: `^\+[1-9][0-9]{6,14}$`, no more and no less, or a short code. A phone-number library's verdict
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

    /// Reads a short code: 3 to 8 digits.
    pub fn parse_short_code(text: &str) -> Option<PhoneNumber> {
        let fits = (3..=LONGEST_SHORT_CODE).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| PhoneNumber(text.to_owned()))
    }

    /// Whether it is a short code: whoever sends to one must be allowed to.
    pub fn is_short_code(&self) -> bool {
        !self.0.starts_with('+')
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

/// Characters that people put between the digits of a number.
const SEPARATORS: [char; 6] = [' ', '-', '.', '/', '(', ')'];
/// Short codes have 3 to 8 digits.
const LONGEST_SHORT_CODE: usize = 8;

/// The form in which two spellings of one number are equal: E.164 where that can be told, else exactly what was given.
///
/// `home` is the number that the text was received on: a text in local format (`0918…`) is of that number's country.
/// Names (`My Bank`) and short codes stay as they are. Conversations are threaded by this form; no verdict depends
/// on it, for the numbering plans of a library are always older than the networks.
pub fn normal_form(text: &str, home: Option<&str>) -> String {
    if may_hold_trunk_zero(text) == Some(false) {
        return text.to_owned();
    }
    let normal = dialled(text).and_then(|dialled| match dialled.strip_prefix('+') {
        Some(_) => international(&dialled),
        None => local(&dialled, home?),
    });
    normal.unwrap_or_else(|| text.to_owned())
}

/// Reads the numbering plans now: the first number that needs them would wait a hundred thousand times longer than
/// every later one.
pub fn load_numbering_plans() {
    std::hint::black_box(DATABASE.by_code(&1));
}

/// Whether a recipient may have a zero after its country code, which has one to three digits; `None` for a text that
/// is no recipient. Nearly every number ends here.
///
/// Measured: the library's parser costs a quarter of what a whole acceptance may cost, and fifty acceptances where
/// numbers of many countries follow each other, because it keeps a hundred compiled patterns for all of them, behind
/// one lock. This look costs a hundredth of its best, and the tables below a fifteenth.
fn may_hold_trunk_zero(text: &str) -> Option<bool> {
    PhoneNumber::parse(text).ok()?;
    text.as_bytes().get(2..5).map(|after| after.contains(&b'0'))
}

/// The digits of a number, with the `+` if it has one; `None` for a text that holds anything else.
fn dialled(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|character| !SEPARATORS.contains(character)).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(bare)
}

/// A number with its country code, without the zero that its country dials before it at home: people write it
/// although it cannot be dialled from abroad (`+2310776000000` is `+231776000000`). Where the zero belongs to the
/// number, as in Italy, it stays. Other trunk prefixes (8 in Russia, 1 in North America) stay as well: a number may
/// begin with that digit, with a zero none can.
///
/// Only the library's tables are asked, not its parser: a test holds the two against each other in every country. They
/// differ where 8 is the trunk prefix, which the parser drops from numbers that begin with 8.
fn international(dialled: &str) -> Option<String> {
    let number = PhoneNumber::parse(dialled).ok()?;
    let (code, plan, national) = parts(&number)?;
    let trunk = plan.national_prefix().filter(|prefix| prefix.starts_with('0'));
    let significant = trunk.map_or(national, |trunk| national.trim_start_matches(trunk));
    let without = PhoneNumber::parse(&format!("+{code}{significant}"));
    Some(without.unwrap_or(number).0)
}

/// A number as it is dialled in the country of `home`, if that country has such numbers.
fn local(dialled: &str, home: &str) -> Option<String> {
    if dialled.len() <= LONGEST_SHORT_CODE && !dialled.starts_with('0') {
        return None;
    }
    let home = PhoneNumber::parse(&self::dialled(home)?).ok()?;
    let (_, plan, _) = parts(&home)?;
    let number = phonenumber::parse(Some(plan.id().parse().ok()?), dialled).ok()?;
    // Not the plan of `home` where it was dialled as from there to abroad.
    let plan = main_plan(number.code().value())?;
    let exists = plan.descriptors().general().is_match(&number.national().to_string());
    if exists { international(&number.to_string()) } else { None }
}

/// Country code, its numbering plan, and the rest.
fn parts(number: &PhoneNumber) -> Option<(&str, &'static Metadata, &str)> {
    let digits = number.as_str().strip_prefix('+')?;
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        Some((code, main_plan(code.parse().ok()?)?, national))
    })
}

/// The numbering plan behind a country code; where countries share one, the largest's.
fn main_plan(code: u16) -> Option<&'static Metadata> {
    DATABASE.by_code(&code)?.into_iter().next()
}
