//! Who is connected right now: told by whoever holds the sessions, asked by the verbs that show devices.

use relay_domain::allocate::Wait;
use relay_domain::{DeviceId, Timestamp};

/// Knows the live sessions of this process.
pub trait Presence: Send + Sync {
    /// When the device's live session last received a complete frame; `None` without one.
    fn last_frame_at(&self, device: DeviceId) -> Option<Timestamp>;

    /// Why the connected phone holds messages back before its radio, if it says that it does.
    fn radio_wait(&self, device: DeviceId) -> Option<Wait>;
}

/// Nobody is connected: for management commands that open the store without a running hub.
pub struct Nobody;

impl Presence for Nobody {
    fn last_frame_at(&self, _device: DeviceId) -> Option<Timestamp> {
        None
    }

    fn radio_wait(&self, _device: DeviceId) -> Option<Wait> {
        None
    }
}
