//! Webhooks: how many are told a second, what they cost acceptance, and how long one takes.

use std::process::Command;

use super::Row;
use super::post::{installation, load};
use crate::child::Role;
use crate::clock;
use crate::hub::{Dressing, Hub, binary};
use crate::judge::{Settled, judge};
use crate::load::fleet::Done;
use crate::load::posts::Loaded;
use crate::load::receiver::Received;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{Installation, account_name, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "webhooks",
    about: "events told a second against the bare HTTP client, POSTs with webhooks against without, event to receiver",
    measure,
};

/// As many as the hub has under way at most.
const UNDER_WAY: &str = "256";
/// Events a second of the open loop.
const RATE: &str = "500";

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (_folder, made) = installation(bench)?;
    let (mut told, mut bare, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut arrival, mut answer, mut cost, mut meanwhile) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        without.push(posted(bench, &made)?.rate());
        let busy = answered(bench, &made, Answers::AtOnce)?;
        with.push(busy.posted.rate());
        meanwhile.push(100.0 * (1.0 - busy.told as f64 / busy.posted.posted as f64));
        let drained = answered(bench, &made, Answers::Afterwards)?;
        told.push(drained.told as f64 / drained.seconds);
        cost.push(drained.cpu_us);
        bare.push(bare_posts(drained.told)?);
        let (seen, posted) = paced(bench, &made)?;
        arrival.push(seen.latency.p99_us as f64);
        answer.push(posted.latency.p99_us as f64);
    }
    let (cost, meanwhile) = (Spread { values: cost }.median(), Spread { values: meanwhile }.median());
    Ok(vec![
        Figure {
            name: "events told".to_owned(),
            unit: Unit::PerSecond,
            subject: Spread { values: told },
            ceiling: Spread { values: bare },
            must: Bound::AtLeast(0.4),
            aim: Some(Bound::AtLeast(0.6)),
            notes: vec![
                "what had gathered until the receiver answered: 50 webhooks; each attempt is recorded durably".to_owned(),
                format!("{cost:.0} us of the hub's CPU an event; every event arrived once"),
            ],
        },
        Figure {
            name: "durable POST with webhooks".to_owned(),
            unit: Unit::PerSecond,
            subject: Spread { values: with },
            ceiling: Spread { values: without },
            must: Bound::AtLeast(0.6),
            aim: Some(Bound::AtLeast(0.8)),
            notes: vec![format!(
                "one event a message; {meanwhile:.0} % of them told meanwhile by the same two cores; ledger clean"
            )],
        },
        Figure {
            name: format!("event to receiver, p99, {RATE} /s"),
            unit: Unit::Micros,
            subject: Spread { values: arrival },
            ceiling: Spread { values: answer },
            must: Bound::Itself(20_000.0),
            aim: Some(Bound::Itself(5_000.0)),
            notes: vec!["from the instant at which the POST was due; beside it the 202's own p99".to_owned()],
        },
    ])
}

fn posted(bench: &Bench, made: &Installation) -> Result<Loaded, Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let hub = Hub::start(copy.path())?;
    let loaded = load(&hub.addr(), &made.lines, bench, &[])?;
    hub.stop()?;
    Ok(loaded)
}

/// When the receiver answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    AtOnce,
    /// Not before the posts to the hub have ended.
    Afterwards,
}

struct Answered {
    posted: Loaded,
    /// After the posts had ended.
    told: u64,
    seconds: f64,
    cpu_us: f64,
}

/// Posts as fast as it goes, and then waits until everything was told.
fn answered(bench: &Bench, made: &Installation, answers: Answers) -> Result<Answered, Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let log = copy.path().join("log.ndjson");
    let (hub, mut receiver) = subscribed(copy.path())?;
    if answers == Answers::Afterwards {
        let _none: u8 = receiver.ask("hold")?;
    }
    let posted = load(&hub.addr(), &made.lines, bench, &["--accepted", &log.to_string_lossy()])?;
    let (before, began): (Received, u64) = (receiver.ask("received 0")?, clock::now_us());
    let cpu = hub.cost()?.cpu;
    if answers == Answers::Afterwards {
        let _none: u8 = receiver.ask("answer")?;
    }
    let all: Received = receiver.ask(&format!("received {}", posted.posted))?;
    let (told, cpu) = (all.count - before.count, hub.cost()?.cpu - cpu);
    hub.stop()?;
    let all: Received = receiver.ask("received 0")?;
    if all.count != posted.posted {
        return Err(Failed(format!("{} events of {} messages", all.count, posted.posted)));
    }
    judge(&database(copy.path()), &log, Settled::No)?;
    let seconds = all.last_us.saturating_sub(began) as f64 / 1e6;
    Ok(Answered { posted, told, seconds, cpu_us: cpu.as_secs_f64() * 1e6 / told.max(1) as f64 })
}

/// An open loop that the hub keeps up with easily.
fn paced(bench: &Bench, made: &Installation) -> Result<(Received, Loaded), Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let (hub, mut receiver) = subscribed(copy.path())?;
    let warm = load(&hub.addr(), &made.lines, bench, &["--count", "1"])?;
    let _warm: Received = receiver.ask(&format!("received {}", warm.posted))?;
    let _none: u8 = receiver.ask("forget-latencies")?;
    let posted = load(&hub.addr(), &made.lines, bench, &["--warm", "0", "--rate", RATE])?;
    let seen: Received = receiver.ask(&format!("received {}", warm.posted + posted.posted))?;
    hub.stop()?;
    Ok((seen, posted))
}

/// A hub whose accounts have a webhook each, and their receiver.
fn subscribed(data_dir: &std::path::Path) -> Result<(Hub, Role), Failed> {
    let mut receiver = Role::start(&["receiver"])?;
    let addr: String = receiver.told()?;
    let args = ["--webhook-http", "loopback"].map(str::to_owned).to_vec();
    let hub = Hub::start_dressed(data_dir, &Dressing { args, ..Dressing::default() })?;
    for n in 0..super::post::ACCOUNTS {
        let made = Command::new(binary()?)
            .args([
                "webhook",
                "create",
                &format!("http://{addr}/{n}"),
                "--events",
                "outbound.queued",
                "--json",
            ])
            .args(["--account", &account_name(n), "--data-dir"])
            .arg(data_dir)
            .output()
            .map_err(Failed::io("relay-hub"))?;
        if !made.status.success() {
            return Err(Failed(String::from_utf8_lossy(&made.stdout).into_owned()));
        }
    }
    Ok((hub, receiver))
}

/// As many posts by the client alone.
fn bare_posts(count: u64) -> Result<f64, Failed> {
    let mut receiver = Role::start(&["receiver"])?;
    let addr: String = receiver.told()?;
    let (url, count) = (format!("http://{addr}/"), count.max(1_000).to_string());
    let words = ["ceiling", "posts", "--url", &url, "--count", &count, "--under-way", UNDER_WAY];
    let done: Done = Role::once(&words)?;
    Ok(done.count as f64 / done.seconds)
}
