//! `schema/*.json` against every golden vector: what the crate reads the schemas allow, and the other way round
//! as far as a schema can tell.

mod support;

use jsonschema::Validator;
use serde_json::{Value, json};
use support::{built, file, rows, string, tolerated};

fn schema(name: &str) -> Validator {
    let schema = file(&format!("schema/{name}.schema.json"));
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("`{name}` is no schema: {error}"));
    jsonschema::options().build(&schema).unwrap_or_else(|error| panic!("`{name}`: {error}"))
}

/// One definition of the pairing schema on its own.
fn pairing(definition: &str) -> Validator {
    let mut schema = file("schema/pairing.schema.json");
    let object = schema.as_object_mut().unwrap();
    object.remove("oneOf");
    object.insert("$ref".into(), json!(format!("#/$defs/{definition}")));
    jsonschema::options().build(&schema).unwrap()
}

fn allows(validator: &Validator, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    if let Err(error) = validator.validate(&value) {
        panic!("{error}: {text}");
    }
}

fn texts(row: &Value) -> impl Iterator<Item = &str> {
    std::iter::once(string(row, "text")).chain(tolerated(row))
}

#[test]
fn up_frames_fit_their_schema() {
    let validator = schema("frames_up");
    for row in rows("vectors/frames_up.json", "frames") {
        let lines = row["means"]["type"] == "events";
        for text in texts(&row) {
            let head = if lines { text.lines().next().unwrap() } else { text };
            allows(&validator, head);
        }
    }
}

#[test]
fn down_frames_fit_their_schema() {
    let validator = schema("frames_down");
    for row in rows("vectors/frames_down.json", "frames") {
        texts(&row).for_each(|text| allows(&validator, text));
    }
    for list in ["codes", "unknown_reasons"] {
        for row in rows("vectors/close_codes.json", list) {
            allows(&validator, string(&row, "frame"));
        }
    }
}

#[test]
fn events_fit_their_schema_and_poison_does_not() {
    let validator = schema("events");
    for row in rows("vectors/events.json", "events") {
        texts(&row).for_each(|text| allows(&validator, text));
    }
    for row in rows("vectors/poison.json", "valid") {
        allows(&validator, string(&row, "text"));
    }
    for row in rows("vectors/poison.json", "lines") {
        // A member given twice is lost in a JSON value, so no schema can see it.
        if string(&row, "name") == "member_twice" {
            continue;
        }
        if let Ok(value) = serde_json::from_str::<Value>(string(&row, "text")) {
            assert!(!validator.is_valid(&value), "{row}");
        }
    }
}

#[test]
fn bad_frames_do_not_fit() {
    for (list, name) in [("up", "frames_up"), ("down", "frames_down")] {
        let validator = schema(name);
        for row in rows("vectors/bad_frames.json", list) {
            // Sizes, doubled members, whole numbers written as fractions and lines are beyond a schema.
            let beyond = ["type_twice", "ack_fraction", "events_no_lines"].contains(&string(&row, "name"));
            if beyond || row["error"] == "too_large" {
                continue;
            }
            if let Ok(value) = serde_json::from_str::<Value>(&built(&row)) {
                assert!(!validator.is_valid(&value), "{row}");
            }
        }
    }
}

#[test]
fn pairing_and_refusals_fit_their_schema() {
    let whole = schema("pairing");
    for (list, definition) in [("requests", "request"), ("replies", "reply")] {
        let validator = pairing(definition);
        for row in rows("vectors/pairing.json", list) {
            texts(&row).for_each(|text| {
                allows(&validator, text);
                allows(&whole, text);
            });
        }
    }
    let refusal = pairing("refusal");
    for row in rows("vectors/refusals.json", "refusals") {
        allows(&refusal, &row["body"].to_string());
    }
}

#[test]
fn scripted_sessions_fit_the_schemas() {
    let (up, down, events) = (schema("frames_up"), schema("frames_down"), schema("events"));
    for session in rows("vectors/sessions.json", "sessions") {
        for step in session["steps"].as_array().unwrap() {
            let text = string(step, "text");
            if string(step, "from") == "hub" {
                allows(&down, text);
            } else if !text.contains("\"paint\"") {
                let mut lines = text.lines();
                allows(&up, lines.next().unwrap());
                lines.for_each(|line| allows(&events, line));
            }
        }
    }
}

#[test]
fn the_schemas_state_the_bounds_of_the_crate() {
    use device_protocol::limits;
    let up = file("schema/frames_up.schema.json");
    assert_eq!(up["$defs"]["inventory"]["maxItems"], json!(limits::MAX_SIMS));
    assert_eq!(up["$defs"]["hello"]["properties"]["unfinished"]["maxItems"], json!(limits::MAX_UNFINISHED));
    assert_eq!(up["$defs"]["sequence"]["maximum"], json!(limits::MAX_SEQUENCE));
}
