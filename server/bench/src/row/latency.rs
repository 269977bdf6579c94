//! From the instant at which a message was to be posted until its phone's radio is touched.

use super::Row;
use super::post::{PHONES, connect, installation, load};
use crate::child::Role;
use crate::hub::Hub;
use crate::judge::{Settled, judge};
use crate::load::fleet::Submitted;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{Installation, database};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "latency",
    about: "POST to the phone, p99, at 2,000 and 5,000 a second, against a bare commit through the same harness",
    measure,
};

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let (_folder, made) = installation(bench)?;
    let at = |rate, aim| figure(bench, &made, rate, aim);
    Ok(vec![at(2_000, 1.0)?, at(5_000, 2.5)?])
}

fn figure(bench: &Bench, made: &Installation, rate: u64, aim_ms: f64) -> Result<Figure, Failed> {
    let (mut bare, mut phone, mut p50, mut posts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (lines, a_second) = (made.lines.to_string_lossy(), rate.to_string());
    for _ in 0..bench.rounds {
        let copy = bench.copy(&made.data_dir)?;
        let database_path = database(copy.path());
        let words = ["ceiling", "commit", "--lines", &lines, "--database", &database_path.to_string_lossy()];
        let mut ceiling = Role::start(&words)?;
        let addr: String = ceiling.told()?;
        bare.push(load(&addr, &made.lines, bench, &["--rate", &a_second])?.latency.p99_us as f64);
        drop(ceiling);

        let copy = bench.copy(&made.data_dir)?;
        let (log, hub) = (copy.path().join("log.ndjson"), Hub::start(copy.path())?);
        let mut fleet = connect(&hub, &made.lines, PHONES)?;
        // A page or two of everything is touched first, as the ceiling's warm-up does.
        let warm =
            load(&hub.addr(), &made.lines, bench, &["--count", "1", "--accepted", &log.to_string_lossy()])?;
        let _warm: Submitted = fleet.ask(&format!("submitted {}", warm.posted))?;
        let _none: u8 = fleet.ask("forget-latencies")?;
        let more = ["--warm", "0", "--rate", &a_second, "--accepted", &log.to_string_lossy()];
        let loaded = load(&hub.addr(), &made.lines, bench, &more)?;
        let seen: Submitted = fleet.ask(&format!("submitted {}", warm.posted + loaded.posted))?;
        phone.push(seen.latency.p99_us as f64);
        p50.push(seen.latency.p50_us as f64);
        posts.push(loaded.latency.p99_us as f64);
        hub.stop()?;
        let _none: u8 = fleet.ask(&format!("write {}", log.display()))?;
        drop(fleet);
        judge(&database(copy.path()), &log, Settled::No)?;
    }
    let ms = |values: Vec<f64>| Spread { values }.median() / 1_000.0;
    let (median, post, absolute) = (ms(p50), ms(posts), ms(phone.clone()));
    Ok(Figure {
        name: format!("POST to phone, p99, {rate} /s"),
        unit: Unit::Micros,
        subject: Spread { values: phone },
        ceiling: Spread { values: bare },
        must: Bound::AtMost(3.0),
        aim: Some(Bound::AtMost(1.5)),
        notes: vec![
            format!("p50 {median:.2} ms; the 202 itself has p99 {post:.2} ms"),
            format!(
                "aimed at {aim_ms} ms here besides: {}",
                if absolute <= aim_ms { "met" } else { "missed" }
            ),
            "counted until the phone has journalled it (in memory) and touches the radio; ledger clean"
                .to_owned(),
        ],
    })
}
