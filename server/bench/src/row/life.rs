//! Whole lives: accepted, framed, sent, delivered, each step durable and acknowledged.

use super::Row;
use super::post::installation;
use crate::child::Role;
use crate::hub::Hub;
use crate::judge::{Settled, judge};
use crate::load::fleet::Done;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::database;
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "life",
    about: "messages a second from POST to acknowledged delivery, against the same changes without HTTP and phones",
    measure,
};

const UNDER_WAY: &str = "1000";

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (_folder, made) = installation(bench)?;
    let count = bench.size("60000", "20000");
    let lines = made.lines.to_string_lossy();
    let (mut lane, mut lives, mut cost, mut judged) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..bench.rounds {
        let copy = bench.copy(&made.data_dir)?;
        let data_dir = copy.path().to_string_lossy();
        let words = ["ceiling", "lane", "--lines", &lines, "--data-dir", &data_dir, "--count", count];
        let done: Done = Role::once(&[&words[..], &["--under-way", UNDER_WAY]].concat())?;
        lane.push(done.count as f64 / done.seconds);

        let copy = bench.copy(&made.data_dir)?;
        let (log, hub) = (copy.path().join("log.ndjson"), Hub::start(copy.path())?);
        let (addr, log_name) = (hub.addr(), log.to_string_lossy());
        let before = hub.cost()?;
        let words = ["life", "--addr", &addr, "--lines", &lines, "--count", count, "--log", &log_name];
        let mut life = Role::start(&[&words[..], &["--under-way", UNDER_WAY]].concat())?;
        let done: Done = life.told()?;
        let cpu = hub.cost()?.cpu - before.cpu;
        let _written: u8 = life.told()?;
        hub.stop()?;
        let counts = judge(&database(copy.path()), &log, Settled::Yes)?;
        if counts.delivered != done.count {
            return Err(Failed(format!("{} of {} delivered", counts.delivered, done.count)));
        }
        judged += counts.delivered;
        lives.push(done.count as f64 / done.seconds);
        cost.push(cpu.as_secs_f64() * 1e6 / done.count as f64);
    }
    let cost = Spread { values: cost }.median();
    Ok(vec![Figure {
        name: "whole life".to_owned(),
        unit: Unit::PerSecond,
        subject: Spread { values: lives },
        ceiling: Spread { values: lane },
        must: Bound::AtLeast(0.25),
        aim: Some(Bound::AtLeast(0.45)),
        notes: vec![
            format!("{cost:.0} us of the hub's CPU a message"),
            "1,000 phones in one process with the 64 posters, journals in memory".to_owned(),
            format!("ledger clean over {judged} messages, all DELIVERED"),
        ],
    }])
}
