//! Something about a phone that a person should look at: kept, and told to the operators' webhooks.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::DeviceId;
use relay_domain::notice::Facts;
use relay_domain::webhook::EventKind;
use uuid::Uuid;

use super::webhooks::notify::{self, Chain};
use crate::lane::{Change, Stream, Tx};
use crate::schema::attention;

/// The same about the same phone is said again after this time, not before: a phone that comes and goes with a low battery
/// says it once.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(6 * 60 * 60);
/// Of one kind no more is said within it, whatever a phone thinks of.
const MOST_OF_A_KIND: i64 = 8;

/// What a phone's session has noticed.
#[derive(Debug, Clone)]
pub struct Attend {
    /// The device.
    pub device_id: DeviceId,
    /// The session's epoch.
    pub epoch: u64,
    /// What it is, a word.
    pub kind: &'static str,
    /// The same for people.
    pub detail: String,
}

impl Change for Attend {
    /// Whether it was new.
    type Verdict = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<bool> {
        let Some(stream) = tx.stream(self.device_id)?.filter(|stream| stream.epoch == self.epoch) else {
            return Ok(false);
        };
        attend(tx, &stream, self.kind, &self.detail)
    }
}

/// Keeps it and tells it, unless the same was said lately. Answers whether it was new.
pub(super) fn attend(tx: &mut Tx<'_>, stream: &Stream, kind: &str, detail: &str) -> QueryResult<bool> {
    let said: Vec<String> = attention::table
        .filter(attention::device_id.eq(stream.device_id.as_bytes().as_slice()))
        .filter(attention::recorded_at.gt(tx.now.minus(SAID_AGAIN_AFTER).nanos()))
        .filter(attention::recorded_at.le(tx.now.nanos()))
        .filter(attention::kind.eq(kind))
        .limit(MOST_OF_A_KIND)
        .select(attention::detail)
        .load(tx.conn)?;
    let as_many_as_may_be = i64::try_from(said.len()).is_ok_and(|said| said >= MOST_OF_A_KIND);
    if as_many_as_may_be || said.iter().any(|said| said == detail) {
        return Ok(false);
    }
    let id: Uuid = tx.id();
    diesel::insert_into(attention::table)
        .values((
            attention::id.eq(id.as_bytes().as_slice()),
            attention::account_id.eq(stream.account_id.as_bytes().as_slice()),
            attention::device_id.eq(stream.device_id.as_bytes().as_slice()),
            attention::kind.eq(kind),
            attention::detail.eq(detail),
            attention::recorded_at.eq(tx.now.nanos()),
        ))
        .execute(tx.conn)?;
    let (device_id, at) = (stream.device_id, tx.now);
    notify::tell(tx, stream.account_id, EventKind::DeviceAttention, device_id.uuid(), Chain::GoesOn, || {
        let reason = Some(format!("{kind}: {detail}"));
        Ok(Facts { device_id: Some(device_id), reason, ..Facts::at(at) })
    })?;
    Ok(true)
}
