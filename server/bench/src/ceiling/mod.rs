//! Ceilings: each does one part of the hub's work, with the same libraries, and nothing else.

mod commit;
mod http;
mod lane;
mod posts;
mod sockets;

use std::path::PathBuf;

use crate::run::Failed;

#[derive(Debug, clap::Subcommand)]
pub enum CeilingKind {
    /// Takes a POST as the hub does (key, body, answer) and stores nothing.
    Echo {
        #[arg(long)]
        lines: PathBuf,
    },
    /// The same, and a row for each, committed in groups.
    Commit {
        #[arg(long)]
        lines: PathBuf,
        #[arg(long)]
        database: PathBuf,
    },
    /// Accepts WebSockets and keeps them.
    Sockets,
    /// The changes of whole lives, by callers in the hub's own process.
    Lane {
        #[arg(long)]
        lines: PathBuf,
        #[arg(long)]
        data_dir: PathBuf,
        #[arg(long)]
        count: u64,
        #[arg(long)]
        under_way: usize,
    },
    /// Rows of inbound messages, in batches.
    Inbound {
        #[arg(long)]
        database: PathBuf,
        #[arg(long)]
        count: u64,
        #[arg(long)]
        batch: u64,
    },
    /// Posts by the hub's HTTP client alone.
    Posts {
        #[arg(long)]
        url: String,
        #[arg(long)]
        count: u64,
        #[arg(long)]
        under_way: usize,
    },
    /// What a fleet's return writes, in batches.
    Resume {
        #[arg(long)]
        database: PathBuf,
        #[arg(long)]
        batch: u64,
    },
}

pub fn run(kind: &CeilingKind) -> Result<bool, Failed> {
    match kind {
        CeilingKind::Echo { lines } => http::run(lines, None),
        CeilingKind::Commit { lines, database } => http::run(lines, Some(database)),
        CeilingKind::Sockets => sockets::run(),
        CeilingKind::Lane { lines, data_dir, count, under_way } => {
            lane::run(lines, data_dir, *count, *under_way)
        }
        CeilingKind::Inbound { database, count, batch } => commit::inbound(database, *count, *batch),
        CeilingKind::Posts { url, count, under_way } => posts::run(url, *count, *under_way),
        CeilingKind::Resume { database, batch } => commit::resume(database, *batch),
    }?;
    Ok(true)
}
