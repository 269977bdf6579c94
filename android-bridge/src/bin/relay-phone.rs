//! `relay-phone`: a phone for people without a phone at hand. Owns the command line and nothing else.
//!
//! `run` is one phone with a durable journal; `simulate` is a fleet in one process. Progress goes to standard
//! output, logs to standard error (`RUST_LOG`).

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use android_bridge::{
    Identity, Phone, PhoneConfig, PhoneHandle, Storage,
    driver::Counts,
    handset::Paired,
    journal::{Death, SharedMemoryJournal},
    pairing::Pairing,
    sim::{CarrierProfile, fleet},
    witness::{Blind, FileWitness, SharedWitness},
};
use clap::{Args, Parser, Subcommand};

/// How often `simulate` says how the fleet is.
const REPORT_EVERY: Duration = Duration::from_secs(5);
const LARGEST_FLEET: usize = 100_000;

/// A phone that sends and receives SMS in a demo carrier's network, for trying a hub and for testing it.
#[derive(Parser)]
#[command(name = "relay-phone", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
The demo carrier:
  a recipient ending in 0001 fails at the radio with `No signal`,
  a recipient ending in 0002 is sent and never gets a delivery receipt,
  every other one is delivered, and answers by SMS two seconds later.

Examples:
  relay-phone run --hub http://127.0.0.1:8080 --data ./phone --code ABCD-123456
  relay-phone run --hub http://127.0.0.1:8080 --data ./phone
  relay-phone simulate --hub http://127.0.0.1:8080 --phones 500 --codes codes.txt --memory-journal";

#[derive(Subcommand)]
enum Command {
    /// One phone with a durable journal. Pairs on its first start; afterwards the data folder is enough.
    Run(Run),
    /// Many phones in one process.
    Simulate(Simulate),
}

#[derive(Args)]
struct Common {
    /// Address of the hub, as the phone reaches it.
    #[arg(long, env = "RELAY_HUB_URL", value_name = "http://HOST:PORT")]
    hub: String,
    /// Append what the radio and the carrier see to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// SMS from strangers, a minute and phone.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    inbound_per_minute: f64,
    /// Recipients do not answer by SMS.
    #[arg(long)]
    no_replies: bool,
    /// Seed of the dice: latencies, strangers, back-off.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args)]
struct Run {
    #[command(flatten)]
    common: Common,
    /// One-time code from the hub's console. A phone that is paired already pairs anew with it.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Folder of this phone's journal and token. It must not be copied: two phones with one journal send twice.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Number of the SIM in each slot, in order; give it once for each SIM.
    #[arg(long, value_name = "+NUMBER", default_value = "+15550100000")]
    number: Vec<String>,
    /// Receive this SMS once the phone is connected; may be given several times.
    #[arg(long, value_name = "FROM:TEXT", value_parser = parse_sms)]
    sms: Vec<(String, String)>,
    /// For tests: abort the process right before step N of the journal (an append, a flush or a compaction).
    #[arg(long, value_name = "N")]
    die_at_journal_step: Option<u64>,
}

#[derive(Args)]
struct Simulate {
    #[command(flatten)]
    common: Common,
    /// How many phones; needs as many codes or tokens.
    #[arg(long, value_name = "N")]
    phones: usize,
    /// File with one pairing code a line (the hub lets one address pair ten phones a minute).
    #[arg(long, value_name = "FILE", required_unless_present = "tokens", conflicts_with = "tokens")]
    codes: Option<PathBuf>,
    /// File with `<device id> <token>` a line: phones that are paired already.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Keep journals in memory: quick, and gone with the process.
    #[arg(long, required_unless_present = "data", conflicts_with = "data")]
    memory_journal: bool,
    /// Folder with one journal folder for each phone.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

fn parse_sms(text: &str) -> Result<(String, String), String> {
    let (from, body) = text.split_once(':').ok_or("write it as FROM:TEXT, for example `+43664123:hello`")?;
    Ok((from.into(), body.into()))
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .init();
    let cli = Cli::parse();
    let done =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string()).and_then(
            |runtime| match cli.command {
                Command::Run(run) => runtime.block_on(run_one(run)),
                Command::Simulate(simulate) => runtime.block_on(run_fleet(simulate)),
            },
        );
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be told where even this fails.
            let _unheard = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One line of progress. A reader that went away is no reason to stop a phone.
fn say(line: &str) {
    let _unheard = writeln!(io::stdout(), "{line}");
}

impl Common {
    fn config(&self, identity: Identity, storage: Storage, witness: SharedWitness) -> PhoneConfig {
        let default = CarrierProfile::default();
        PhoneConfig {
            storage,
            seed: self.seed,
            witness,
            carrier: CarrierProfile {
                inbound_per_minute: self.inbound_per_minute,
                reply_after_ms: default.reply_after_ms.filter(|_| !self.no_replies),
                ..default
            },
            ..PhoneConfig::in_memory(&self.hub, identity)
        }
    }

    fn witness(&self) -> Result<SharedWitness, String> {
        let Some(path) = &self.log else { return Ok(Arc::new(Blind)) };
        let opened = FileWitness::open(path);
        Ok(Arc::new(opened.map_err(|error| format!("log `{}`: {error} (`--log`)", path.display()))?))
    }
}

async fn run_one(run: Run) -> Result<(), String> {
    let identity = run.code.clone().map_or(Identity::Stored, Identity::Code);
    let storage = Storage::Folder(run.data.clone());
    let config = PhoneConfig {
        sims: fleet::demo_sims(&run.number),
        model: "relay-phone".into(),
        die_at_journal_step: run.die_at_journal_step.map(|step| (step, Death::Abort)),
        ..run.common.config(identity, storage, run.common.witness()?)
    };
    let phone = Phone::start(config).await.map_err(|error| error.to_string())?;
    say(&format!("phone {} runs; its journal is in {}", phone.pairing().device_id, run.data.display()));
    let ended = tokio::select! {
        ended = follow(&phone, &run.sms) => ended,
        stop = tokio::signal::ctrl_c() => stop.map_err(|error| error.to_string()),
    };
    say("stopping; what is not yet uploaded waits in the journal");
    phone.stop().await;
    ended
}

/// Tells what happens until the phone stops by itself.
async fn follow(phone: &PhoneHandle, texts: &[(String, String)]) -> Result<(), String> {
    let mut watched = phone.state();
    let mut before = watched.borrow_and_update().clone();
    let mut texts = Some(texts);
    loop {
        if watched.changed().await.is_err() {
            return Err("the phone ended".into());
        }
        let state = watched.borrow_and_update().clone();
        if let Some(why) = state.stopped {
            return Err(format!("{why}\nmake a new code in the hub's console and pair again with `--code`"));
        }
        if state.connected != before.connected {
            let why = state.last_close.as_deref().unwrap_or("no reason told");
            say(&if state.connected { "connected".into() } else { format!("offline: {why}") });
        }
        if state.counts != before.counts {
            say(&told(&state.counts));
        }
        if state.connected
            && let Some(texts) = texts.take()
        {
            for (from, body) in texts {
                phone.receive_sms(0, from, body).await;
            }
        }
        before = state;
    }
}

/// What has happened so far, in one line.
fn told(counts: &Counts) -> String {
    let Counts {
        submitted,
        sent,
        delivered,
        failed_at_radio,
        failed_by_receipt,
        expired,
        canceled,
        uncertain,
        inbound,
    } = *counts;
    let all = [
        (submitted, "submitted"),
        (sent, "sent"),
        (delivered, "delivered"),
        (failed_at_radio, "failed at the radio"),
        (failed_by_receipt, "failed by receipt"),
        (expired, "expired"),
        (canceled, "canceled"),
        (uncertain, "uncertain"),
        (inbound, "received"),
    ];
    let seen = all.into_iter().filter(|(count, _)| *count > 0);
    seen.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

async fn run_fleet(simulate: Simulate) -> Result<(), String> {
    let identities = identities(&simulate)?;
    let witness = simulate.common.witness()?;
    let configs = identities.into_iter().enumerate().map(|(n, identity)| {
        let storage = match &simulate.data {
            Some(dir) => Storage::Folder(dir.join(format!("phone-{n:05}"))),
            None => Storage::Memory(SharedMemoryJournal::new()),
        };
        PhoneConfig {
            sims: fleet::demo_sims(&[fleet::demo_number(n, 0)]),
            model: format!("Simulated phone {n}"),
            seed: simulate.common.seed.wrapping_add(n as u64),
            ..simulate.common.config(identity, storage, witness.clone())
        }
    });
    say(&format!("starting {} phones", simulate.phones));
    let waiting = |running, wait: Duration| {
        say(&format!("{running} phones run; the hub lets the next one pair in {} s", wait.as_secs()));
    };
    let phones = fleet::start(configs, waiting).await.map_err(|error| error.to_string())?;
    say("all phones run; Ctrl-C stops them");
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            stopped = &mut stop => {
                stopped.map_err(|error| error.to_string())?;
                break;
            }
            () = tokio::time::sleep(REPORT_EVERY) => report(&phones),
        }
    }
    say("stopping");
    for phone in phones {
        phone.stop().await;
    }
    Ok(())
}

fn report(phones: &[PhoneHandle]) {
    let (mut connected, mut stopped, mut sent, mut delivered, mut failed, mut inbound) = (0, 0, 0, 0, 0, 0);
    for phone in phones {
        let state = phone.state();
        let state = state.borrow();
        connected += usize::from(state.connected);
        stopped += usize::from(state.stopped.is_some());
        sent += state.counts.sent;
        delivered += state.counts.delivered;
        failed += state.counts.failed_at_radio + state.counts.failed_by_receipt;
        inbound += state.counts.inbound;
    }
    say(&format!(
        "{connected} of {} connected, {stopped} stopped; {sent} sent, {delivered} delivered, {failed} failed, \
         {inbound} received",
        phones.len()
    ));
}

fn identities(simulate: &Simulate) -> Result<Vec<Identity>, String> {
    if simulate.phones == 0 || simulate.phones > LARGEST_FLEET {
        return Err(format!("`--phones` takes 1 to {LARGEST_FLEET}"));
    }
    let (path, identities) = match (&simulate.codes, &simulate.tokens) {
        (Some(path), _) => (path, read(path)?.lines().filter_map(code).collect::<Vec<Identity>>()),
        (None, Some(path)) => {
            let paired = |pairing: Pairing| Identity::Paired(pairing, Paired::Earlier);
            let pairings = fleet::read_tokens(&read(path)?);
            (
                path,
                pairings
                    .map_err(|error| format!("`{}`: {error}", path.display()))?
                    .into_iter()
                    .map(paired)
                    .collect(),
            )
        }
        (None, None) => return Err("pass `--codes FILE` or `--tokens FILE`".into()),
    };
    let (have, want) = (identities.len(), simulate.phones);
    if have < want {
        return Err(format!("`{}` holds {have} lines and `--phones` asks for {want}", path.display()));
    }
    Ok(identities.into_iter().take(want).collect())
}

fn code(line: &str) -> Option<Identity> {
    let line = line.trim();
    (!line.is_empty()).then(|| Identity::Code(line.into()))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))
}
