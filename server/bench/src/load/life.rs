//! The whole life of messages: posters and phones in one process, so that never more than so many are under way.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use crate::clock;
use crate::load::fleet::Done;
use crate::load::http::{Connection, message_id, post};
use crate::load::phones::{self, Carrier, Stopwatch};
use crate::load::posts::TEXT;
use crate::run::{Failed, tell};
use crate::seed::{self, Line};

#[derive(Debug, clap::Args)]
pub struct LifeOptions {
    #[arg(long)]
    addr: String,
    #[arg(long)]
    lines: PathBuf,
    #[arg(long, default_value_t = 64)]
    posters: usize,
    #[arg(long, default_value_t = 1_000)]
    under_way: usize,
    #[arg(long)]
    count: u64,
    /// What was accepted, and what radios and carriers saw, for the judge.
    #[arg(long)]
    log: PathBuf,
}

pub fn run(options: &LifeOptions) -> Result<bool, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failed::io("a runtime"))?.block_on(live(options))?;
    Ok(true)
}

async fn live(options: &LifeOptions) -> Result<(), Failed> {
    let lines: Arc<[Line]> = seed::read(&options.lines)?.into();
    let room = Arc::new(Semaphore::new(options.under_way));
    let watch = Stopwatch::new(Some(Arc::clone(&room)));
    let hub = format!("http://{}", options.addr);
    let phones = phones::start(&hub, &lines, Carrier::Instant, &watch).await?;
    phones::all(&phones, |phone| phone.connected).await?;
    let next = Arc::new(AtomicU64::new(0));
    let began = clock::now_us();
    let mut posters = tokio::task::JoinSet::new();
    for _ in 0..options.posters {
        let connection = Connection::open(&options.addr).await.map_err(Failed::io(&options.addr))?;
        posters.spawn(pose(
            connection,
            Arc::clone(&lines),
            Arc::clone(&room),
            Arc::clone(&next),
            options.count,
        ));
    }
    let mut accepted = Vec::new();
    while let Some(done) = posters.join_next().await {
        accepted.extend(done.map_err(Failed::because)??);
    }
    // Not only delivered: each report is committed and acknowledged.
    let delivered = u32::try_from(options.under_way).map_err(Failed::because)?;
    drop(room.acquire_many(delivered).await.map_err(Failed::because)?);
    let ended = phones::all(&phones, android_bridge::PhoneState::settled).await?;
    tell(&Done { count: options.count, seconds: (ended - began) as f64 / 1e6 })?;
    watch.write(&options.log)?;
    let file = std::fs::File::options().append(true).open(&options.log);
    file.and_then(|mut file| file.write_all(&accepted)).map_err(Failed::io(options.log.display()))?;
    tell(&0)
}

/// Posts until so many were; answers with what was accepted.
async fn pose(
    mut connection: Connection,
    lines: Arc<[Line]>,
    room: Arc<Semaphore>,
    next: Arc<AtomicU64>,
    count: u64,
) -> Result<Vec<u8>, Failed> {
    let mut accepted = Vec::new();
    loop {
        room.acquire().await.map_err(Failed::because)?.forget();
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= count {
            room.add_permits(1);
            return Ok(accepted);
        }
        let line = &lines[usize::try_from(n).unwrap_or(0) % lines.len()];
        let to = clock::stamped_number(clock::now_us());
        let request = post(&line.secret, &to, TEXT);
        let answer = connection.exchange(&request).await.map_err(Failed::io("a request"))?;
        let id = message_id(answer.body).filter(|_| answer.status == 202);
        let id = id.ok_or_else(|| Failed(format!("refused with {}", answer.status)))?;
        let device = line.device;
        writeln!(
            accepted,
            r#"{{"log":"client","kind":"accepted","id":"{id}","device":"{device}","to":"{to}"}}"#
        )
        .map_err(Failed::io("memory"))?;
    }
}
