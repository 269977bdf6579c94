//! `hub_state`: the one row about the database itself.

use diesel::prelude::*;
use relay_domain::Timestamp;
use uuid::Uuid;

use super::{broken, id, signed, signed32, unsigned};
use crate::backend::{Conn, Words as _, words};
use crate::schema::{hub_state, inbound, notice, outbound};

/// How far a database has come. Of two marks of one hub the later is the greater: a restore begins an incarnation, and
/// each batch is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mark {
    /// Raised by each restore.
    pub incarnation: u32,
    /// Batches committed in the life of the database.
    pub commits: u64,
}

/// The row.
pub(crate) struct HubState {
    pub(crate) mark: Mark,
    /// When the hub last said that it lives.
    pub(crate) alive_at: Timestamp,
}

pub(crate) fn load(conn: &mut Conn) -> QueryResult<HubState> {
    let (incarnation, commits, alive_at): (i32, i64, i64) = hub_state::table
        .select((hub_state::incarnation, hub_state::commits, hub_state::alive_at))
        .first(conn)?;
    let incarnation = u32::try_from(incarnation).map_err(|error| broken("incarnation", error))?;
    let mark = Mark { incarnation, commits: unsigned("commits", commits)? };
    Ok(HubState { mark, alive_at: Timestamp::from_nanos(alive_at) })
}

words!(Count = "UPDATE hub_state SET commits = CASE WHEN commits > ? THEN commits ELSE ? END + 1");

/// Counts the batch that is about to be committed, from `known` at least. Another writer may have counted meanwhile: the
/// row counts on.
pub(crate) fn count(conn: &mut Conn, known: u64) -> QueryResult<()> {
    Count::with([signed(known).into(), signed(known).into()]).run(conn).map(drop)
}

/// The greatest id of those whose order matters: lists and chains go by it. Each is one step down an index.
pub(crate) fn latest_id(conn: &mut Conn) -> QueryResult<Option<Uuid>> {
    let latest: [Option<Vec<u8>>; 3] = [
        outbound::table.select(outbound::id).order(outbound::id.desc()).first(conn).optional()?,
        inbound::table.select(inbound::id).order(inbound::id.desc()).first(conn).optional()?,
        notice::table.select(notice::id).order(notice::id.desc()).first(conn).optional()?,
    ];
    latest.into_iter().flatten().max().as_deref().map(id).transpose()
}

/// Begins an incarnation.
pub(crate) fn begin(conn: &mut Conn, incarnation: u32) -> QueryResult<()> {
    diesel::update(hub_state::table)
        .set(hub_state::incarnation.eq(signed32(incarnation)))
        .execute(conn)
        .map(drop)
}
