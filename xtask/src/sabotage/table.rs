//! The breaks as files: a few words on top, and the difference that breaks it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// One break.
#[derive(Debug, Clone)]
pub struct Break {
    /// The file's name without its end.
    pub name: String,
    pub path: PathBuf,
    /// What it breaks: `invariant 2, never sent twice`, `crash walk: hub before commit`, `trace: stale hello`; several
    /// with semicolons.
    pub breaks: String,
    /// In a sentence.
    pub how: String,
    /// The test that notices.
    pub red: Test,
}

/// A test as cargo finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// `-p relay-store --test contract`
    pub target: Vec<String>,
    /// `restoring::a_held_message_is_neither_canceled_nor_expired`
    pub name: String,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.target.join(" "), self.name)
    }
}

/// Between these two lines of the document stands the table.
const BEGINS: &str = "<!-- written by `cargo xtask sabotage --table` -->";
const ENDS: &str = "<!-- end of the table -->";

/// Reads every break of a folder, by name.
pub fn read(folder: &Path) -> Result<Vec<Break>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "patch"));
    paths.sort();
    paths.into_iter().map(read_one).collect()
}

fn read_one(path: PathBuf) -> Result<Break, String> {
    let told = |why: &str| format!("{}: {why}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| told(&error.to_string()))?;
    let line = |head: &str| {
        let found = text
            .lines()
            .take_while(|line| !line.starts_with("--- "))
            .find_map(|line| line.strip_prefix(head));
        found.map(|rest| rest.trim().to_owned()).ok_or_else(|| told(&format!("a line `{head} …` is missing")))
    };
    let red = line("Red:")?;
    let mut target: Vec<String> = red.split_whitespace().map(str::to_owned).collect();
    let name = target.pop().ok_or_else(|| told("`Red:` names no test"))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (breaks, how) = (line("Breaks:")?, line("How:")?);
    Ok(Break { name: stem, breaks, how, red: Test { target, name }, path })
}

/// The document with its table as the breaks have it now.
pub fn written_anew(document: &str, breaks: &[Break]) -> Result<String, String> {
    let (before, rest) = document.split_once(BEGINS).ok_or("the table's first line is missing")?;
    let (_, after) = rest.split_once(ENDS).ok_or("the table's last line is missing")?;
    let mut table = String::from("| broken | how | red | patch |\n|---|---|---|---|\n");
    let mut sorted: Vec<&Break> = breaks.iter().collect();
    sorted.sort_by_key(|one| (invariant(&one.breaks), &one.breaks));
    for Break { name, breaks, how, red, .. } in sorted {
        table.push_str(&format!("| {breaks} | {how} | `{red}` | [{name}](breaks/{name}.patch) |\n"));
    }
    Ok(format!("{before}{BEGINS}\n\n{table}\n{ENDS}{after}"))
}

/// The number of the invariant that is broken before all; what names none comes after those that do.
fn invariant(breaks: &str) -> u32 {
    let rest = breaks.strip_prefix("invariant ").and_then(|rest| rest.split(',').next());
    rest.and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}
