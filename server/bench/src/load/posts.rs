//! Posts messages: closed (each connection as fast as it is answered) or open (at a fixed rate, latency counted from the
//! instant at which the request was due).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::load::http::{Connection, message_id, post};
use crate::load::pacer::Pacer;
use crate::run::{Failed, tell};
use crate::seed::{self, Line};
use crate::stats::{Latency, latencies};

/// A text of the length that most have.
pub const TEXT: &str =
    "Your table for two is booked for Friday at 19:30. Reply C to cancel, or call us back.";

#[derive(Debug, clap::Args)]
pub struct LoadOptions {
    #[arg(long)]
    addr: String,
    /// The lines to post for, in rotation.
    #[arg(long)]
    lines: PathBuf,
    /// Only the first so many.
    #[arg(long)]
    first: Option<usize>,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    #[arg(long, default_value_t = 2_000)]
    milliseconds: u64,
    /// First so many that are not counted, as fast as they go: each key is looked up once, each device's row is read once.
    #[arg(long, default_value_t = 0, overrides_with = "warm")]
    warm: u64,
    /// So many in all, instead of for a time.
    #[arg(long)]
    count: Option<u64>,
    /// Open loop: so many a second.
    #[arg(long)]
    rate: Option<u64>,
    /// Where to write what was accepted, for the judge.
    #[arg(long)]
    accepted: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loaded {
    pub accepted: u64,
    /// Anything but a 202, by status.
    pub refused: BTreeMap<u16, u64>,
    /// All requests, those of the warm-up too.
    pub posted: u64,
    pub seconds: f64,
    pub latency: Latency,
}

impl Loaded {
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.seconds
    }
}

struct Tally {
    latencies: Histogram<u64>,
    accepted: u64,
    posted: u64,
    refused: BTreeMap<u16, u64>,
    log: Option<BufWriter<File>>,
    next_line: usize,
}

pub fn run(options: &LoadOptions) -> Result<bool, Failed> {
    let lines = seed::read(&options.lines)?;
    let lines = &lines[..options.first.unwrap_or(lines.len()).min(lines.len())];
    let log = match &options.accepted {
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            Some(BufWriter::new(file.map_err(Failed::io(path.display()))?))
        }
        None => None,
    };
    // One thread: it has one core's worth of work at most, and the hub needs the rest.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let local = tokio::task::LocalSet::new();
    let loaded = local.block_on(&runtime.map_err(Failed::io("a runtime"))?, load(options, lines, log))?;
    tell(&loaded)?;
    Ok(true)
}

async fn load(options: &LoadOptions, lines: &[Line], log: Option<BufWriter<File>>) -> Result<Loaded, Failed> {
    let mut connections = Vec::new();
    for _ in 0..options.connections {
        connections.push(Connection::open(&options.addr).await.map_err(Failed::io(&options.addr))?);
    }
    let tally = Rc::new(RefCell::new(Tally {
        latencies: latencies(),
        accepted: 0,
        posted: 0,
        refused: BTreeMap::new(),
        log,
        next_line: 0,
    }));
    let lines: Rc<[Line]> = lines.into();
    if options.warm > 0 {
        connections = post_all(connections, Pacer::counted(options.warm), &tally, &lines).await?;
        let mut tally = tally.borrow_mut();
        (tally.accepted, tally.latencies) = (0, latencies());
    }
    let began = clock::now_us();
    let span = Duration::from_millis(options.milliseconds);
    let pacer = match (options.count, options.rate) {
        (Some(count), _) => Pacer::counted(count),
        (None, Some(rate)) => Pacer::open(rate, span),
        (None, None) => Pacer::closed(span),
    };
    post_all(connections, pacer, &tally, &lines).await?;
    let seconds = clock::since(began).as_secs_f64();
    let mut tally = tally.borrow_mut();
    if let Some(log) = &mut tally.log {
        log.flush().map_err(Failed::io("the log of what was accepted"))?;
    }
    Ok(Loaded {
        accepted: tally.accepted,
        refused: tally.refused.clone(),
        posted: tally.posted,
        seconds,
        latency: Latency::from(&tally.latencies),
    })
}

/// All connections at once, until the pacer says that it is enough.
async fn post_all(
    connections: Vec<Connection>,
    pacer: Pacer,
    tally: &Rc<RefCell<Tally>>,
    lines: &Rc<[Line]>,
) -> Result<Vec<Connection>, Failed> {
    let work = |connection| work(connection, pacer.clone(), Rc::clone(tally), Rc::clone(lines));
    let workers: Vec<_> = connections.into_iter().map(|one| tokio::task::spawn_local(work(one))).collect();
    let mut kept = Vec::new();
    for worker in workers {
        kept.push(worker.await.map_err(Failed::because)??);
    }
    Ok(kept)
}

async fn work(
    mut connection: Connection,
    pacer: Pacer,
    tally: Rc<RefCell<Tally>>,
    lines: Rc<[Line]>,
) -> Result<Connection, Failed> {
    while let Some(due_us) = pacer.next().await {
        let line = {
            let mut tally = tally.borrow_mut();
            let line = &lines[tally.next_line % lines.len()];
            tally.next_line += 1;
            line
        };
        let to = clock::stamped_number(due_us);
        let request = post(&line.secret, &to, TEXT);
        let answer = connection.exchange(&request).await.map_err(Failed::io("a request"))?;
        tally.borrow_mut().note(due_us, line, &to, answer.status, answer.body)?;
    }
    Ok(connection)
}

impl Tally {
    fn note(&mut self, due_us: u64, line: &Line, to: &str, status: u16, body: &[u8]) -> Result<(), Failed> {
        self.posted += 1;
        if status != 202 {
            *self.refused.entry(status).or_default() += 1;
            return Ok(());
        }
        self.accepted += 1;
        self.latencies.saturating_record(clock::now_us().saturating_sub(due_us).max(1));
        if let Some(log) = &mut self.log {
            let id = message_id(body).ok_or_else(|| Failed("a 202 without an id".to_owned()))?;
            let device = &line.device;
            writeln!(
                log,
                r#"{{"log":"client","kind":"accepted","id":"{id}","device":"{device}","to":"{to}"}}"#
            )
            .map_err(Failed::io("the log of what was accepted"))?;
        }
        Ok(())
    }
}
