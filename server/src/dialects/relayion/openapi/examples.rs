//! Examples: the page's own as they are printed, and ours for what it does not know. All of them play on one day, which
//! whoever serves the document may move.

use serde_json::Value;
use utoipa::openapi::example::{Example, ExampleBuilder};

/// What the page prints for ids, and ids.
const IDS: [(&str, &str); 7] = [
    ("g1h2i3j4-5b6c-7d8e-9f0a-1b2c3d4e5f6a", "d1e2f3a4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("g1h2i3j4-...", "d1e2f3a4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("h1i2j3k4-...", "f1a2b3c4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("a1b2c3d4-...", "a1b2c3d4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("b1c2d3e4-...", "b1c2d3e4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("c1d2e3f4-...", "c1d2e3f4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
    ("e1f2a3b4-...", "e1f2a3b4-5b6c-7d8e-9f0a-1b2c3d4e5f6a"),
];

/// An example with its name.
pub(super) type Named = (&'static str, Example);

/// An example as text: one of the page, or one of ours.
pub(super) fn example(name: &'static str, summary: &'static str, text: &str) -> Named {
    let text = IDS.iter().fold(text.to_owned(), |text, (printed, id)| text.replace(printed, id));
    // A text that is no JSON shows as null, which fits no schema: the test of the examples fails.
    of(name, summary, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// An example as a value.
pub(super) fn of(name: &'static str, summary: impl Into<String>, value: Value) -> Named {
    (name, ExampleBuilder::new().summary(summary).value(Some(value)).build())
}
