//! Messages that are held since a restore: those that no phone had may leave, once that is known.

use diesel::prelude::*;
use relay_domain::device::Restored;
use relay_domain::{AccountId, DeviceId, Timestamp};

use super::{SWEEP_ROWS, fact};
use crate::backend::condition;
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::id;
use crate::rows::outbound::{OutboundRow, store_freed};
use crate::schema::{device_stream, outbound};

/// The phone has told everything with the journal that the backup knew: what it did not have may leave.
pub(super) fn if_heard(tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<()> {
    if stream.restored == Restored::Unheard && stream.live() {
        stream.restored = Restored::Releasing;
        // The first rows at once; the sweep has the rest.
        free(tx, stream)?;
    }
    Ok(())
}

/// Frees some messages of one device whose phone was heard. The verdict counts them; zero means all are free.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseHeld;

impl Change for ReleaseHeld {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let next: Option<Vec<u8>> = device_stream::table
            .filter(condition("restored = 3"))
            .select(device_stream::device_id)
            .first(tx.conn)
            .optional()?;
        let Some(next) = next else { return Ok(0) };
        let Some(mut stream) = tx.stream(id(&next)?)? else { return Ok(0) };
        if stream.restored != Restored::Releasing {
            return Ok(0);
        }
        let freed = free(tx, &mut stream)?;
        tx.put_stream(stream);
        Ok(freed.max(1))
    }
}

/// Frees some; when none are left, nothing of the restore is left to be done for the device.
fn free(tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<usize> {
    let held = held_of(tx, stream.device_id)?;
    for row in &held {
        // Its schedule was put aside while it was held.
        let later = row.scheduled_at.map(Timestamp::from_nanos).filter(|at| *at > tx.now);
        let turn = match later {
            None if row.is_held_in_queue() => {
                tx.hot.next_turn(tx.conn, stream, id(&row.key_id)?, row.priority()?)?
            }
            _ => row.turn,
        };
        store_freed(tx.conn, id(&row.id)?, later.filter(|_| row.is_held_in_queue()), turn)?;
        if let Some(at) = later {
            tx.effect(Effect::Scheduled { at });
        }
    }
    if (held.len() as i64) < SWEEP_ROWS {
        stream.restored = Restored::Nothing;
    }
    if !held.is_empty() && stream.connected {
        tx.effect(Effect::Wake { device_id: stream.device_id });
    }
    Ok(held.len())
}

/// In the order in which they were accepted.
fn held_of(tx: &mut Tx<'_>, device_id: DeviceId) -> QueryResult<Vec<OutboundRow>> {
    outbound::table
        .filter(outbound::device_id.eq(device_id.as_bytes().as_slice()))
        .filter(condition("restored_at IS NOT NULL AND rank <= 1"))
        .order(outbound::id)
        .limit(SWEEP_ROWS)
        .select(OutboundRow::as_select())
        .load(tx.conn)
}

/// What an operator makes of a device's held messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldDecision {
    /// They were not sent: they leave as if they were accepted now.
    Release,
    /// Nobody knows, and nobody is to send them: they become uncertain.
    GiveUp,
}

/// An operator decides about the messages of a device that are held since a restore.
#[derive(Debug, Clone, Copy)]
pub struct DecideHeld {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// What is to become of them.
    pub decision: HeldDecision,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecideVerdict {
    /// So many were decided about in this change; asked again, the next ones are.
    Decided(usize),
    /// The account has no such device.
    NoSuchDevice,
}

impl Change for DecideHeld {
    type Verdict = DecideVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<DecideVerdict> {
        let owned = crate::rows::device::load_of_account(tx.conn, self.account_id, self.device_id)?.is_some();
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|_| owned) else {
            return Ok(DecideVerdict::NoSuchDevice);
        };
        let decided = match self.decision {
            HeldDecision::Release => free(tx, &mut stream)?,
            HeldDecision::GiveUp => {
                let held = held_of(tx, self.device_id)?;
                for row in &held {
                    fact::uncertain(tx, &mut stream, row)?;
                    crate::rows::outbound::clear_held(tx.conn, id(&row.id)?)?;
                }
                if held.is_empty() {
                    stream.restored = Restored::Nothing;
                }
                held.len()
            }
        };
        tx.put_stream(stream);
        Ok(DecideVerdict::Decided(decided))
    }
}
