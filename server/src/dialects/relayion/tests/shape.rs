//! Compares an answer with a printed example: the same keys in the same order, the same JSON types, null where
//! null is printed.

use serde_json::Value;

/// A printed example.
pub(super) fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Panics with the path of the first difference.
pub(super) fn assert_same_shape(printed: &Value, answered: &Value) {
    compare("", printed, answered);
}

fn compare(path: &str, printed: &Value, answered: &Value) {
    match (printed, answered) {
        (Value::Object(printed), Value::Object(answered)) => {
            let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(printed), keys(answered), "keys of `{path}`");
            for (key, value) in printed {
                compare(&format!("{path}.{key}"), value, &answered[key]);
            }
        }
        (Value::Array(printed), Value::Array(answered)) => {
            for value in answered {
                compare(&format!("{path}[]"), &printed[0], value);
            }
        }
        (Value::Null, Value::Null)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        _ => panic!("`{path}`: printed {printed}, answered {answered}"),
    }
}

/// `2026-04-25T08:00:00.000Z`, with digits for digits.
pub(super) fn assert_millis(value: &Value) {
    let text = value.as_str().unwrap();
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00T00:00:00.000Z", "{text}");
}
