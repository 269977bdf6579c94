//! Webhooks: who is told of which events, where, and how the endpoint stands.

use std::fmt;
use std::time::Duration;

use crate::key::Dialect;
use crate::{AccountId, Timestamp, WebhookId};

/// How long a notice is worth telling, time in which its webhook was paused not counted.
pub const NOTICE_LIFE: Duration = Duration::from_secs(72 * 60 * 60);
/// An endpoint that has failed for so long without one success is paused: its notices stop growing old.
pub const PAUSED_AFTER: Duration = Duration::from_secs(48 * 60 * 60);
/// While a secret is exchanged for another both sign; a customer who does not promote the new one gets it then.
pub const ROTATION_OVERLAP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Something that subscribers can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum EventKind {
    /// An SMS was received and stored.
    InboundReceived = 0,
    /// A message was accepted and waits.
    OutboundQueued = 1,
    /// A message was given to its phone.
    OutboundDispatched = 2,
    /// The carrier took it.
    OutboundSent = 3,
    /// The recipient's phone has it.
    OutboundDelivered = 4,
    /// It ended otherwise.
    OutboundFailed = 5,
    /// Nobody knows what became of a message.
    MessageUncertain = 6,
    /// A webhook of the account was paused because its endpoint fails.
    WebhookPaused = 7,
    /// Somebody asked for a test. Every webhook gets those that are meant for it.
    WebhookTest = 8,
    /// A phone came, after it was away or for the first time.
    DeviceOnline = 9,
    /// A phone has been away for a while.
    DeviceOffline = 10,
    /// Something about a phone that a person should look at.
    DeviceAttention = 11,
}

/// What an event is about. A webhook subscribes to events of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// Messages received.
    Inbound,
    /// Messages sent.
    Outbound,
    /// The fleet and the webhooks themselves.
    Operations,
}

impl EventKind {
    /// Every event, in the order of their numbers.
    pub const ALL: [EventKind; 12] = [
        EventKind::InboundReceived,
        EventKind::OutboundQueued,
        EventKind::OutboundDispatched,
        EventKind::OutboundSent,
        EventKind::OutboundDelivered,
        EventKind::OutboundFailed,
        EventKind::MessageUncertain,
        EventKind::WebhookPaused,
        EventKind::WebhookTest,
        EventKind::DeviceOnline,
        EventKind::DeviceOffline,
        EventKind::DeviceAttention,
    ];

    /// As it is subscribed to.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::InboundReceived => "inbound.received",
            EventKind::OutboundQueued => "outbound.queued",
            EventKind::OutboundDispatched => "outbound.dispatched",
            EventKind::OutboundSent => "outbound.sent",
            EventKind::OutboundDelivered => "outbound.delivered",
            EventKind::OutboundFailed => "outbound.failed",
            EventKind::MessageUncertain => "message.uncertain",
            EventKind::WebhookPaused => "webhook.paused",
            EventKind::WebhookTest => "webhook.test",
            EventKind::DeviceOnline => "device.online",
            EventKind::DeviceOffline => "device.offline",
            EventKind::DeviceAttention => "device.attention",
        }
    }

    /// The number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The event with this number.
    pub fn from_number(number: i16) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its category; `None` for what nobody subscribes to.
    pub fn category(self) -> Option<Category> {
        match self {
            EventKind::InboundReceived => Some(Category::Inbound),
            EventKind::OutboundQueued
            | EventKind::OutboundDispatched
            | EventKind::OutboundSent
            | EventKind::OutboundDelivered
            | EventKind::OutboundFailed => Some(Category::Outbound),
            EventKind::MessageUncertain
            | EventKind::WebhookPaused
            | EventKind::DeviceOnline
            | EventKind::DeviceOffline
            | EventKind::DeviceAttention => Some(Category::Operations),
            EventKind::WebhookTest => None,
        }
    }

    fn bit(self) -> u32 {
        1 << self.number()
    }
}

/// Events of one category, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventSet(u32);

/// Why a list of events is no subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventSetError {
    /// None at all.
    #[error("`events` is empty: name at least one, for example `inbound.received`")]
    Empty,
    /// A word that is no event.
    #[error("`events` names `{0}`, which is no event; there are: {all}", all = every_word())]
    Unknown(String),
    /// Of more than one category.
    #[error(
        "`events` mixes categories: a webhook takes `inbound.*`, `outbound.*`, or the operators' `device.*`, `message.*` and `webhook.*`; make one webhook for each"
    )]
    Mixed,
}

impl EventSet {
    /// Reads the words of a subscription.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<EventSet, EventSetError> {
        let (mut bits, mut category) = (0, None);
        for word in words {
            let found = EventKind::ALL.into_iter().find(|kind| kind.word() == word);
            let kind = found.filter(|kind| kind.category().is_some());
            let kind = kind.ok_or_else(|| EventSetError::Unknown(word.to_owned()))?;
            if category.replace(kind.category()).is_some_and(|before| before != kind.category()) {
                return Err(EventSetError::Mixed);
            }
            bits |= kind.bit();
        }
        if bits == 0 { Err(EventSetError::Empty) } else { Ok(EventSet(bits)) }
    }

    /// The bits in the database: event number n is bit n.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The set with these bits; what this version does not know is left out.
    pub fn from_bits(bits: u32) -> EventSet {
        let known = EventKind::ALL.into_iter().map(EventKind::bit).sum::<u32>();
        EventSet(bits & known)
    }

    /// Whether it is among them.
    pub fn contains(self, kind: EventKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The events, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = EventKind> {
        EventKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl fmt::Display for EventSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(EventKind::word).collect();
        f.write_str(&words.join(","))
    }
}

fn every_word() -> String {
    let subscribed = EventKind::ALL.into_iter().filter(|kind| kind.category().is_some());
    subscribed.map(|kind| format!("`{}`", kind.word())).collect::<Vec<_>>().join(", ")
}

/// Whether an endpoint is posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum WebhookStatus {
    /// It is.
    Active = 0,
    /// Somebody paused it: notices gather and do not age.
    Paused = 1,
    /// It failed for too long and was paused: the same.
    Failing = 2,
    /// It answered 410 Gone: nothing is told any more.
    Gone = 3,
    /// It was deleted: the same, and nobody is shown it.
    Deleted = 4,
}

impl WebhookStatus {
    /// Every status.
    pub const ALL: [WebhookStatus; 5] = [
        WebhookStatus::Active,
        WebhookStatus::Paused,
        WebhookStatus::Failing,
        WebhookStatus::Gone,
        WebhookStatus::Deleted,
    ];

    /// For people and programs.
    pub fn word(self) -> &'static str {
        match self {
            WebhookStatus::Active => "active",
            WebhookStatus::Paused => "paused",
            WebhookStatus::Failing => "paused_failing",
            WebhookStatus::Gone => "gone",
            WebhookStatus::Deleted => "deleted",
        }
    }

    /// The number in the database.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// The status with this number.
    pub fn from_number(number: i16) -> Option<WebhookStatus> {
        WebhookStatus::ALL.into_iter().find(|status| status.number() == number)
    }

    /// Whether its notices wait and do not age.
    pub fn is_paused(self) -> bool {
        matches!(self, WebhookStatus::Paused | WebhookStatus::Failing)
    }

    /// Whether nothing is told any more, and what waits is given up.
    pub fn is_over(self) -> bool {
        matches!(self, WebhookStatus::Gone | WebhookStatus::Deleted)
    }
}

/// Whether texts go along with the events that may carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bodies {
    /// They do not: the receiver asks for what it needs.
    #[default]
    LeftOut,
    /// They do.
    Included,
}

/// A secret as it is kept: encrypted, for this installation alone.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(pub Vec<u8>);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret")
    }
}

/// The secret that takes over from the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSecret {
    /// It.
    pub secret: SealedSecret,
    /// From then on it is the only one.
    pub takes_over_at: Timestamp,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose.
    pub account_id: AccountId,
    /// In whose words it is told.
    pub dialect: Dialect,
    /// Where.
    pub url: String,
    /// Of what.
    pub events: EventSet,
    /// With texts or without.
    pub bodies: Bodies,
    /// What its posts are signed with.
    pub secret: SealedSecret,
    /// What they are signed with beside it, and soon alone.
    pub next_secret: Option<NextSecret>,
    /// Whether it is told.
    pub status: WebhookStatus,
    /// Since when it has that status.
    pub status_at: Timestamp,
    /// How long it was paused in its life, up to its present status.
    pub paused_for: Duration,
    /// Its last success.
    pub succeeded_at: Option<Timestamp>,
    /// The first failure since then.
    pub failing_since: Option<Timestamp>,
    /// The newest failure, to the hour.
    pub failed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// How long it has been paused in its life.
    pub fn paused_until(&self, now: Timestamp) -> Duration {
        let present = if self.status.is_paused() { now.since(self.status_at) } else { Duration::ZERO };
        self.paused_for + present
    }

    /// Whether the text of a message goes along with this event. A message's first event says what was asked for, and so
    /// always has it; what was received goes only where that was wished.
    pub fn takes_body(&self, kind: EventKind) -> bool {
        match kind {
            EventKind::OutboundQueued => true,
            EventKind::InboundReceived => self.bodies == Bodies::Included,
            _ => false,
        }
    }

    /// What posts are signed with: the secret, and the one that will take over, if there is one.
    pub fn signing(&self, now: Timestamp) -> (&SealedSecret, Option<&SealedSecret>) {
        match &self.next_secret {
            Some(next) if next.takes_over_at <= now => (&next.secret, None),
            Some(next) => (&self.secret, Some(&next.secret)),
            None => (&self.secret, None),
        }
    }
}
