//! A phone leaves: what waits fails at once, what it knows is still heard, then its token dies.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::device::Course;
use relay_domain::{AccountId, DeviceId, Timestamp};

use super::{SWEEP_ROWS, revoke_device};
use crate::backend::condition;
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::{device as device_rows, id};
use crate::schema::device;

/// Unpairs a device. Its queued messages are failed by [`SettleUnpaired`](super::SettleUnpaired); its phone is asked to
/// say hello again and then only tells. When it has told everything, or at the deadline, its token dies.
#[derive(Debug, Clone, Copy)]
pub struct UnpairDevice {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// How long its phone may take to come and tell.
    pub within: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpairVerdict {
    /// It leaves: by then at the latest.
    Leaving {
        /// The deadline.
        by: Timestamp,
    },
    /// No phone is paired with it: nothing was changed.
    NotPaired,
    /// The account has no such device.
    NoSuchDevice,
}

impl Change for UnpairDevice {
    type Verdict = UnpairVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<UnpairVerdict> {
        let owned = device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?.is_some();
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|_| owned) else {
            return Ok(UnpairVerdict::NoSuchDevice);
        };
        if !stream.paired {
            return Ok(UnpairVerdict::NotPaired);
        }
        let by = tx.now.plus(self.within);
        set_leave_by(tx, self.device_id, Some(by))?;
        stream.course = Course::Leaving;
        say_hello_again(tx, &mut stream);
        tx.put_stream(stream);
        Ok(UnpairVerdict::Leaving { by })
    }
}

/// Ends the session, whose changes carry an epoch that no longer exists, so that the next hello tells how far the
/// phone's journal goes by now.
pub(super) fn say_hello_again(tx: &mut Tx<'_>, stream: &mut Stream) {
    stream.connected = false;
    stream.stalled = false;
    stream.epoch += 1;
    tx.effect(Effect::Reconnect { device_id: stream.device_id });
}

pub(super) fn set_leave_by(tx: &mut Tx<'_>, device_id: DeviceId, by: Option<Timestamp>) -> QueryResult<()> {
    diesel::update(device::table.filter(device::id.eq(device_id.as_bytes().as_slice())))
        .set(device::leave_by.eq(by.map(Timestamp::nanos)))
        .execute(tx.conn)
        .map(drop)
}

/// Ends the pairing of a phone that leaves, once it has told everything and has nothing left to do. The caller keeps
/// `stream`; whether it has left.
pub(super) fn leave_if_told(tx: &mut Tx<'_>, stream: &mut Stream) -> QueryResult<bool> {
    let told = stream.course == Course::Leaving && stream.live() && stream.in_flight == 0;
    if told {
        revoke_device::end_pairing(tx, stream)?;
    }
    Ok(told)
}

/// Revokes some phones that left and did not come back within their deadline. The verdict names them.
#[derive(Debug, Clone, Copy)]
pub struct EndLeaving {
    /// Those whose deadline was over by then are let be.
    pub behind: Timestamp,
}

impl Change for EndLeaving {
    type Verdict = Vec<DeviceId>;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Vec<DeviceId>> {
        let due: Vec<Vec<u8>> = device::table
            .filter(condition("leave_by IS NOT NULL"))
            .filter(device::leave_by.le(tx.now.nanos()))
            .filter(device::leave_by.gt(self.behind.nanos()))
            .order(device::leave_by)
            .limit(SWEEP_ROWS)
            .select(device::id)
            .load(tx.conn)?;
        let mut ended = Vec::with_capacity(due.len());
        for bytes in due {
            let device_id = id(&bytes)?;
            if let Some(mut stream) = tx.stream(device_id)? {
                revoke_device::end_pairing(tx, &mut stream)?;
                tx.put_stream(stream);
                ended.push(device_id);
            }
        }
        Ok(ended)
    }
}
