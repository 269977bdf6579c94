//! Durable POSTs: how many messages a second are accepted, and so on disk.

use std::path::Path;

use super::Row;
use crate::child::Role;
use crate::hub::Hub;
use crate::judge::{Settled, judge};
use crate::load::fleet::Connected;
use crate::load::posts::Loaded;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Installation, Shape, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "post",
    about: "accepted messages a second, phones offline and online, against an echo on the same stack",
    measure,
};

/// Phones, each with a key.
pub const PHONES: usize = 1_000;
pub const ACCOUNTS: usize = 50;
/// Twice each phone.
const WARM: &str = "2000";

/// Posts through 64 connections for a while, once everything is warm.
pub fn load(addr: &str, lines: &Path, bench: &Bench, more: &[&str]) -> Result<Loaded, Failed> {
    let milliseconds = bench.size("4000", "1500");
    let lines = lines.to_string_lossy();
    let words = ["load", "--addr", addr, "--lines", &lines, "--milliseconds", milliseconds, "--warm", WARM];
    let loaded: Loaded = Role::once(&[&words[..], more].concat())?;
    if loaded.refused.is_empty() { Ok(loaded) } else { Err(Failed(format!("refused: {:?}", loaded.refused))) }
}

/// One installation for all rounds; each round uses up a copy.
pub fn installation(bench: &Bench) -> Result<(tempfile::TempDir, Installation), Failed> {
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), Shape { devices: PHONES, accounts: ACCOUNTS })?;
    Ok((folder, made))
}

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (_folder, made) = installation(bench)?;
    let (mut echo, mut bare, mut offline, mut online) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut cost, mut cost_online, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    let mut judged = 0;
    for _ in 0..bench.rounds {
        let lines = made.lines.to_string_lossy();
        let mut ceiling = Role::start(&["ceiling", "echo", "--lines", &lines])?;
        let addr: String = ceiling.told()?;
        echo.push(load(&addr, &made.lines, bench, &[])?.rate());
        drop(ceiling);
        bare.push(bare_commits(bench, &made)?);
        let one = round(bench, &made, false)?;
        offline.push(one.rate);
        cost.push(one.cpu_us);
        p99.push(one.p99_us);
        judged += one.judged;
        let one = round(bench, &made, true)?;
        online.push(one.rate);
        cost_online.push(one.cpu_us);
        judged += one.judged;
    }
    let note =
        |cost: Vec<f64>| format!("{:.0} us of the hub's CPU a message", Spread { values: cost }.median());
    let clean = format!("ledger clean over {judged} messages");
    let p99 = format!("p99 {:.1} ms at saturation", Spread { values: p99 }.median() / 1_000.0);
    let bare = Spread { values: bare }.median();
    let bare = format!("an echo that commits a bare row for each, in groups: {bare:.0} a second");
    Ok(vec![
        Figure {
            name: "durable POST".to_owned(),
            unit: Unit::PerSecond,
            subject: Spread { values: offline.clone() },
            ceiling: Spread { values: echo },
            must: Bound::AtLeast(0.18),
            aim: Some(Bound::AtLeast(0.25)),
            notes: vec![note(cost), p99, bare, clean],
        },
        Figure {
            name: "durable POST, phones online".to_owned(),
            unit: Unit::PerSecond,
            subject: Spread { values: online },
            ceiling: Spread { values: offline },
            must: Bound::AtLeast(0.7),
            aim: Some(Bound::AtLeast(0.85)),
            notes: vec![
                note(cost_online),
                "phones journal and acknowledge each message on the same two cores; their radio does not answer".to_owned(),
            ],
        },
    ])
}

/// The echo with a row for each message, through the same load.
fn bare_commits(bench: &Bench, made: &Installation) -> Result<f64, Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let (lines, path) = (made.lines.to_string_lossy(), database(copy.path()));
    let words = ["ceiling", "commit", "--lines", &lines, "--database", &path.to_string_lossy()];
    let mut ceiling = Role::start(&words)?;
    let addr: String = ceiling.told()?;
    Ok(load(&addr, &made.lines, bench, &[])?.rate())
}

struct Round {
    rate: f64,
    cpu_us: f64,
    p99_us: f64,
    judged: u64,
}

fn round(bench: &Bench, made: &Installation, online: bool) -> Result<Round, Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let log = copy.path().join("log.ndjson");
    let hub = Hub::start(copy.path())?;
    let fleet = if online { Some(connect(&hub, &made.lines, PHONES)?) } else { None };
    let before = hub.cost()?;
    let loaded = load(&hub.addr(), &made.lines, bench, &["--accepted", &log.to_string_lossy()])?;
    let cpu = hub.cost()?.cpu - before.cpu;
    // First the hub: what phones do after their log is written, nobody must be told.
    hub.stop()?;
    if let Some(mut fleet) = fleet {
        let _none: u8 = fleet.ask(&format!("write {}", log.display()))?;
    }
    let counts = judge(&database(copy.path()), &log, Settled::No)?;
    Ok(Round {
        rate: loaded.rate(),
        cpu_us: cpu.as_secs_f64() * 1e6 / loaded.posted as f64,
        p99_us: loaded.latency.p99_us as f64,
        judged: counts.accepted,
    })
}

/// A connected fleet whose radios never answer.
pub fn connect(hub: &Hub, lines: &Path, phones: usize) -> Result<Role, Failed> {
    let (lines, phones, url) = (lines.to_string_lossy(), phones.to_string(), hub.url());
    let words = ["fleet", "--hub", &url, "--lines", &lines, "--phones", &phones, "--carrier", "silent"];
    let mut fleet = Role::start(&words)?;
    let _all: Connected = fleet.ask("connect")?;
    Ok(fleet)
}
