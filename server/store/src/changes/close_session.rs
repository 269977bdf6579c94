//! A session ended.

use diesel::QueryResult;
use relay_domain::{DeviceId, Timestamp};

use crate::lane::{Change, Tx};

/// Marks the device offline, if this session still spoke for it.
#[derive(Debug, Clone, Copy)]
pub struct CloseSession {
    /// The device.
    pub device_id: DeviceId,
    /// The session's epoch.
    pub epoch: u64,
    /// When its last complete frame arrived.
    pub last_seen_at: Timestamp,
}

impl Change for CloseSession {
    type Verdict = ();

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<()> {
        if let Some(mut stream) = tx.stream(self.device_id)?.filter(|stream| stream.epoch == self.epoch) {
            stream.connected = false;
            stream.stalled = false;
            stream.last_seen_at = Some(self.last_seen_at.min(tx.now));
            tx.put_stream(stream);
        }
        Ok(())
    }
}
