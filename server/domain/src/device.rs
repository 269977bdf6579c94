//! Devices: paired phones, what an operator has decided about them, and what an API shows of them.

use crate::plan::Quota;
use crate::sim::SimFacts;
use crate::{AccountId, DeviceId, SimId, Timestamp};

/// What an operator has decided about a device's phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(i32)]
pub enum Course {
    /// It sends and receives.
    #[default]
    Serving = 0,
    /// Another phone is to take its place: it finishes what it has and gets nothing new.
    Draining = 1,
    /// It was unpaired: it only tells what it still knows.
    Leaving = 2,
}

/// What a restore of the hub has left to be done for a device's held messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(i32)]
pub enum Restored {
    /// Nothing: none are held.
    #[default]
    Nothing = 0,
    /// The phone must be heard: with the journal that the backup knew, to its end.
    Unheard = 1,
    /// It was heard, and it is not clear what it had: an operator decides.
    Unclear = 2,
    /// It was heard, and what it did not have may leave.
    Releasing = 3,
}

impl Course {
    /// Every course.
    pub const ALL: [Course; 3] = [Course::Serving, Course::Draining, Course::Leaving];
}

impl Restored {
    /// Every step.
    pub const ALL: [Restored; 4] =
        [Restored::Nothing, Restored::Unheard, Restored::Unclear, Restored::Releasing];
}

/// A phone of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its owner.
    pub account_id: AccountId,
    /// Name, for people.
    pub name: String,
    /// The generation of its token; zero until it was paired.
    pub generation: u32,
    /// When a phone paired last; `None` before the first pairing.
    pub paired_at: Option<Timestamp>,
    /// When its token was revoked for good.
    pub revoked_at: Option<Timestamp>,
    /// When a complete frame was last known to arrive. A live session knows better.
    pub last_seen_at: Option<Timestamp>,
    /// What an operator let this device alone dispatch; `None` for its account's plan.
    pub own_quota: Option<Quota>,
    /// The SIMs inserted now, by slot.
    pub sims: Vec<Sim>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When an operator took it out of the lists.
    pub deleted_at: Option<Timestamp>,
    /// It was unpaired, and is revoked if it has not told everything by then.
    pub leave_by: Option<Timestamp>,
}

impl Device {
    /// Whether messages can be dispatched to it.
    pub fn is_paired(&self) -> bool {
        self.paired_at.is_some() && self.revoked_at.is_none()
    }

    /// The SIM in a slot.
    pub fn sim_in(&self, slot: u8) -> Option<&Sim> {
        self.sims.iter().find(|sim| sim.slot == slot)
    }
}

/// A SIM inserted in a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sim {
    /// Its id.
    pub id: SimId,
    /// Its slot.
    pub slot: u8,
    /// The number: an operator's, else the SIM's own.
    pub number: Option<String>,
    /// Carrier label.
    pub carrier: Option<String>,
    /// The phone's default SIM for SMS.
    pub is_default: bool,
    /// What it is recognised by.
    pub facts: SimFacts,
}
