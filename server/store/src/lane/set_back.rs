//! The clock was set back while no hub ran: what was written by it until then lies in the future, and would wait there.

use diesel::prelude::*;
use relay_domain::Timestamp;

use crate::backend::{Conn, condition};
use crate::schema::{device_stream, notice, outbound, webhook};

/// Brings what waits for an instant that the clock has already shown, or counts from one, to `now`.
pub(super) fn mend(conn: &mut Conn, now: Timestamp) -> QueryResult<()> {
    let now = now.nanos();
    diesel::update(notice::table.filter(condition("next_at IS NOT NULL")).filter(notice::next_at.gt(now)))
        .set(notice::next_at.eq(now))
        .execute(conn)?;
    let uncertain = outbound::table.filter(condition("rank = 1 AND uncertain_at IS NOT NULL"));
    diesel::update(uncertain.filter(outbound::uncertain_at.gt(now)))
        .set(outbound::uncertain_at.eq(now))
        .execute(conn)?;
    diesel::update(device_stream::table.filter(device_stream::last_seen_at.gt(now)))
        .set(device_stream::last_seen_at.eq(now))
        .execute(conn)?;
    diesel::update(webhook::table.filter(webhook::status_at.gt(now)))
        .set(webhook::status_at.eq(now))
        .execute(conn)?;
    diesel::update(webhook::table.filter(webhook::failing_since.gt(now)))
        .set(webhook::failing_since.eq(now))
        .execute(conn)
        .map(drop)
}
