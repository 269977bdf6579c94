//! The checks: files in, broken rules out. No file system here, so that the checks are themselves checked on
//! made-up files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::source::{self, Named, Source};
use crate::table::*;

/// A file of the tree: path from its root with `/`, and text.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub text: String,
}

/// A broken rule: where, which, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broken {
    pub path: String,
    pub line: usize,
    pub rule: String,
    pub remedy: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    {}", self.path, self.line, self.rule, self.remedy)
    }
}

/// Every broken rule, by file and line.
pub fn check(files: &[File]) -> Vec<Broken> {
    let dialects: BTreeSet<&str> = files.iter().filter_map(|file| dialect_of(&file.path)).collect();
    let mut broken = folders(files);
    for file in files {
        if file.path.ends_with("Cargo.toml") {
            manifest(file, &mut broken);
        } else if file.path.ends_with(".rs") {
            shape(file, &mut broken);
            if !is_test(&file.path) {
                imports(file, &dialects, &mut broken);
            }
        }
    }
    broken.sort();
    broken.dedup();
    broken
}

/// Tests may reach for anything.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "fixtures" | "tests.rs"))
}

fn breaks(file: &File, line: usize, rule: String, remedy: &str) -> Broken {
    Broken { path: file.path.clone(), line, rule, remedy: remedy.to_owned() }
}

/// Length, opening line, name.
fn shape(file: &File, broken: &mut Vec<Broken>) {
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        let rule = format!("{lines} lines, {MOST_LINES} at most");
        broken.push(breaks(file, lines, rule, "divide it by what changes together"));
    }
    if !file.text.starts_with("//!") {
        let remedy = "say what it owns, what it must not know, where the flow comes from and goes";
        broken.push(breaks(file, 1, "does not open with `//!`".into(), remedy));
    }
    for part in file.path.trim_end_matches(".rs").split('/') {
        if is_empty_name(part) {
            broken.push(breaks(file, 1, format!("the name `{part}` tells nothing"), NAME_REMEDY));
        }
    }
}

const NAME_REMEDY: &str = "name it after what is inside, or put the pieces where they are used";

fn is_empty_name(name: &str) -> bool {
    name.split(['_', '-']).any(|word| EMPTY_NAMES.contains(&word))
}

fn folders(files: &[File]) -> Vec<Broken> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        *counts.entry(file.path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    let most = |folder: &str| if COLLECTIONS.contains(&folder) { MOST_IN_A_COLLECTION } else { MOST_FILES };
    let full = counts.into_iter().filter(|(folder, count)| *count > most(folder));
    full.map(|(folder, count)| Broken {
        path: folder.to_owned(),
        line: 0,
        rule: format!("{count} source files, {} at most", most(folder)),
        remedy: "divide the room: files that change together get a folder".into(),
    })
    .collect()
}

/// Everything that depends on what a file names.
fn imports(file: &File, dialects: &BTreeSet<&str>, broken: &mut Vec<Broken>) {
    let below_src = file.path.split_once("src/").map_or(file.path.as_str(), |(_, below)| below);
    let module = source::module_of(below_src);
    let source = match source::read(&file.text, &module) {
        Ok(source) => source,
        Err(error) => return broken.push(breaks(file, 1, format!("cannot be read: {error}"), "repair it")),
    };
    for named in &source.paths {
        let path: Vec<&str> = named.text.split("::").collect();
        let mut rule =
            |(rule, remedy): (String, String)| broken.push(breaks(file, named.line, rule, &remedy));
        absences(file, &path).map(&mut rule);
        match file.path.strip_prefix("server/src/") {
            Some(below) => rooms(below, &path, dialects).map(&mut rule),
            None => crates(&file.path, &path).map(&mut rule),
        };
    }
    for Named { text, line } in source.modules.iter().filter(|module| is_empty_name(&module.text)) {
        broken.push(breaks(file, *line, format!("the module name `{text}` tells nothing"), NAME_REMEDY));
    }
    wire_words(file, &source, broken);
}

/// What must not be named outside its place, whoever the crate belongs to.
fn absences(file: &File, path: &[&str]) -> Option<(String, String)> {
    let first = path[0];
    let named = path.join("::");
    let forbidden = |name: &str| {
        let name: Vec<&str> = name.split("::").collect();
        path.starts_with(&name) || (name == ["actix"] && first.starts_with("actix"))
    };
    if file.path.starts_with("server/domain/") && NOT_IN_DOMAIN.into_iter().any(forbidden) {
        let remedy = "the domain is pure: take what it needs as an argument, translate in the caller";
        return Some((format!("the domain names `{named}`"), remedy.into()));
    }
    if first.starts_with("actix") && !ACTIX.iter().any(|place| file.path.starts_with(place)) {
        let remedy = format!("hand it a plain value or stream from one of {}", ACTIX.join(", "));
        return Some((format!("names actix: `{named}`"), remedy));
    }
    if first.starts_with("diesel") && !file.path.starts_with(DIESEL) {
        return Some((format!("names diesel: `{named}`"), format!("write a change or a query in {DIESEL}")));
    }
    None
}

/// The table of rooms; `below` is the path below `server/src/`.
fn rooms(below: &str, path: &[&str], dialects: &BTreeSet<&str>) -> Option<(String, String)> {
    let own = below.split(['/', '.']).next().unwrap_or(below);
    if KNOW_ALL.contains(&own) {
        return None;
    }
    let Some(room) = ROOMS.iter().find(|room| room.name == own) else {
        let remedy =
            "enter it in server/tests/layers/table.rs with what it may import, and in ARCHITECTURE.md";
        return Some((format!("the room `{own}` is in no table"), remedy.into()));
    };
    let may = || {
        format!("{own} may import {:?} and {:?}; pass the rest in, or move the code", room.rooms, room.crates)
    };
    let target = match path {
        ["crate" | "relay_hub", target, ..] => *target,
        [first, ..] if OURS.contains(first) && *first != "relay_hub" => {
            let demo = below.starts_with("cli/demo") && DEMO_CRATES.contains(first);
            let allowed = room.crates.contains(first) || demo;
            return (!allowed).then(|| (format!("`{own}` imports the crate `{first}`"), may()));
        }
        _ => return None,
    };
    if target == "*" {
        return Some(("imports every room at once".into(), "name what is used".into()));
    }
    if own == "dialects" && target == own {
        return other_dialect(below, path, dialects);
    }
    let is_room = ROOMS.iter().any(|room| room.name == target) || target == "app";
    let allowed = target == own || OPEN.contains(&target) || room.rooms.contains(&target);
    (is_room && !allowed).then(|| (format!("`{own}` imports the room `{target}`"), may()))
}

/// A dialect never names another one. What is shared stands in `dialects/` itself.
fn other_dialect(below: &str, path: &[&str], dialects: &BTreeSet<&str>) -> Option<(String, String)> {
    let (own, _) = below.strip_prefix("dialects/")?.split_once('/')?;
    let other = path.get(2).filter(|other| **other != own && dialects.contains(*other))?;
    let remedy = "what two dialects share is a verb in `relay` or a rule in the domain; copy the rest";
    Some((format!("the dialect `{own}` names the dialect `{other}`"), remedy.into()))
}

fn dialect_of(path: &str) -> Option<&str> {
    let (dialect, _) = path.strip_prefix("server/src/dialects/")?.split_once('/')?;
    Some(dialect)
}

/// The other crates' imports of ours.
fn crates(file: &str, path: &[&str]) -> Option<(String, String)> {
    let (folder, allowed) = CRATES.iter().find(|(folder, _)| file.starts_with(&format!("{folder}/src/")))?;
    let first = path[0];
    // A binary names the library beside it.
    let itself = first.replace('_', "-") == folder.rsplit('/').next().unwrap_or(folder);
    let broken = OURS.contains(&first) && !itself && !allowed.contains(&first);
    broken.then(|| (format!("{folder} imports `{first}`"), format!("of ours it may import {allowed:?}")))
}

/// Vendors' field names outside a dialect's `wire.rs`. Who plays a customer may.
fn wire_words(file: &File, source: &Source, broken: &mut Vec<Broken>) {
    let is_wire =
        dialect_of(&file.path).is_some() && (file.path.ends_with("/wire.rs") || file.path.contains("/wire/"));
    let is_customer = CUSTOMERS.iter().any(|place| file.path.starts_with(place));
    if is_wire || is_customer || file.path.starts_with("device-protocol/") {
        return;
    }
    for Named { text, line } in &source.words {
        let names = |word: &&&str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part == **word);
        if let Some(word) = WIRE_WORDS.iter().find(|word| names(word)) {
            let remedy = "vendors' field names stand in the dialect's wire.rs alone";
            broken.push(breaks(file, *line, format!("names the wire field `{word}`"), remedy));
        }
    }
}

/// The dependencies that a crate's manifest declares.
fn manifest(file: &File, broken: &mut Vec<Broken>) {
    let folder = file.path.trim_end_matches("Cargo.toml").trim_end_matches('/');
    let allowed =
        CRATES.iter().find(|(crate_folder, _)| *crate_folder == folder).map(|(_, allowed)| *allowed);
    let mut section = String::new();
    for (index, line) in file.text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or(line).trim();
        let mut name = line.split(['=', '.']).next().unwrap_or("").trim();
        if let Some(header) = line.strip_prefix('[') {
            header.trim_end_matches(']').clone_into(&mut section);
            // `[dependencies.name]`
            let Some((parent, child)) = header.trim_end_matches(']').rsplit_once('.') else { continue };
            if !parent.ends_with("dependencies") {
                continue;
            }
            name = child;
        } else if !section.ends_with("dependencies") || name.is_empty() {
            continue;
        }
        let name = name.trim_matches('"');
        let for_tests = section.starts_with("dev-") || section.contains(".dev-");
        let mut push = |rule: String, remedy: &str| broken.push(breaks(file, index + 1, rule, remedy));
        let path = name.replace('-', "_");
        if folder.is_empty() {
            // The workspace's own list depends on nothing.
        } else if folder == "server/domain" && !for_tests && NOT_IN_DOMAIN.contains(&path.as_str()) {
            push(format!("the domain depends on {name}"), "the domain is pure: translate in the caller");
        } else if name.starts_with("diesel") && folder != DIESEL.trim_end_matches('/') {
            push(format!("{folder} depends on {name}"), "only the store knows diesel");
        } else if name.starts_with("actix") && !ACTIX_CRATES.contains(&folder) {
            push(
                format!("{folder} depends on {name}"),
                "only the server knows actix, and the ceilings that it is measured against",
            );
        } else if OURS.contains(&path.as_str())
            && !for_tests
            && allowed.is_some_and(|ours| !ours.contains(&&*path))
        {
            push(
                format!("{folder} depends on {name}"),
                "see the table of crates in server/tests/layers/table.rs",
            );
        }
    }
}
