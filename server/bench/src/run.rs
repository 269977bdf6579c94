//! Runs the rows one after the other, and tells of them.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Serialize;
use tempfile::TempDir;

use crate::report::{self, Figure};
use crate::row;

/// The file system forgets about big files that were just deleted, and meanwhile flushes slowly.
const REST: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub struct RunOptions {
    /// Everything at the size that the figures are defined for; without it a quick look
    #[arg(long)]
    full: bool,
    /// Only these rows, by name
    #[arg(long, value_name = "ROW", value_delimiter = ',')]
    rows: Vec<String>,
    /// How often each is repeated, ceiling and hub in turn [default: 3, with --full 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Also write everything to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Name the rows and end
    #[arg(long)]
    list: bool,
}

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

impl Failed {
    pub fn because(why: impl Display) -> Failed {
        Failed(why.to_string())
    }

    /// For `map_err`: what it was about, and what the system said.
    pub fn io(what: impl Display) -> impl Fn(std::io::Error) -> Failed {
        move |error| Failed(format!("{what}: {error}"))
    }
}

/// One line of JSON on standard output: how a role tells.
pub fn tell<T: Serialize>(told: &T) -> Result<(), Failed> {
    use std::io::Write as _;
    let line = serde_json::to_string(told).map_err(Failed::because)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Failed::io("standard output"))
}

/// How big, how often, and where.
pub struct Bench {
    pub full: bool,
    pub rounds: u32,
    scratch: TempDir,
}

impl Bench {
    /// One size for `--full`, and one for a quick look.
    pub fn size<T>(&self, full: T, quick: T) -> T {
        if self.full { full } else { quick }
    }

    /// A folder of its own, which goes away with what is answered.
    pub fn folder(&self) -> Result<TempDir, Failed> {
        tempfile::tempdir_in(self.scratch.path()).map_err(Failed::io("a scratch folder"))
    }

    /// A copy of a folder, to be used up.
    pub fn copy(&self, from: &Path) -> Result<TempDir, Failed> {
        let to = self.folder()?;
        let copied = Command::new("cp").arg("-r").arg(from.join(".")).arg(to.path()).status();
        match copied {
            Ok(status) if status.success() => {
                rest();
                Ok(to)
            }
            _ => Err(Failed(format!("{} cannot be copied", from.display()))),
        }
    }
}

/// Lets the disk come to rest.
pub fn rest() {
    // Without it the next figure is only a little noisier.
    let _not_there = Command::new("sync").status();
    std::thread::sleep(REST);
}

pub fn run(options: &RunOptions) -> Result<bool, Failed> {
    if options.list {
        row::ALL.iter().for_each(|row| println!("{:<12} {}", row.name, row.about));
        return Ok(true);
    }
    if let Some(unknown) = options.rows.iter().find(|name| !row::ALL.iter().any(|row| row.name == **name)) {
        return Err(Failed(format!("there is no row `{unknown}`: --list names them")));
    }
    let bench = Bench {
        full: options.full,
        rounds: options.rounds.unwrap_or(if options.full { 5 } else { 3 }),
        scratch: tempfile::Builder::new()
            .prefix("relay-bench")
            .tempdir()
            .map_err(Failed::io("a scratch folder"))?,
    };
    let (mut figures, mut failed) = (Vec::new(), 0);
    for row in row::ALL
        .iter()
        .filter(|row| options.rows.is_empty() || options.rows.iter().any(|name| name == row.name))
    {
        eprintln!("{}: {}", row.name, row.about);
        let began = Instant::now();
        match (row.measure)(&bench) {
            Ok(measured) => {
                figures.extend(measured);
                eprintln!("{}: measured in {} s", row.name, began.elapsed().as_secs());
            }
            Err(why) => {
                failed += 1;
                eprintln!("{}: NOT MEASURED: {why}", row.name);
            }
        }
        rest();
    }
    println!("{}\n\n{}", about(&bench), report::table(&figures));
    if let Some(path) = &options.json {
        let told = serde_json::json!({ "about": about(&bench), "full": bench.full, "figures": figures });
        let text = serde_json::to_string_pretty(&told).map_err(Failed::because)?;
        std::fs::write(path, text + "\n").map_err(Failed::io(path.display()))?;
    }
    let missed = figures.iter().filter(|figure: &&Figure| !figure.is_met()).count();
    println!("{} met, {missed} missed, {failed} not measured", figures.len() - missed);
    Ok(missed == 0 && failed == 0)
}

/// When, how and on what.
fn about(bench: &Bench) -> String {
    let date = time::OffsetDateTime::now_utc().date();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = procfs_memory().map_or_else(String::new, |gib| format!(", {gib} GiB"));
    let size = if bench.full { "full size" } else { "quick look: smaller than the figures are defined for" };
    format!("{date}, {cores} cores{memory}, {size}, {} rounds", bench.rounds)
}

fn procfs_memory() -> Option<u64> {
    use procfs::Current as _;
    procfs::Meminfo::current().ok().map(|memory| memory.mem_total.div_ceil(1 << 30))
}
