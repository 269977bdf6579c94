//! Query strings: pairs, decoded once, with what a raw `+` does to numbers and offsets put right.
//!
//! Form rules say that `+` is a space, and clients that know it write `%2B`; people who paste a number do not.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Stays as it is in a query we write.
const WRITTEN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a request, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Given more than once: which is meant cannot be guessed.
    Repeated,
    /// Its bytes are no UTF-8.
    NotUtf8,
}

/// Stands for bytes that are no UTF-8; no text holds it otherwise, for U+FFFE is no character.
const NOT_UTF8: &str = "\u{fffe}";

impl Parameters {
    /// Reads a raw query string.
    pub fn parse(raw: &str) -> Parameters {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        Parameters(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    /// The value of a parameter; an empty one is as good as none.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut values = self.0.iter().filter(|(given, value)| given == name && !value.is_empty());
        let Some((_, value)) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            Err(Fault::Repeated)
        } else if value == NOT_UTF8 {
            Err(Fault::NotUtf8)
        } else {
            Ok(Some(value))
        }
    }

    /// The same parameters with one of them set to another value, as a query string.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(given, _)| given != name);
        let pairs = others.map(|(name, value)| (name.as_str(), value.as_str())).chain([(name, value)]);
        let pair = |(name, value)| format!("{}={}", encode(name), encode(value));
        pairs.map(pair).collect::<Vec<_>>().join("&")
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map_or_else(|_| NOT_UTF8.to_owned(), Cow::into_owned)
}

fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, WRITTEN)
}

/// The last segment of a raw path, decoded once; `None` if its bytes are no UTF-8.
pub fn last_segment(path: &str) -> Option<String> {
    let segment = path.rsplit('/').next().unwrap_or(path);
    percent_decode_str(segment).decode_utf8().ok().map(Cow::into_owned)
}

/// A number as it was meant: a leading space before digits was a `+`.
pub fn number(value: &str) -> Cow<'_, str> {
    match value.strip_prefix(' ') {
        Some(digits) if digits.starts_with(|first: char| first.is_ascii_digit()) => {
            Cow::Owned(format!("+{digits}"))
        }
        _ => Cow::Borrowed(value),
    }
}

/// An instant as it was meant: a space before the offset, `08:00:00 02:00`, was a `+`.
pub fn instant(value: &str) -> Cow<'_, str> {
    match value.rsplit_once(' ') {
        Some((before, offset)) if before.contains(['T', 't', ' ']) => {
            Cow::Owned(format!("{before}+{offset}"))
        }
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_plus_is_a_space_and_numbers_and_instants_take_it_back() {
        let query =
            Parameters::parse("to=+639171234567&also=%2B63917&name=My+Bank&from=2026-04-25T08:00:00+02:00");
        assert_eq!(number(query.one("to").unwrap().unwrap()), "+639171234567");
        assert_eq!(number(query.one("also").unwrap().unwrap()), "+63917");
        assert_eq!(number(query.one("name").unwrap().unwrap()), "My Bank");
        assert_eq!(instant(query.one("from").unwrap().unwrap()), "2026-04-25T08:00:00+02:00");
        assert_eq!(instant("2026-04-25 08:00:00"), "2026-04-25 08:00:00");
    }

    #[test]
    fn a_segment_of_a_path_is_decoded_once_and_its_plus_stays() {
        for (path, segment) in [
            ("/c/+639171234567", Some("+639171234567")),
            ("/c/%2B639171234567", Some("+639171234567")),
            ("/c/%252B63", Some("%2B63")),
            ("/c/My%20Bank%2FPlus", Some("My Bank/Plus")),
            ("/c/%ff", None),
        ] {
            assert_eq!(last_segment(path).as_deref(), segment, "{path}");
        }
    }

    #[test]
    fn empty_is_absent_twice_and_bad_bytes_are_faults() {
        let query = Parameters::parse("a=&b=1&b=2&c=%ff&&d");
        assert_eq!(query.one("a"), Ok(None));
        assert_eq!(query.one("b"), Err(Fault::Repeated));
        assert_eq!(query.one("c"), Err(Fault::NotUtf8));
        assert_eq!(query.one("d"), Ok(None));
        assert_eq!(query.one("e"), Ok(None));
    }

    #[test]
    fn a_query_is_written_with_one_value_changed() {
        let query = Parameters::parse("page=2&to=%2B63917&from=2026-04-25T08%3A00%3A00Z");
        assert_eq!(query.with("page", "3"), "to=%2B63917&from=2026-04-25T08%3A00%3A00Z&page=3");
        assert_eq!(Parameters::parse("").with("page", "2"), "page=2");
    }
}
