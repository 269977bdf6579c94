//! Notices: events on their way to a subscriber, each with a snapshot of what it tells.

use std::time::Duration;

use uuid::Uuid;

use crate::webhook::EventKind;
use crate::{AccountId, DeviceId, NoticeId, Timestamp, WebhookId};

/// What a notice tells, as it was when the event happened: every repeat says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// When it happened.
    pub at: Timestamp,
    /// On which phone.
    pub device_id: Option<DeviceId>,
    /// The other end of the message.
    pub number: Option<String>,
    /// The text, where the subscriber gets it.
    pub body: Option<String>,
    /// In which slot.
    pub slot: Option<u8>,
    /// On which number of ours.
    pub own_number: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Facts {
    /// Something happened then.
    pub fn at(at: Timestamp) -> Facts {
        let (device_id, number, body, slot, own_number, reason) = (None, None, None, None, None, None);
        Facts { at, device_id, number, body, slot, own_number, reason }
    }
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id: the same for each attempt. A replay has the id of what it repeats.
    pub event_id: NoticeId,
    /// Its place in the outbox: a replay has one of its own.
    pub id: NoticeId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// Whose.
    pub account_id: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// To what: the message, the webhook.
    pub about: Uuid,
    /// Notices of one chain are first told in their order: it is what they are about. What somebody asked for is a chain
    /// by itself.
    pub chain: Uuid,
    /// The snapshot.
    pub facts: Facts,
    /// When it was written.
    pub created_at: Timestamp,
    /// How long its webhook had been paused by then.
    pub paused_before: Duration,
    /// Attempts so far.
    pub attempts: u32,
    /// How it stands.
    pub status: NoticeStatus,
    /// When it is tried next; `None` while an earlier one of its chain is pending, and when it has ended.
    pub next_at: Option<Timestamp>,
}

impl Notice {
    /// Whether somebody asked for it once more.
    pub fn is_replay(&self) -> bool {
        self.id != self.event_id
    }

    /// How old it is, where its webhook has been paused for so long in its life.
    pub fn age(&self, paused: Duration, now: Timestamp) -> Duration {
        now.since(self.created_at).saturating_sub(paused.saturating_sub(self.paused_before))
    }
}

/// How a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum NoticeStatus {
    /// It waits for its turn, or for another attempt.
    Pending = 0,
    /// The receiver took it.
    Delivered = 1,
    /// It was given up.
    Dead = 2,
}

impl NoticeStatus {
    /// Every status.
    pub const ALL: [NoticeStatus; 3] = [NoticeStatus::Pending, NoticeStatus::Delivered, NoticeStatus::Dead];

    /// For people and programs.
    pub fn word(self) -> &'static str {
        match self {
            NoticeStatus::Pending => "pending",
            NoticeStatus::Delivered => "delivered",
            NoticeStatus::Dead => "dead",
        }
    }

    /// The number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The status with this number.
    pub fn from_number(number: i16) -> Option<NoticeStatus> {
        NoticeStatus::ALL.into_iter().find(|status| status.number() == number)
    }
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the post began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The start of the answer's body.
    pub answer: String,
    /// Why it failed, in words; `None` for a success.
    pub error: Option<String>,
}

/// Longest part of an answer that is kept, characters.
pub const ANSWER_CHARS: usize = 1_000;

/// What an attempt means for its notice and its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Taken,
    /// It is tried again after this time, if it is not too old by then.
    Again(Duration),
    /// The endpoint wants nothing any more (410).
    Gone,
}
