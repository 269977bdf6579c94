//! Reads the golden vectors: owns where they lie and how a text is built, and knows nothing of what they mean.
#![allow(dead_code)] // each test binary uses its own half

use serde_json::Value;

/// One file of `vectors/` or `schema/`, given from the crate's folder.
pub fn file(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// The same, unread.
pub fn text(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// The rows of a list in a vector file; an empty list is a mistake.
pub fn rows(path: &str, list: &str) -> Vec<Value> {
    let rows = file(path)[list].as_array().unwrap_or_else(|| panic!("`{path}` has no `{list}`")).clone();
    assert!(!rows.is_empty(), "`{list}` of `{path}` is empty");
    rows
}

/// A member that is a string.
pub fn string<'a>(row: &'a Value, member: &str) -> &'a str {
    row[member].as_str().unwrap_or_else(|| panic!("no `{member}` in {row}"))
}

/// The texts that a row says read the same as its own.
pub fn tolerated(row: &Value) -> Vec<&str> {
    row["tolerated"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The text of a row, built where it is too long to be written out.
pub fn built(row: &Value) -> String {
    match row.get("build") {
        None => string(row, "text").to_owned(),
        Some(build) => {
            let times = build["times"].as_u64().unwrap() as usize;
            [string(build, "prefix"), &string(build, "fill").repeat(times), string(build, "suffix")].concat()
        }
    }
}

/// Fails unless exactly the expected words occurred.
pub fn complete(what: &str, seen: impl IntoIterator<Item = String>, expected: &[&str]) {
    let seen: std::collections::BTreeSet<String> = seen.into_iter().collect();
    let expected: std::collections::BTreeSet<String> = expected.iter().map(|word| word.to_string()).collect();
    assert_eq!(seen, expected, "the vectors of {what} are not complete");
}
