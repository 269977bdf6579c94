//! The figures: one file each. A row says what it is, puts its parts together, and answers with what it measured.

mod growth;
mod inbound;
mod latency;
mod life;
mod lists;
mod many;
mod memory;
mod post;
mod restart;
mod slow_disk;
mod start;
mod webhooks;

use crate::report::Figure;
use crate::run::{Bench, Failed};

/// A row.
pub struct Row {
    pub name: &'static str,
    pub about: &'static str,
    pub measure: fn(&Bench) -> Result<Vec<Figure>, Failed>,
}

pub const ALL: &[Row] = &[
    post::ROW,
    slow_disk::ROW,
    life::ROW,
    latency::ROW,
    inbound::ROW,
    memory::ROW,
    restart::ROW,
    many::ROW,
    lists::ROW,
    growth::ROW,
    start::ROW,
    webhooks::ROW,
];
