//! Whether a message may leave now. The only place that says so; it runs inside the lane's transaction.

use crate::plan::Quota;
use crate::{Timestamp, bucket};

/// What the stream row says about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// A session is open and the hub has stored all that the phone's hello announced.
    pub live: bool,
    /// The phone has not acknowledged a written frame for too long.
    pub stalled: bool,
    /// An operator paused the device, or has another phone take its place.
    pub paused: bool,
    /// Dispatched messages that have not ended.
    pub in_flight: u32,
    /// How many of them the phone takes.
    pub max_pending: u32,
    /// The plan's bucket.
    pub quota: Quota,
    /// The bucket's arrival time.
    pub arrival: Timestamp,
}

/// Whether the slot that the message's line names holds the line's SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// It does.
    HoldsTheSim,
    /// It is empty or holds another one.
    Mismatch,
}

/// Why a message waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// No session, or not yet resumed.
    DeviceOffline,
    /// Connected, and not answering.
    DeviceUnresponsive,
    /// Paused by an operator.
    Paused,
    /// The slot holds another SIM.
    SimMismatch,
    /// As many messages as the phone takes are on their way.
    PhoneBusy,
    /// The bucket has a token at this instant.
    BucketEmpty {
        /// The exact instant.
        until: Timestamp,
    },
    /// Others wait before it.
    WaitingTurn,
    /// It was asked to wait until then.
    Scheduled {
        /// When it may leave.
        until: Timestamp,
    },
    /// The hub was restored, and nobody knows yet whether a phone has it.
    HeldRestored,
    /// A phone has it and finds no network, or its radio is off.
    NoService,
    /// A phone has it and paces itself, so that the system does not ask its owner.
    RadioGuard,
}

/// The smallest `max_pending` that lets a plan's burst leave at once.
pub fn pending_limit(asked: u32, quota: Quota) -> u32 {
    asked.max(quota.burst.get())
}

/// Takes a token for one message: the bucket's new arrival time, or why it waits.
pub fn allocate(device: &Readiness, slot: Slot, now: Timestamp) -> Result<Timestamp, Wait> {
    if !device.live {
        return Err(Wait::DeviceOffline);
    }
    if device.stalled {
        return Err(Wait::DeviceUnresponsive);
    }
    if device.paused {
        return Err(Wait::Paused);
    }
    if slot == Slot::Mismatch {
        return Err(Wait::SimMismatch);
    }
    if device.in_flight >= pending_limit(device.max_pending, device.quota) {
        return Err(Wait::PhoneBusy);
    }
    bucket::take(device.quota, device.arrival, now).map_err(|until| Wait::BucketEmpty { until })
}
