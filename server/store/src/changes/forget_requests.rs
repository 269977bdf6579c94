//! Names of requests that have grown old.

use diesel::QueryResult;

use super::SWEEP_ROWS;
use crate::lane::{Change, Tx};
use crate::rows::idempotency;

/// Forgets some names of requests that are older than a day. The verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct ForgetRequests;

impl Change for ForgetRequests {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        idempotency::forget(tx.conn, tx.now, SWEEP_ROWS)
    }
}
