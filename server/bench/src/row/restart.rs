//! A hub that comes back to a fleet that all returns at once, each phone with a message waiting.

use super::Row;
use super::post::load;
use crate::child::Role;
use crate::clock;
use crate::hub::Hub;
use crate::judge::{Settled, judge};
use crate::load::fleet::{Connected, Done, Submitted};
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Shape, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "restart",
    about: "a whole fleet returns, a message waiting for each phone, against bare handshakes and the bare commits",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let phones: usize = bench.size(10_000, 2_000);
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), Shape { devices: phones, accounts: 100 })?;
    let (count, lines) = (phones.to_string(), made.lines.to_string_lossy());
    // A message waits for each.
    let log = folder.path().join("log.ndjson");
    let hub = Hub::start(&made.data_dir)?;
    load(
        &hub.addr(),
        &made.lines,
        bench,
        &["--warm", "0", "--count", &count, "--accepted", &log.to_string_lossy()],
    )?;
    hub.stop()?;
    let (mut bare, mut hubs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let mut sockets = Role::start(&["ceiling", "sockets"])?;
        let addr: String = sockets.told()?;
        let mut dial = Role::start(&["dial", "--addr", &addr, "--clients", &count])?;
        let began = clock::now_us();
        let all: Connected = dial.ask("dial")?;
        let handshakes = all.at_us.saturating_sub(began);
        drop((dial, sockets));
        let copy = bench.copy(&made.data_dir)?;
        let path = database(copy.path());
        let words = ["ceiling", "resume", "--database", &path.to_string_lossy(), "--batch", "256"];
        let commits: Done = Role::once(&words)?;
        bare.push(handshakes as f64 / 1e3 + commits.seconds * 1e3);

        let copy = bench.copy(&made.data_dir)?;
        let round_log = copy.path().join("log.ndjson");
        std::fs::copy(&log, &round_log).map_err(Failed::io("the log"))?;
        let mut hub = Hub::launch(copy.path(), &crate::hub::Dressing::default())?;
        let url = hub.url();
        let words = ["fleet", "--hub", &url, "--lines", &lines, "--phones", &count, "--carrier", "silent"];
        let mut fleet = Role::start(&words)?;
        hub.until_listening()?;
        let began = clock::now_us();
        let _all: Connected = fleet.ask("connect")?;
        let last: Submitted = fleet.ask(&format!("submitted {phones}"))?;
        hubs.push(last.last_us.saturating_sub(began) as f64 / 1e3);
        hub.stop()?;
        let _none: u8 = fleet.ask(&format!("write {}", round_log.display()))?;
        drop(fleet);
        judge(&path_of(&copy), &round_log, Settled::No)?;
    }
    Ok(vec![Figure {
        name: "restart".to_owned(),
        unit: Unit::Millis,
        subject: Spread { values: hubs },
        ceiling: Spread { values: bare },
        must: Bound::AtMost(3.0),
        aim: Some(Bound::AtMost(1.5)),
        notes: vec![
            format!(
                "{phones} phones that all dial at once; from listening until the last one touches its radio"
            ),
            "ledger clean".to_owned(),
        ],
    }])
}

fn path_of(copy: &tempfile::TempDir) -> std::path::PathBuf {
    database(copy.path())
}
