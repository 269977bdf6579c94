//! When the next schedule comes.

use diesel::prelude::*;
use relay_domain::Timestamp;

use super::{Query, Read};
use crate::backend::condition;
use crate::rows::outbound::UNTIL_RELEASED;
use crate::schema::outbound;

/// The earliest instant until which some message is held back; `None` where nothing is scheduled.
#[derive(Debug, Clone, Copy)]
pub struct NextScheduled;

impl Query for NextScheduled {
    type Answer = Option<Timestamp>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Timestamp>> {
        let next: Option<Option<i64>> = outbound::table
            .filter(condition("rank = 0 AND held_until IS NOT NULL"))
            // What a restore holds has no instant.
            .filter(outbound::held_until.lt(UNTIL_RELEASED))
            .order(outbound::held_until)
            .select(outbound::held_until)
            .first(read.conn)
            .optional()?;
        Ok(next.flatten().map(Timestamp::from_nanos))
    }
}
