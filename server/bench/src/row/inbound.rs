//! SMS that phones receive: stored and acknowledged.

use super::Row;
use super::post::{PHONES, connect, installation};
use crate::child::Role;
use crate::hub::Hub;
use crate::judge::{Settled, commits, judge};
use crate::load::fleet::Done;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::database;
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "inbound",
    about: "acknowledged SMS a second from 1,000 phones, against bare commits of the same rows",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (_folder, made) = installation(bench)?;
    let each = bench.size(60, 20);
    let (mut bare, mut hubs, mut batches, mut cost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let copy = bench.copy(&made.data_dir)?;
        let (log, hub) = (copy.path().join("log.ndjson"), Hub::start(copy.path())?);
        let mut fleet = connect(&hub, &made.lines, PHONES)?;
        let (committed, before) = (commits(&database(copy.path()))?, hub.cost()?);
        let done: Done = fleet.ask(&format!("receive {each} 2"))?;
        let cpu = hub.cost()?.cpu - before.cpu;
        let committed = commits(&database(copy.path()))?.saturating_sub(committed).max(1);
        hubs.push(done.count as f64 / done.seconds);
        cost.push(cpu.as_secs_f64() * 1e6 / done.count as f64);
        hub.stop()?;
        let _none: u8 = fleet.ask(&format!("write {}", log.display()))?;
        judge(&database(copy.path()), &log, Settled::No)?;

        let batch = (done.count / committed).max(1);
        batches.push(batch as f64);
        let copy = bench.copy(&made.data_dir)?;
        let path = database(copy.path());
        let words =
            ["ceiling", "inbound", "--database", &path.to_string_lossy(), "--batch", &batch.to_string()];
        let bare_done: Done = Role::once(&[&words[..], &["--count", &done.count.to_string()]].concat())?;
        bare.push(bare_done.count as f64 / bare_done.seconds);
    }
    let (batch, cost) = (Spread { values: batches }.median(), Spread { values: cost }.median());
    Ok(vec![Figure {
        name: "inbound".to_owned(),
        unit: Unit::PerSecond,
        subject: Spread { values: hubs },
        ceiling: Spread { values: bare },
        must: Bound::AtLeast(0.35),
        aim: Some(Bound::AtLeast(0.5)),
        notes: vec![
            format!("{batch:.0} messages in the lane's average batch; {cost:.0} us of the hub's CPU a message"),
            "1,000 phones with two each under way, their journals in memory, on the same two cores; ledger clean".to_owned(),
        ],
    }])
}
