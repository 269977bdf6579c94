//! What is wrong with a request, told with the name of the field, parameter or header that is to blame.

use std::fmt;

use serde_json::Value;

/// What is wrong, and with which field; none where the body as a whole is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Mistake {
    pub(in super::super) field: Option<&'static str>,
    pub(in super::super) message: String,
}

impl Mistake {
    pub(super) fn whole(message: impl Into<String>) -> Mistake {
        Mistake { field: None, message: message.into() }
    }

    pub(super) fn of(field: &'static str, message: impl fmt::Display) -> Mistake {
        Mistake { field: Some(field), message: format!("{field} {message}") }
    }
}

/// What a value is, in words: a mistake never repeats the value itself.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
