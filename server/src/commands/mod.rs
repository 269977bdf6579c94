//! The hub's half of each device command: from its row to its frame. One command, one file, named as in the
//! protocol.

mod refresh_sims;

use device_protocol::Command;
use relay_domain::Timestamp;
use uuid::Uuid;

pub(crate) use refresh_sims::KIND as REFRESH_SIMS;

/// The frame of a stored command; `None` for a kind that this version does not know.
pub(crate) fn frame(id: Uuid, kind: &str, deadline_at: Timestamp, now: Timestamp) -> Option<Command> {
    let kind = match kind {
        REFRESH_SIMS => refresh_sims::kind(),
        _ => return None,
    };
    let left = deadline_at.since(now).as_millis();
    Some(Command { id, deadline_in_ms: u64::try_from(left).unwrap_or(u64::MAX), kind })
}
