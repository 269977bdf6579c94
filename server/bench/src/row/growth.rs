//! Whether accepting gets slower as the past grows.

use super::Row;
use super::post::load;
use crate::history;
use crate::hub::Hub;
use crate::report::{Bound, Figure, Unit};
use crate::run::{Bench, Failed};
use crate::seed::{self, Shape};
use crate::stats::Spread;

pub const ROW: Row = Row {
    name: "growth",
    about: "accepted messages a second with a million and five million stored ones, against an empty database",
    measure,
};

/// Of the installations with a past.
pub const PAST: Shape = Shape { devices: 1_000, accounts: 500 };

fn measure(bench: &Bench) -> Result<Vec<Figure>, Failed> {
    let sizes: [u64; 2] = bench.size([1_000_000, 5_000_000], [100_000, 300_000]);
    let folder = bench.folder()?;
    let mut installations = Vec::new();
    for count in [0].into_iter().chain(sizes) {
        let place = folder.path().join(count.to_string());
        std::fs::create_dir(&place).map_err(Failed::io("a folder"))?;
        let made = seed::make(&place, PAST)?;
        if count > 0 {
            history::write(&made, count)?;
        }
        installations.push((made, Vec::new()));
    }
    for _ in 0..bench.rounds {
        for (made, rates) in &mut installations {
            crate::run::rest();
            let hub = Hub::start(&made.data_dir)?;
            rates.push(load(&hub.addr(), &made.lines, bench, &[])?.rate());
            hub.stop()?;
        }
    }
    let mut rates = installations.into_iter().map(|(_, rates)| rates);
    let empty = rates.next().unwrap_or_default();
    let figure = |(count, rates): (u64, Vec<f64>)| Figure {
        name: format!("POST with {count} stored"),
        unit: Unit::PerSecond,
        subject: Spread { values: rates },
        ceiling: Spread { values: empty.clone() },
        must: Bound::AtLeast(0.8),
        aim: Some(Bound::AtLeast(0.95)),
        notes: vec!["500 accounts; the rounds' own messages stay and add up in all three".to_owned()],
    };
    Ok(sizes.into_iter().zip(rates).map(figure).collect())
}
