//! The database was put back: a new incarnation begins, and nothing leaves that a phone may have had already.

use diesel::prelude::*;
use relay_domain::device::{Course, Restored};
use relay_domain::state::Rank;
use relay_domain::{DeviceId, Timestamp};

use super::{revoke_device, unpair_device};
use crate::backend::condition;
use crate::lane::{Change, Tx};
use crate::rows::outbound::UNTIL_RELEASED;
use crate::rows::{device as device_rows, hub_state, id, signed, signed32, unsigned32};
use crate::schema::{device, device_stream, outbound};

/// How a device stands, as it is written down beside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The device.
    pub device_id: DeviceId,
    /// The generation of its last token.
    pub generation: u32,
    /// What became of its phone.
    pub phone: PhoneStanding,
}

/// What became of a device's phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneStanding {
    /// It was paired.
    Paired,
    /// It was unpaired, and is revoked if it has not told everything by then.
    Leaving {
        /// The deadline.
        by: Timestamp,
    },
    /// Its token is dead.
    Revoked,
}

/// Makes a hub of a database that was put back: the lane's first change, before anybody connects.
#[derive(Debug, Clone)]
pub struct RestoreHub {
    /// The new incarnation, above every one before.
    pub incarnation: u32,
    /// How devices stood when the hub was last seen alive; what is newer than the database is done again.
    pub standings: Vec<Standing>,
}

/// What it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreVerdict {
    /// Messages that were queued and are held.
    pub queued: usize,
    /// Messages that were dispatched and are held.
    pub dispatched: usize,
    /// Devices that they belong to.
    pub devices: usize,
    /// Devices that were revoked, or had left, after the backup: their tokens are dead again.
    pub revoked: Vec<DeviceId>,
    /// Devices that were unpaired after the backup: they leave again.
    pub leaving: Vec<DeviceId>,
    /// Devices that were paired anew after the backup: those tokens live.
    pub paired: Vec<DeviceId>,
    /// Devices that the backup does not know: they are to be paired again.
    pub unknown: Vec<DeviceId>,
}

impl Change for RestoreHub {
    type Verdict = RestoreVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<RestoreVerdict> {
        hub_state::begin(tx.conn, self.incarnation)?;
        tx.hot.give_way(tx.conn)?;
        let mut verdict = RestoreVerdict::default();
        hold_messages(tx, &mut verdict)?;
        // Epochs of the new incarnation are above each that any session may still carry.
        let floor = signed(u64::from(self.incarnation) << 32);
        diesel::update(device_stream::table)
            .set((
                device_stream::connected.eq(0),
                device_stream::stalled.eq(0),
                device_stream::epoch.eq(floor),
            ))
            .execute(tx.conn)?;
        let holding = outbound::table
            .filter(condition("restored_at IS NOT NULL AND rank <= 1"))
            .select(outbound::device_id);
        let holding = device_stream::table.filter(device_stream::device_id.eq_any(holding));
        verdict.devices = usize::try_from(holding.count().get_result::<i64>(tx.conn)?).unwrap_or_default();
        // What was unclear after an earlier restore is so still: the journal that the backup knows by now need not be
        // the one that may have had it.
        diesel::update(holding.filter(device_stream::restored.ne(Restored::Unclear as i32)))
            .set(device_stream::restored.eq(Restored::Unheard as i32))
            .execute(tx.conn)?;
        for standing in &self.standings {
            apply_standing(tx, standing, &mut verdict)?;
        }
        Ok(verdict)
    }
}

/// Queued and dispatched messages are held; of uncertain ones nothing better is known than before.
fn hold_messages(tx: &mut Tx<'_>, verdict: &mut RestoreVerdict) -> QueryResult<()> {
    let now = tx.now.nanos();
    let queued = outbound::table.filter(outbound::rank.eq(Rank::Queued.number()));
    verdict.queued = diesel::update(queued)
        .set((outbound::restored_at.eq(now), outbound::held_until.eq(UNTIL_RELEASED)))
        .execute(tx.conn)?;
    let dispatched = outbound::table
        .filter(outbound::rank.eq(Rank::Dispatched.number()))
        .filter(outbound::uncertain_at.is_null());
    verdict.dispatched = diesel::update(dispatched).set(outbound::restored_at.eq(now)).execute(tx.conn)?;
    Ok(())
}

fn apply_standing(tx: &mut Tx<'_>, standing: &Standing, verdict: &mut RestoreVerdict) -> QueryResult<()> {
    let Standing { device_id, generation, phone } = *standing;
    let (Some(row), Some(mut stream)) = (device_rows::load(tx.conn, device_id)?, tx.stream(device_id)?)
    else {
        // What is dead needs no pairing.
        if phone != PhoneStanding::Revoked {
            verdict.unknown.push(device_id);
        }
        return Ok(());
    };
    let known = unsigned32("generation", row.generation)?;
    if generation < known || (generation == known && phone == standing_of(&row, stream.course)) {
        return Ok(());
    }
    let this = device::table.filter(device::id.eq(row.id.as_slice()));
    diesel::update(this).set(device::generation.eq(signed32(generation))).execute(tx.conn)?;
    match phone {
        PhoneStanding::Revoked => {
            revoke_device::end_pairing(tx, &mut stream)?;
            // The dead token's generation is the one that was written down, not one more.
            let this = device::table.filter(device::id.eq(row.id.as_slice()));
            diesel::update(this).set(device::generation.eq(signed32(generation))).execute(tx.conn)?;
            verdict.revoked.push(id(&row.id)?);
        }
        PhoneStanding::Paired | PhoneStanding::Leaving { .. } => {
            let this = device::table.filter(device::id.eq(row.id.as_slice()));
            diesel::update(this)
                .set((device::revoked_at.eq(None::<i64>), device::paired_at.eq(tx.now.nanos())))
                .execute(tx.conn)?;
            stream.paired = true;
            stream.course = Course::Serving;
            if let PhoneStanding::Leaving { by } = phone {
                stream.course = Course::Leaving;
                unpair_device::set_leave_by(tx, device_id, Some(by))?;
                verdict.leaving.push(device_id);
            } else {
                verdict.paired.push(device_id);
            }
        }
    }
    tx.put_stream(stream);
    Ok(())
}

fn standing_of(row: &device_rows::DeviceRow, course: Course) -> PhoneStanding {
    match (row.revoked_at, course, row.leave_by) {
        (Some(_), ..) => PhoneStanding::Revoked,
        (None, Course::Leaving, Some(by)) => PhoneStanding::Leaving { by: Timestamp::from_nanos(by) },
        (None, ..) => PhoneStanding::Paired,
    }
}
