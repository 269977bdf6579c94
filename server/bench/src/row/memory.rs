//! What a phone that is connected and quiet costs in memory.

use std::time::Duration;

use super::Row;
use super::post::connect;
use crate::child::{Cost, Role};
use crate::hub::Hub;
use crate::load::fleet::Connected;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Shape};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "memory",
    about: "resident memory per idle phone, against bare WebSockets on the same stack",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let phones = bench.size(10_000, 2_000);
    let quiet = Duration::from_secs(bench.size(60, 5));
    // Memory hardly differs from run to run, and a run is long.
    let rounds = bench.size(bench.rounds.min(3), 1);
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), Shape { devices: phones, accounts: 100 })?;
    let (mut bare, mut hubs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut ceiling = Role::start(&["ceiling", "sockets"])?;
        let addr: String = ceiling.told()?;
        let before = ceiling.cost()?;
        let clients = phones.to_string();
        let mut dial = Role::start(&["dial", "--addr", &addr, "--clients", &clients])?;
        let _all: Connected = dial.ask("dial")?;
        std::thread::sleep(quiet);
        bare.push(each(before, ceiling.cost()?, phones));
        drop((dial, ceiling));

        let copy = bench.copy(&made.data_dir)?;
        let hub = Hub::start(copy.path())?;
        let before = hub.cost()?;
        let fleet = connect(&hub, &made.lines, phones)?;
        std::thread::sleep(quiet);
        hubs.push(each(before, hub.cost()?, phones));
        drop(fleet);
        hub.stop()?;
    }
    let absolute = Spread { values: hubs.clone() }.median();
    Ok(vec![Figure {
        name: "memory per idle phone".to_owned(),
        unit: Unit::Kibibytes,
        subject: Spread { values: hubs },
        ceiling: Spread { values: bare },
        must: Bound::AtMost(1.35),
        aim: Some(Bound::Itself(10.0)),
        notes: vec![format!(
            "{phones} phones, {} s after the last hello, {absolute:.1} KiB each beyond what the hub has without them",
            quiet.as_secs()
        )],
    }])
}

fn each(before: Cost, after: Cost, phones: usize) -> f64 {
    after.resident_bytes.saturating_sub(before.resident_bytes) as f64 / 1024.0 / phones as f64
}
