//! Devices: paired phones and what an API shows of them.

use crate::plan::Quota;
use crate::sim::SimFacts;
use crate::{AccountId, DeviceId, SimId, Timestamp};

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
