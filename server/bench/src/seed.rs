//! Installations to measure: accounts, paired devices with a SIM and a key each, made by the hub's own verbs in this
//! process (a phone could pair itself, but ten a minute).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use android_bridge::sim::fleet::demo_number;
use relay_domain::key::Dialect;
use relay_domain::plan::{Plan, PlanName, Quota};
use relay_domain::resume::Presented;
use relay_domain::sim::{SimFacts, SimReport};
use relay_domain::{AccountId, JournalId};
use relay_hub::app::{App, RunningApp};
use relay_hub::config::{Config, DataSettings, ListenSettings};
use relay_hub::relay::ingest::{CloseSession, OpenSession, OpenVerdict};
use relay_hub::relay::{PairTarget, Relay};
use uuid::Uuid;

use crate::run::Failed;

/// Devices that are made at once.
const AT_ONCE: usize = 64;
/// A bucket that no load here empties.
const WIDE: Quota = Quota::new(1_000_000, 60_000_000).expect("not zero");
/// Messages that a device may have under way: far above any load here.
pub const MAX_PENDING: u32 = 1_000_000;

/// A device with its key.
#[derive(Debug, Clone)]
pub struct Line {
    /// Of the API key.
    pub secret: String,
    pub device: Uuid,
    pub token: String,
    /// Of its SIM.
    pub number: String,
}

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub devices: usize,
    pub accounts: usize,
}

/// An installation on disk.
#[derive(Debug)]
pub struct Installation {
    pub data_dir: PathBuf,
    /// File of its lines, for loads and fleets.
    pub lines: PathBuf,
}

impl Installation {
    pub fn database(&self) -> PathBuf {
        database(&self.data_dir)
    }
}

pub fn database(data_dir: &Path) -> PathBuf {
    relay_hub::app::data_dir::database_path(data_dir)
}

/// Makes an installation in a folder.
pub fn make(folder: &Path, shape: Shape) -> Result<Installation, Failed> {
    let (data_dir, lines) = (folder.join("data"), folder.join("lines"));
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::io("a runtime"))?;
    let made = runtime.block_on(async {
        let running = start(&data_dir).await?;
        let made = fill(running.relay(), shape).await;
        running.stop().await;
        made
    })?;
    let mut file =
        std::fs::File::create(&lines).map(std::io::BufWriter::new).map_err(Failed::io(lines.display()))?;
    for Line { secret, device, token, number } in made {
        writeln!(file, "{secret} {device} {token} {number}").map_err(Failed::io(lines.display()))?;
    }
    file.flush().map_err(Failed::io(lines.display()))?;
    Ok(Installation { data_dir, lines })
}

/// A hub in this process.
pub async fn start(data_dir: &Path) -> Result<RunningApp, Failed> {
    let config = Config {
        data: DataSettings { data_dir: data_dir.to_owned() },
        listen: ListenSettings { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..ListenSettings::default() },
        ..Config::default()
    };
    App::start(config).await.map_err(Failed::because)
}

async fn fill(relay: &Relay, shape: Shape) -> Result<Vec<Line>, Failed> {
    let mut accounts = Vec::new();
    for n in 0..shape.accounts {
        let plan = Plan { name: PlanName::Enterprise, quota: WIDE, monthly_cap: None };
        let made = relay.create_account(&account_name(n), plan, relay_domain::month::Zone::UTC).await;
        accounts.push(made.map_err(Failed::because)?.id);
    }
    let (relay, connections) = (relay.clone(), Arc::new(AtomicU64::new(1)));
    let mut made: Vec<(usize, Line)> = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..shape.devices {
        if tasks.len() >= AT_ONCE
            && let Some(done) = tasks.join_next().await
        {
            made.push(done.map_err(Failed::because)??);
        }
        let (relay, account, connections) =
            (relay.clone(), accounts[n % accounts.len()], Arc::clone(&connections));
        tasks.spawn(async move { line(&relay, account, n, &connections).await.map(|line| (n, line)) });
    }
    while let Some(done) = tasks.join_next().await {
        made.push(done.map_err(Failed::because)??);
    }
    made.sort_by_key(|(n, _)| *n);
    Ok(made.into_iter().map(|(_, line)| line).collect())
}

async fn line(relay: &Relay, account: AccountId, n: usize, connections: &AtomicU64) -> Result<Line, Failed> {
    let code = relay.issue_pairing_code(account, PairTarget::New(format!("Phone {n}"))).await;
    let code = code.map_err(Failed::because)?.code.to_string();
    let paired = relay.redeem_pairing_code(&code, "bench".to_owned()).await.map_err(Failed::because)?;
    let number = demo_number(n, 0);
    let token = relay.authorise_device(&paired.token).await.map_err(Failed::because)?;
    // A session, so that the hub learns which SIM there is: a key is bound to one.
    let opened = relay.open_session(OpenSession {
        device_id: paired.device_id,
        generation: token.generation,
        connection: connections.fetch_add(1, Ordering::Relaxed),
        ..session(paired.device_id, number.clone())
    });
    let epoch = match opened.await.map_err(Failed::because)? {
        OpenVerdict::Opened(opened) => opened.epoch,
        other => return Err(Failed(format!("a session of a new device: {other:?}"))),
    };
    let close = CloseSession { device_id: paired.device_id, epoch, last_seen_at: relay.clock().now() };
    relay.close_session(close).await.map_err(Failed::because)?;
    let key = relay.create_key(account, paired.device_id, 0, Dialect::Relayion, "bench").await;
    let secret = key.map_err(Failed::because)?.secret;
    Ok(Line { secret, device: paired.device_id.uuid(), token: paired.token, number })
}

/// The hello of a phone that has just been paired for the first time.
pub fn session(device_id: relay_domain::DeviceId, number: String) -> OpenSession {
    OpenSession {
        device_id,
        generation: 1,
        connection: u64::MAX / 2,
        presented: Presented {
            journal: JournalId::from(Uuid::new_v4()),
            virgin: true,
            lowest: 1,
            head: 0,
            acked: 0,
            down: 0,
        },
        unfinished: Vec::new(),
        sims: vec![SimReport {
            slot: 0,
            facts: SimFacts { number: Some(number), subscription_id: None, iccid_hash: None },
            carrier: None,
            is_default: true,
        }],
        max_pending: MAX_PENDING,
        app_version: String::new(),
        os: String::new(),
    }
}

/// What an account is called.
pub fn account_name(n: usize) -> String {
    format!("Account {n}")
}

/// Reads a file of lines.
pub fn read(path: &Path) -> Result<Vec<Line>, Failed> {
    let file = std::fs::File::open(path).map_err(Failed::io(path.display()))?;
    let mut lines = Vec::new();
    for text in BufReader::new(file).lines() {
        let text = text.map_err(Failed::io(path.display()))?;
        let mut words = text.split(' ').map(str::to_owned);
        let (Some(secret), Some(device), Some(token), Some(number)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Failed(format!("`{text}` is no line")));
        };
        let device = Uuid::parse_str(&device).map_err(Failed::because)?;
        lines.push(Line { secret, device, token, number });
    }
    if lines.is_empty() {
        return Err(Failed(format!("{} has no lines", path.display())));
    }
    Ok(lines)
}
