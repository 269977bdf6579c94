//! The body of a message to send, read so that whatever is wrong with it is told with the field's name.
//!
//! serde's derive stops at the first mistake with a sentence for programmers, lets the last of two equal keys
//! win, and cannot say in which field a broken escape stood; customers deserve better, so the object is walked
//! here.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::mistake::{Mistake, kind};
use super::options::{self, EXPIRES, PRIORITY, SCHEDULED, TTL};
use crate::relay::intake::Options;

pub(in super::super) const RECIPIENT: &str = "recipientNumber";
pub(in super::super) const BODY: &str = "body";
const DEVICE: &str = "deviceId";
const SLOT: &str = "simSlotIndex";
/// Where the key's own line may be named.
pub(super) const BINDING: [&str; 2] = [DEVICE, SLOT];
/// The vendor's documents have no field for the sender; these are the words by which people try.
pub(super) const SENDERS: [&str; 4] = ["senderNumber", "simPhoneNumber", "fromNumber", "from"];

/// What a customer asks for, of the right types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct SendRequest {
    pub(in super::super) recipient: String,
    pub(in super::super) body: String,
    pub(in super::super) options: Options,
}

/// What the key is bound to: a request may repeat it, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Binding {
    pub(in super::super) device_id: String,
    pub(in super::super) slot: u8,
    pub(in super::super) number: String,
}

/// Reads a body.
pub(in super::super) fn read(bytes: &[u8], binding: &Binding) -> Result<SendRequest, Mistake> {
    if bytes.is_empty() {
        return Err(Mistake::whole(
            "The request body is empty: send a JSON object with recipientNumber and body.",
        ));
    }
    let text = utf8(bytes)?;
    let walked = Walk::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let ended = json.deserialize_any(&walked).and_then(|()| json.end());
    let walked = walked.0.into_inner();
    if let Some(mistake) = walked.mistake {
        return Err(mistake);
    }
    if let Err(error) = ended {
        return Err(explain(walked.at, &error));
    }
    for (field, value) in walked.values.iter().filter(|(_, value)| *value != Value::Null) {
        binding.permits(field, value)?;
    }
    let text = |field| text_of(field, walked.values.iter().find(|(given, _)| *given == field));
    let options = options::read(|field| {
        let given = walked.values.iter().find(|(given, _)| *given == field);
        given.map(|(_, value)| value).filter(|value| **value != Value::Null)
    })?;
    Ok(SendRequest { recipient: text(RECIPIENT)?, body: text(BODY)?, options })
}

/// A body as text.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Mistake> {
    std::str::from_utf8(bytes)
        .map_err(|_| Mistake::whole("The request body is not UTF-8: encode the JSON as UTF-8."))
}

/// The fields that mean something here.
pub(super) fn known_fields() -> impl Iterator<Item = &'static str> {
    [RECIPIENT, BODY, PRIORITY, SCHEDULED, EXPIRES, TTL].into_iter().chain(BINDING).chain(SENDERS)
}

fn known(field: &str) -> Option<&'static str> {
    known_fields().find(|known| *known == field)
}

#[derive(Default)]
struct Walked {
    values: Vec<(&'static str, Value)>,
    /// The known field whose value is being read.
    at: Option<&'static str>,
    mistake: Option<Mistake>,
}

/// The visitor; what it finds stays behind when the parser stops.
#[derive(Default)]
struct Walk(RefCell<Walked>);

impl<'de> Visitor<'de> for &Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(field) = map.next_key::<String>()? {
            let name = known(&field);
            if !seen.insert(field) {
                // The parser's own words are not shown: the mistake is.
                let message = "The same field is given twice: send each field once.";
                let mistake = name.map_or_else(
                    || Mistake::whole(message),
                    |name| Mistake::of(name, "is given twice: send each field once"),
                );
                self.0.borrow_mut().mistake = Some(mistake);
                return Err(A::Error::custom("duplicate"));
            }
            match name {
                Some(name) => {
                    self.0.borrow_mut().at = Some(name);
                    let value = map.next_value::<Value>()?;
                    let mut walked = self.0.borrow_mut();
                    walked.at = None;
                    walked.values.push((name, value));
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

fn explain(at: Option<&'static str>, error: &serde_json::Error) -> Mistake {
    // Not shown as it is: it may repeat what stood in the body.
    let (line, column) = (error.line(), error.column());
    match at {
        Some(field) if is_surrogate(error) => Mistake::of(
            field,
            format!(
                "holds an unpaired surrogate escape before line {line} column {column}: write both halves of the \
                 character, such as \\ud83d\\ude00, or the character itself"
            ),
        ),
        Some(field) => {
            Mistake::of(field, format!("is not valid JSON at line {line} column {column}: repair it"))
        }
        None if error.classify() == serde_json::error::Category::Data => {
            Mistake::whole("The request body must be a JSON object with recipientNumber and body.")
        }
        None => Mistake::whole(format!(
            "The request body is not valid JSON at line {line} column {column}: send one JSON object with \
             recipientNumber and body."
        )),
    }
}

fn is_surrogate(error: &serde_json::Error) -> bool {
    let text = error.to_string();
    ["surrogate", "end of hex escape"].iter().any(|sign| text.contains(sign))
}

fn text_of(field: &'static str, given: Option<&(&'static str, Value)>) -> Result<String, Mistake> {
    match given.map(|(_, value)| value) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(Mistake::of(field, format!("must be a string, not {}", kind(other)))),
        None => Err(Mistake::of(field, "is required: add it as a string")),
    }
}

impl Binding {
    /// A request that names another line than its key's would be sent from the wrong number if it were ignored.
    fn permits(&self, field: &'static str, value: &Value) -> Result<(), Mistake> {
        let same = match field {
            DEVICE => value.as_str().is_some_and(|id| id.eq_ignore_ascii_case(&self.device_id)),
            SLOT => value.as_u64() == Some(u64::from(self.slot)),
            field if SENDERS.contains(&field) => value.as_str() == Some(&self.number),
            _ => true,
        };
        if same {
            return Ok(());
        }
        Err(Mistake::of(
            field,
            "is not what this API key is bound to: leave it out, or use a key of that device and SIM",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding {
            device_id: "b1c2d3e4-0000-7000-8000-000000000001".into(),
            slot: 0,
            number: "+639170000001".into(),
        }
    }

    fn mistake(body: &str) -> Mistake {
        read(body.as_bytes(), &binding()).unwrap_err()
    }

    #[test]
    fn the_documented_body_is_read_as_it_is() {
        let body = br#"{"recipientNumber":"+639171234567","body":"Your \ud83d\ude00\r\n\tappointment","tag":{"a":[1]}}"#;
        let read = read(body, &binding()).unwrap();
        assert_eq!(read.recipient, "+639171234567");
        assert_eq!(read.body, "Your 😀\r\n\tappointment");
    }

    #[test]
    fn every_mistake_names_its_field() {
        for (body, field, word) in [
            (r#"{"body":"x"}"#, RECIPIENT, "required"),
            (r#"{"recipientNumber":"+639171234567"}"#, BODY, "required"),
            (r#"{"recipientNumber":639171234567,"body":"x"}"#, RECIPIENT, "a number"),
            (r#"{"recipientNumber":null,"body":"x"}"#, RECIPIENT, "null"),
            (r#"{"recipientNumber":"+639171234567","body":["x"]}"#, BODY, "an array"),
            (r#"{"recipientNumber":"+639171234567","body":"\ud800"}"#, BODY, "surrogate"),
            (r#"{"recipientNumber":"+639171234567","body":"\udc00 x"}"#, BODY, "surrogate"),
            (r#"{"recipientNumber":"+639171234567","body":"\ud800\u0041"}"#, BODY, "surrogate"),
            (r#"{"recipientNumber":"+639171234567","body":"a","body":"b"}"#, BODY, "twice"),
            (r#"{"recipientNumber":"+639171234567","body":"a"#, BODY, "not valid JSON"),
        ] {
            let mistake = mistake(body);
            assert_eq!(mistake.field, Some(field), "{body}: {mistake:?}");
            assert!(
                mistake.message.starts_with(field) && mistake.message.contains(word),
                "{body}: {mistake:?}"
            );
        }
    }

    #[test]
    fn what_is_no_object_is_told_as_a_whole() {
        for body in ["", "null", "[]", "\"text\"", "{", "{}x", "hello", r#"{"a":1,"a":2}"#, "{\"recipient"] {
            let mistake = mistake(body);
            assert_eq!(mistake.field, None, "{body}: {mistake:?}");
        }
        let bad = read(b"{\"body\":\"\xff\"}", &binding()).unwrap_err();
        assert!(bad.message.contains("UTF-8"), "{bad:?}");
    }

    #[test]
    fn another_line_than_the_keys_is_refused_by_name_and_the_same_is_fine() {
        let with = |extra: &str| {
            read(
                format!(r#"{{"recipientNumber":"+639171234567","body":"x",{extra}}}"#).as_bytes(),
                &binding(),
            )
        };
        for same in [
            r#""deviceId":"B1C2D3E4-0000-7000-8000-000000000001""#,
            r#""simSlotIndex":0"#,
            r#""senderNumber":"+639170000001""#,
            r#""deviceId":null"#,
            r#""somethingElse":{"deviceId":"x"}"#,
        ] {
            with(same).unwrap();
        }
        for (other, field) in [
            (r#""deviceId":"b1c2d3e4-0000-7000-8000-000000000002""#, DEVICE),
            (r#""deviceId":7"#, DEVICE),
            (r#""simSlotIndex":1"#, SLOT),
            (r#""simSlotIndex":"0""#, SLOT),
            (r#""from":"+639170000002""#, "from"),
        ] {
            assert_eq!(with(other).unwrap_err().field, Some(field), "{other}");
        }
    }
}
