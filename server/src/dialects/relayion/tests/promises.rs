//! The table of README.md: every row names a test that exists.

use std::fs;
use std::path::Path;

const README: &str = include_str!("../README.md");
/// Where tests of the dialect may stand.
const PLACES: [&str; 4] = ["src", "tests", "domain", "store"];

#[test]
fn every_promise_names_a_test_that_exists() {
    let mut source = String::new();
    for place in PLACES {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(place), &mut source);
    }
    let mut table = README.lines().skip_while(|line| !line.starts_with("| promise |")).skip(2).peekable();
    assert!(table.peek().is_some(), "the table of promises is gone");
    let mut rows = 0;
    for row in table.take_while(|line| line.starts_with('|')) {
        let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test shows this: {row}");
        for name in names {
            assert!(source.contains(&format!("fn {name}(")), "there is no test `{name}`: {row}");
        }
        rows += 1;
    }
    assert!(rows > 50, "only {rows} promises");
}

fn collect(folder: &Path, source: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, source);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            source.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
