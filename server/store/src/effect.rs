//! What a commit causes outside the store.
//!
//! Effects are announced after COMMIT, in commit order, and may be dropped: correctness never depends on one,
//! only promptness does.

use relay_domain::key::KeyDigest;
use relay_domain::sim::SimFacts;
use relay_domain::{DeviceId, JournalId, MessageId, Timestamp, WebhookId};

/// Something that a commit causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A message was bound to this device's journal. The session frames it if its number is exactly the next one,
    /// else it reads the rows above its cursor.
    Dispatched {
        /// The device.
        device_id: DeviceId,
        /// The row, as it goes into the frame.
        row: Box<FrameRow>,
    },
    /// Something that may let a queued message of this device leave has changed.
    Wake {
        /// The device.
        device_id: DeviceId,
    },
    /// Sessions of this device that an older token opened must end.
    EndSession {
        /// The device.
        device_id: DeviceId,
        /// Tokens below this generation are dead.
        generation: u32,
        /// Why.
        why: EndReason,
    },
    /// The session of this device must end and the phone come back: it is to say how far its journal goes.
    Reconnect {
        /// The device.
        device_id: DeviceId,
    },
    /// A message was accepted that is held back until this instant.
    Scheduled {
        /// When it may leave.
        at: Timestamp,
    },
    /// A command for this device waits.
    CommandWaits {
        /// The device.
        device_id: DeviceId,
    },
    /// A notice of this webhook may be told.
    NoticeWaits {
        /// The webhook.
        webhook_id: WebhookId,
    },
    /// A webhook was made or changed.
    WebhookChanged {
        /// The webhook.
        webhook_id: WebhookId,
    },
    /// A key is dead: whoever remembers it forgets it.
    KeyRevoked {
        /// Its digest.
        digest: KeyDigest,
    },
}

/// Why a session must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The device was revoked.
    Revoked,
    /// The device was paired anew, so the session's token is old.
    PairedAnew,
}

/// A dispatched message, as far as a phone needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameRow {
    /// Its place in the down stream.
    pub down_seq: u64,
    /// The message.
    pub id: MessageId,
    /// The journal it is bound to: it is never framed to another.
    pub journal_id: JournalId,
    /// Slot.
    pub slot: u8,
    /// The SIM that its line is bound to.
    pub sim: SimFacts,
    /// Recipient.
    pub to: String,
    /// Text.
    pub body: String,
    /// Radio parts.
    pub parts: u16,
    /// Deadline.
    pub expires_at: Option<Timestamp>,
}

/// Whoever listens to effects. Called on the lane's thread: it must never block.
pub trait Announce: Send + Sync {
    /// Takes an effect.
    fn announce(&self, effect: Effect);
}
