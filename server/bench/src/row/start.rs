//! How long a hub with a long past takes until it accepts.

use std::time::Duration;

use super::Row;
use super::growth::PAST;
use super::post::load;
use crate::clock;
use crate::history;
use crate::hub::{Dressing, Hub};
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Installation, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "start",
    about: "from starting the process to the first 202, after a stop and after kill -9, against opening the database",
    measure,
};

const QUEUED: u64 = 20_000;
/// A row of the past is looked up when the ceiling opens the database, as the hub looks at its own.
const LOOK: &str = "SELECT count(*) FROM device_stream";

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let past: u64 = bench.size(5_000_000, 100_000);
    let folder = bench.folder()?;
    let made = seed::make(folder.path(), PAST)?;
    history::write(&made, past)?;
    let (mut stopped, mut killed, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let hub = Hub::start(&made.data_dir)?;
    load(&hub.addr(), &made.lines, bench, &["--warm", "0", "--count", &QUEUED.to_string()])?;
    hub.stop()?;
    for _ in 0..bench.rounds {
        bare.push(open(&made)?);
        stopped.push(first_202(bench, &made)?);
        // More than a little in the log, which a killed hub leaves to be read again.
        let hub = Hub::start(&made.data_dir)?;
        load(&hub.addr(), &made.lines, bench, &[])?;
        drop(hub);
        killed.push(first_202(bench, &made)?);
    }
    let figure = |how: &str, values: Vec<f64>| Figure {
        name: format!("start after {how}"),
        unit: Unit::Millis,
        subject: Spread { values },
        ceiling: Spread { values: bare.clone() },
        must: Bound::Itself(2_000.0),
        aim: Some(Bound::Itself(500.0)),
        notes: vec![format!("{past} messages, {QUEUED} and more queued; the file is in the system's cache")],
    };
    Ok(vec![figure("a stop", stopped), figure("kill -9", killed)])
}

fn first_202(bench: &Bench, made: &Installation) -> Result<f64, Failed> {
    crate::run::rest();
    let began = clock::now_us();
    let mut hub = Hub::launch(&made.data_dir, &Dressing::default())?;
    hub.until_listening()?;
    load(&hub.addr(), &made.lines, bench, &["--connections", "1", "--warm", "0", "--count", "1"])?;
    let took = clock::since(began);
    hub.stop()?;
    Ok(millis(took))
}

fn open(made: &Installation) -> Result<f64, Failed> {
    let began = clock::now_us();
    let connection = rusqlite::Connection::open(database(&made.data_dir)).map_err(Failed::because)?;
    let _devices: i64 = connection.query_row(LOOK, [], |row| row.get(0)).map_err(Failed::because)?;
    Ok(millis(clock::since(began)))
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
