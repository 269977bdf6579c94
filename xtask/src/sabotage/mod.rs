//! `cargo xtask sabotage`: puts each break of `docs/breaks` into a scratch copy, and wants its test red.
//!
//! `table` reads the breaks and writes the table for people, `scratch` is the copy and what cargo makes of it.

mod scratch;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use scratch::{Outcome, Scratch};
use table::{Break, Test};

/// Where the breaks are, from the root of the tree.
pub const FOLDER: &str = "docs/breaks";
/// The table for people.
pub const TABLE: &str = "docs/breaks.md";
/// A build from nothing and the slowest test; what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Options of `cargo xtask sabotage`.
#[derive(Debug, clap::Args)]
pub struct SabotageOptions {
    /// Only these breaks, by the name of their file; all without it.
    names: Vec<String>,
    /// Where the scratch copy is built; kept for the next time.
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,
    /// Only write the table of the breaks anew (`docs/breaks.md`).
    #[arg(long)]
    table: bool,
}

/// Does it; whether every break was noticed.
pub fn sabotage(root: &Path, options: &SabotageOptions) -> bool {
    match run(root, options) {
        Ok(passed) => passed,
        Err(why) => {
            println!("sabotage: {why}");
            false
        }
    }
}

fn run(root: &Path, options: &SabotageOptions) -> Result<bool, String> {
    let breaks = table::read(&root.join(FOLDER))?;
    if options.table {
        let path = root.join(TABLE);
        let before = std::fs::read_to_string(&path).map_err(|error| format!("{TABLE}: {error}"))?;
        std::fs::write(&path, table::written_anew(&before, &breaks)?)
            .map_err(|error| format!("{TABLE}: {error}"))?;
        return Ok(true);
    }
    let wanted: Vec<&Break> =
        breaks.iter().filter(|one| options.names.is_empty() || options.names.contains(&one.name)).collect();
    if let Some(unknown) = options.names.iter().find(|name| !breaks.iter().any(|one| one.name == **name)) {
        return Err(format!("there is no break `{unknown}` in {FOLDER}"));
    }
    let scratch = Scratch::copy(root, options.target_dir.clone())?;
    println!("Scratch copy: {}", scratch.path().display());
    let (mut passed, red_anyway) = green_without_a_break(&scratch, &wanted)?;
    let mut failed = red_anyway.len();
    for one in wanted.iter().filter(|one| !red_anyway.contains(&&one.red)) {
        let begun = Instant::now();
        let verdict = noticed(&scratch, one);
        match &verdict {
            Ok(()) => passed += 1,
            Err(_) => failed += 1,
        }
        let word = verdict.map_or_else(|why| format!("NOT NOTICED: {why}"), |()| "red".to_owned());
        println!("{:>5} s  {:<48} {word}", begun.elapsed().as_secs(), one.name);
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// A test that is red anyway shows nothing. Each is run once, however many breaks name it: how many are green, and
/// those that are not.
fn green_without_a_break<'a>(
    scratch: &Scratch,
    breaks: &[&'a Break],
) -> Result<(usize, Vec<&'a Test>), String> {
    let mut tests: Vec<_> = breaks.iter().map(|one| &one.red).collect();
    tests.sort();
    tests.dedup();
    println!("Without a break: {} tests", tests.len());
    let mut red = Vec::new();
    for test in &tests {
        match scratch.test(test, LIMIT)? {
            Outcome::Green => {}
            other => {
                println!("`{test}` is {other:?} without any break");
                red.push(*test);
            }
        }
    }
    Ok((tests.len() - red.len(), red))
}

fn noticed(scratch: &Scratch, one: &Break) -> Result<(), String> {
    scratch.apply(one)?;
    let outcome = scratch.test(&one.red, LIMIT);
    scratch.revert(one)?;
    match outcome? {
        Outcome::Red => Ok(()),
        Outcome::Green => Err("its test is green".to_owned()),
        Outcome::Absent => Err("its test was not found".to_owned()),
        Outcome::Unbuilt => Err("it does not compile".to_owned()),
        Outcome::Late => Err(format!("its test did not end within {} s", LIMIT.as_secs())),
    }
}

#[cfg(test)]
mod tests;
