//! Every report about a message.

use diesel::prelude::*;
use relay_domain::state::Failure;
use relay_domain::{AccountId, MessageId, Timestamp};

use super::{Query, Read};
use crate::rows::{outbound as rows, unsigned};
use crate::schema::{outbound, timeline};

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// `sent`, `delivered`, `uncertain`, `failed_radio`, …
    pub kind: String,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When the hub stored it.
    pub recorded_at: Timestamp,
    /// Its number in the phone's up stream; zero for the hub's own.
    pub up_seq: u64,
    /// Why, for failures.
    pub failure: Option<Failure>,
}

/// Reports in the order in which they were stored; of another account's message there are none.
#[derive(Debug, Clone, Copy)]
pub struct TimelineOf {
    /// Whose message.
    pub account_id: AccountId,
    /// Which.
    pub message_id: MessageId,
}

/// A row, as far as it is told; the failure's class, code and reason are set together or not at all.
type Stored = (String, i64, i64, i64, (Option<String>, Option<String>, Option<String>));

impl Query for TimelineOf {
    type Answer = Vec<TimelineEntry>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<TimelineEntry>> {
        let message = self.message_id.as_bytes().as_slice();
        let owned = outbound::table
            .filter(outbound::id.eq(message))
            .filter(outbound::account_id.eq(self.account_id.as_bytes().as_slice()));
        if !diesel::select(diesel::dsl::exists(owned)).get_result::<bool>(read.conn)? {
            return Ok(Vec::new());
        }
        let found: Vec<Stored> = timeline::table
            .filter(timeline::message_id.eq(message))
            .order((timeline::recorded_at, timeline::entry))
            .select((
                timeline::kind,
                timeline::happened_at,
                timeline::recorded_at,
                timeline::up_seq,
                (timeline::class, timeline::code, timeline::reason),
            ))
            .load(read.conn)?;
        found
            .into_iter()
            .map(|(kind, happened_at, recorded_at, up_seq, (class, code, reason))| {
                Ok(TimelineEntry {
                    kind,
                    happened_at: Timestamp::from_nanos(happened_at),
                    recorded_at: Timestamp::from_nanos(recorded_at),
                    up_seq: unsigned("up_seq", up_seq)?,
                    failure: rows::failure(class.as_deref(), code.as_deref(), reason.as_deref())?,
                })
            })
            .collect()
    }
}
