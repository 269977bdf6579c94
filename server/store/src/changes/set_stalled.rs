//! A phone stopped acknowledging what was written to it, or began again.

use diesel::QueryResult;
use relay_domain::DeviceId;

use crate::effect::Effect;
use crate::lane::{Change, Tx};

/// Whether the phone acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stalled {
    /// A written frame has waited too long: new messages stay queued.
    Stalls,
    /// It has acknowledged again.
    Moves,
}

/// Marks the session stalled or moving. The verdict is false when another session speaks for the device.
#[derive(Debug, Clone, Copy)]
pub struct SetStalled {
    /// The device.
    pub device_id: DeviceId,
    /// The session's epoch.
    pub epoch: u64,
    /// What is the case now.
    pub stalled: Stalled,
}

impl Change for SetStalled {
    type Verdict = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<bool> {
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|stream| stream.epoch == self.epoch) else {
            return Ok(false);
        };
        stream.stalled = self.stalled == Stalled::Stalls;
        tx.put_stream(stream);
        if !stream.stalled && stream.queued > 0 {
            tx.effect(Effect::Wake { device_id: self.device_id });
        }
        Ok(true)
    }
}
