//! As many phones as one process may have sockets for.

use super::Row;
use super::post::load;
use crate::child::Role;
use crate::hub::Hub;
use crate::judge::{Settled, judge};
use crate::load::fleet::Connected;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Installation, Shape, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "many",
    about: "POST p99 at 2,000 messages a second with as many phones as there may be sockets, against 100 phones",
    measure,
};

/// The same few phones for the ceiling.
const FEW: usize = 100;
/// Messages before those that count, where there are fewer phones than that.
const FEW_WARM: usize = 2_000;

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let phones: usize = bench.size(19_000, 4_000);
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), Shape { devices: phones, accounts: 100 })?;
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds.min(3) {
        few.push(round(bench, &made, FEW)?);
        many.push(round(bench, &made, phones)?);
    }
    Ok(vec![Figure {
        name: format!("POST p99, {phones} phones online"),
        unit: Unit::Micros,
        subject: Spread { values: many },
        ceiling: Spread { values: few },
        must: Bound::AtMost(2.0),
        aim: Some(Bound::AtMost(1.3)),
        notes: vec!["fleet in two processes; messages go to all phones in turn, each of which had one before; ledger clean".to_owned()],
    }])
}

fn round(bench: &Bench, made: &Installation, phones: usize) -> Result<f64, Failed> {
    let copy = bench.copy(&made.data_dir)?;
    let (log, hub) = (copy.path().join("log.ndjson"), Hub::start(copy.path())?);
    let mut fleets = Vec::new();
    for half in 0..2 {
        let (skip, take) = (half * phones / 2, phones / 2);
        let (url, lines) = (hub.url(), made.lines.to_string_lossy());
        let words = ["fleet", "--hub", &url, "--lines", &lines, "--carrier", "silent"];
        let which = ["--skip", &skip.to_string(), "--phones", &take.to_string()];
        let mut fleet = Role::start(&[&words[..], &which].concat())?;
        let _all: Connected = fleet.ask("connect")?;
        fleets.push(fleet);
    }
    let first = phones.to_string();
    // Each phone's key is used before, as in the other rows: how a key is found the first time is no matter of how many there are.
    let warm = phones.max(FEW_WARM).to_string();
    let more = ["--first", &first, "--warm", &warm, "--rate", "2000", "--accepted", &log.to_string_lossy()];
    let loaded = load(&hub.addr(), &made.lines, bench, &more)?;
    hub.stop()?;
    for fleet in &mut fleets {
        let _none: u8 = fleet.ask(&format!("write {}", log.display()))?;
    }
    judge(&database(copy.path()), &log, Settled::No)?;
    Ok(loaded.latency.p99_us as f64)
}
