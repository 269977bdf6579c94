//! The hub lives: one small row, so that after a crash every phone's last sign of life is known to seconds.

use diesel::prelude::*;

use crate::lane::{Change, Tx};
use crate::schema::hub_state;

/// Writes down that the hub lives.
#[derive(Debug, Clone, Copy)]
pub struct MarkAlive;

impl Change for MarkAlive {
    type Verdict = ();

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<()> {
        diesel::update(hub_state::table)
            .set(hub_state::alive_at.eq(tx.now.nanos()))
            .execute(tx.conn)
            .map(drop)
    }
}
