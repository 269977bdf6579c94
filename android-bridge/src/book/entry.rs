//! What a phone knows of one outbound message, and which phase of its life that is.

use device_protocol::{Event, Send};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Now,
    radio::{PartAnswer, ReceiptOutcome},
};

/// Where a message is in its life on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In the phone's own line; the radio has not been touched, or gave every part back.
    Waiting,
    /// `submitting` is journalled; the radio has not answered.
    AtRadio,
    /// Reported uncertain; an answer or a receipt may still resolve it. It is never submitted again.
    Uncertain,
    /// The radio took every part; receipts may follow.
    Sent,
    /// Nothing more is expected, though a receipt may still raise it.
    Ended,
}

/// The last fact of a message: what a repeat is answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastFact {
    /// Its number when it was last journalled: the id may be forgotten only once that is acknowledged.
    pub number: u64,
    /// When it happened.
    pub at: Now,
    /// The same for the `accepted` of a `sent`.
    pub accepted: Option<Now>,
    /// The event.
    pub event: Event,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The frame; absent for a tombstone, its text cut once it can never be submitted again.
    pub send: Option<Send>,
    /// When it was taken, or the tombstone written.
    pub taken: Now,
    /// Where it is.
    pub phase: Phase,
    /// Attempts so far.
    pub attempt: u32,
    /// When the last attempt was journalled.
    pub submitted: Option<Now>,
    /// The radio's answers to the last attempt, by part.
    pub answers: Vec<Option<PartAnswer>>,
    /// The carrier's receipts, by part.
    pub receipts: Vec<Option<ReceiptOutcome>>,
    /// What a repeat is answered with.
    pub last: Option<LastFact>,
}

impl Entry {
    /// A message just taken.
    pub fn taken(send: Send, at: Now) -> Entry {
        Entry { send: Some(send), ..Entry::tombstone(at) }.waiting()
    }

    /// A cancel of a message not seen.
    pub fn tombstone(at: Now) -> Entry {
        Entry {
            send: None,
            taken: at,
            phase: Phase::Ended,
            attempt: 0,
            submitted: None,
            answers: Vec::new(),
            receipts: Vec::new(),
            last: None,
        }
    }

    fn waiting(mut self) -> Entry {
        self.phase = Phase::Waiting;
        self
    }

    /// Radio parts; a message has at least one.
    pub fn parts(&self) -> u16 {
        self.send.as_ref().map_or(1, |send| send.parts.max(1))
    }

    /// Its place in the phone's line.
    pub fn down_seq(&self) -> u64 {
        self.send.as_ref().map_or(0, |send| send.down_seq)
    }

    /// Whether the deadline has passed; one that cannot be known has.
    pub fn expired(&self, now: Now) -> bool {
        let limit = self.send.as_ref().and_then(|send| send.expires_in_ms);
        limit.is_some_and(|limit| now.since(self.taken).is_none_or(|age| age >= limit))
    }

    /// Milliseconds until the deadline, where there is one that can be known.
    pub fn expires_after(&self, now: Now) -> Option<u64> {
        let limit = self.send.as_ref()?.expires_in_ms?;
        Some(limit.saturating_sub(now.since(self.taken)?))
    }
}
