//! The breaks are looked at in each test run; that their tests go red takes longer, and is `cargo xtask sabotage`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::scratch::{Outcome, outcome};
use super::{FOLDER, TABLE, table};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What must be broken by some break: every invariant that is built, and every line of the crash walk.
const PROMISES: [&str; 22] = [
    "invariant 1, accepted is durable",
    "invariant 2, never sent twice",
    "invariant 3, inbound is never lost or doubled",
    "invariant 4, states are a maximum",
    "invariant 5, buckets have memory",
    "invariant 6, an empty bucket means wait, in order",
    "invariant 7, the monthly cap is exact",
    "invariant 9, tenants are walls",
    "invariant 10, secrets are seen once",
    "invariant 11, a slow peer hurts only itself",
    "invariant 12, stopping is safe",
    "invariant 13, never from the wrong number",
    "crash walk: hub before commit",
    "crash walk: hub after commit, before the 202",
    "crash walk: after commit, before the frame",
    "crash walk: after the frame, before the ack",
    "crash walk: event received and not committed, or committed and not acked",
    "crash walk: phone before its journal, or after it",
    "crash walk: phone after submitting",
    "crash walk: COMMIT itself fails",
    "crash walk: phone after the result, before upload",
    "crash walk: a frozen hub node wakes",
];

#[test]
fn every_promise_has_its_break() {
    let breaks = table::read(&root().join(FOLDER)).unwrap();
    let broken: Vec<&str> = breaks.iter().flat_map(|one| one.breaks.split(';')).map(str::trim).collect();
    let missing: Vec<_> = PROMISES.iter().filter(|promise| !broken.contains(promise)).collect();
    assert!(missing.is_empty(), "nothing in {FOLDER} breaks {missing:#?}");
}

#[test]
fn every_break_applies() {
    for one in table::read(&root().join(FOLDER)).unwrap() {
        let checked = Command::new("git")
            .args(["apply", "--check"])
            .arg(&one.path)
            .current_dir(root())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{} does not apply any more: make it anew\n{told}", one.name);
    }
}

#[test]
fn every_break_names_a_test_that_is_there() {
    let sources: Vec<String> =
        rust_files(root()).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for one in table::read(&root().join(FOLDER)).unwrap() {
        let function = one.red.name.rsplit("::").next().unwrap();
        let words = format!("fn {function}(");
        assert!(
            sources.iter().any(|source| source.contains(&words)),
            "{}: there is no test `{function}`",
            one.name
        );
    }
}

#[test]
fn the_table_is_what_the_breaks_say() {
    let document = std::fs::read_to_string(root().join(TABLE)).unwrap();
    let anew = table::written_anew(&document, &table::read(&root().join(FOLDER)).unwrap()).unwrap();
    assert!(document == anew, "write it anew with `cargo xtask sabotage --table`");
}

#[test]
fn cargos_words_are_understood() {
    let ok = "running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out";
    let failed = "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out";
    let none = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 10 filtered out";
    assert_eq!(outcome(ok, true), Outcome::Green);
    assert_eq!(outcome(failed, false), Outcome::Red);
    assert_eq!(outcome(none, true), Outcome::Absent);
    assert_eq!(outcome("error[E0308]: mismatched types", false), Outcome::Unbuilt);
    assert_eq!(outcome("running 1 test\nsignal: 6, SIGABRT", false), Outcome::Red);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}
