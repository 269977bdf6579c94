//! Names of requests that have grown old.

use diesel::QueryResult;

use super::{SWEEP_ROWS, named_request};
use crate::lane::{Change, Tx};

/// Forgets some names of requests that are older than a day. The verdict counts them.
#[derive(Debug, Clone, Copy)]
pub struct ForgetRequests;

impl Change for ForgetRequests {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        named_request::forget(tx, SWEEP_ROWS)
    }
}
