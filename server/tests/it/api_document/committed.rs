//! The document in `docs/api` is the one that the code describes, and it is a valid one.

use std::process::Command;

use super::schemathesis::python;

const COMMITTED: &str = include_str!("../../../../docs/api/relayion.openapi.json");

#[test]
fn the_committed_document_is_what_the_code_describes() {
    let described =
        Command::new(env!("CARGO_BIN_EXE_relay-hub")).args(["openapi", "relayion"]).output().unwrap();
    assert!(described.status.success());
    assert!(
        String::from_utf8(described.stdout).unwrap() == COMMITTED,
        "docs/api/relayion.openapi.json is old: `cargo run -- openapi relayion > docs/api/relayion.openapi.json`"
    );
}

#[test]
fn the_document_is_valid_openapi() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api/relayion.openapi.json");
    let judged =
        Command::new(python("openapi-spec-validator")).args(["--schema", "3.1", document]).output().unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
}

#[test]
fn an_api_that_is_not_there_is_refused_with_those_that_are() {
    let refused =
        Command::new(env!("CARGO_BIN_EXE_relay-hub")).args(["openapi", "nobodys"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("relayion"));
}
