//! Another phone is to take a device's place: the old one finishes first.

use diesel::QueryResult;
use relay_domain::device::Course;
use relay_domain::{AccountId, DeviceId};

use super::unpair_device::say_hello_again;
use crate::effect::Effect;
use crate::lane::{Change, Tx};
use crate::rows::device as device_rows;

/// Begins or ends the draining of a device: nothing more is dispatched to its phone, which finishes what it has and
/// tells what it knows. A phone that pairs in its place ends it too.
#[derive(Debug, Clone, Copy)]
pub struct DrainDevice {
    /// Whose device.
    pub account_id: AccountId,
    /// The device.
    pub device_id: DeviceId,
    /// Begin or end.
    pub drain: Drain,
}

/// Begin or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// The phone is to be replaced. One that drains already goes on draining.
    Begin,
    /// It stays after all.
    End,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrainVerdict {
    /// It drains.
    Draining {
        /// A session is open, begun since it drains, and all that its hello announced is stored.
        heard: bool,
        /// Messages that the phone has not finished.
        in_flight: u32,
    },
    /// It serves.
    Serving,
    /// No phone is paired with it, or it leaves: nothing was changed.
    NotPaired,
    /// The account has no such device.
    NoSuchDevice,
}

impl Change for DrainDevice {
    type Verdict = DrainVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<DrainVerdict> {
        let owned = device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?.is_some();
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|_| owned) else {
            return Ok(DrainVerdict::NoSuchDevice);
        };
        match (self.drain, stream.course) {
            (_, Course::Leaving) => return Ok(DrainVerdict::NotPaired),
            _ if !stream.paired => return Ok(DrainVerdict::NotPaired),
            (Drain::Begin, Course::Draining) | (Drain::End, Course::Serving) => {}
            (Drain::Begin, Course::Serving) => {
                stream.course = Course::Draining;
                say_hello_again(tx, &mut stream);
                tx.put_stream(stream);
            }
            (Drain::End, Course::Draining) => {
                stream.course = Course::Serving;
                tx.put_stream(stream);
                tx.effect(Effect::Wake { device_id: self.device_id });
            }
        }
        Ok(match stream.course {
            Course::Draining => DrainVerdict::Draining { heard: stream.live(), in_flight: stream.in_flight },
            Course::Serving | Course::Leaving => DrainVerdict::Serving,
        })
    }
}
