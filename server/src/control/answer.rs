//! What comes back: what a program gets with `--json`, and what the command line makes tables of.
//!
//! Instants are RFC 3339 in UTC with milliseconds, ids UUIDs. A field that is not known is null, never absent.

use serde::{Deserialize, Serialize};

pub use super::webhooks::{AttemptShown, WebhookSecretShown, WebhookShown};

/// What came of a verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// An account was made.
    AccountCreated(AccountShown),
    /// Accounts.
    Accounts {
        /// Oldest first.
        accounts: Vec<AccountShown>,
    },
    /// What accounts have used.
    Usage {
        /// One for each account.
        usage: Vec<UsageShown>,
    },
    /// An account was changed.
    AccountSet(AccountShown),
    /// What a device may dispatch was changed.
    DeviceQuotaSet {
        /// The device.
        device_id: String,
        /// Messages at once.
        burst: u32,
        /// Messages added back each minute.
        refill_per_minute: u32,
        /// Its own numbers, not its account's.
        own: bool,
    },
    /// A pairing code was issued.
    PairingCode {
        /// The code, `ABCD-123456`.
        code: String,
        /// The device that it pairs.
        device_id: String,
        /// Until when it works.
        expires_at: String,
    },
    /// Devices.
    Devices {
        /// Oldest first.
        devices: Vec<DeviceShown>,
    },
    /// A number was set.
    SimSet {
        /// The device.
        device_id: String,
        /// The slot.
        slot: u8,
        /// The number.
        number: String,
        /// Stored inbound messages that took it.
        inbound_numbered: usize,
    },
    /// A phone was asked to read its SIMs.
    SimRefreshAsked {
        /// The device.
        device_id: String,
        /// The command.
        command_id: String,
    },
    /// A device was revoked.
    DeviceRevoked {
        /// The device.
        device_id: String,
    },
    /// A device leaves.
    DeviceUnpaired {
        /// The device.
        device_id: String,
        /// Its phone is revoked if it has not told everything by then.
        leave_by: String,
    },
    /// A device's phone is not done yet; once it is, the answer is a pairing code.
    DeviceDraining {
        /// The device.
        device_id: String,
        /// The phone is connected, and has told everything from before it was drained.
        heard: bool,
        /// Messages that it has not finished.
        in_flight: u32,
    },
    /// A device keeps its phone.
    DeviceKept {
        /// The device.
        device_id: String,
    },
    /// A device was deleted.
    DeviceDeleted {
        /// The device.
        device_id: String,
        /// Keys that were revoked with it.
        keys_revoked: usize,
    },
    /// A key was made.
    KeyCreated {
        /// The whole key. Shown once.
        secret: String,
        /// What is kept of it.
        #[serde(flatten)]
        key: KeyShown,
    },
    /// Keys.
    Keys {
        /// Oldest first.
        keys: Vec<KeyShown>,
    },
    /// A webhook was made, or has a new secret.
    WebhookSecret(WebhookSecretShown),
    /// Webhooks.
    Webhooks {
        /// Oldest first.
        webhooks: Vec<WebhookShown>,
    },
    /// A webhook, as it is now.
    Webhook(WebhookShown),
    /// A test event waits to be posted.
    WebhookTested {
        /// The event.
        event_id: String,
        /// How the webhook stands: a paused one gets it when it is resumed.
        status: String,
    },
    /// Events are posted once more.
    WebhookReplayed {
        /// How many.
        events: usize,
        /// It was one that had not been taken yet: it is tried now and not later.
        hurried: bool,
    },
    /// A webhook was deleted.
    WebhookDeleted {
        /// The webhook.
        webhook_id: String,
    },
    /// What was tried.
    WebhookAttempts {
        /// Newest event first, its newest attempt first.
        attempts: Vec<AttemptShown>,
    },
    /// A key was revoked.
    KeyRevoked {
        /// The key.
        key_id: String,
    },
    /// Devices whose messages are held.
    Held {
        /// By id, which is oldest first.
        devices: Vec<HoldingShown>,
    },
    /// Held messages of a device.
    HeldMessages {
        /// The device.
        device_id: String,
        /// Its name.
        device_name: String,
        /// The first two hundred, oldest first.
        messages: Vec<HeldMessageShown>,
    },
    /// It was decided about held messages.
    HeldDecided {
        /// The device.
        device_id: String,
        /// `released` or `given_up`.
        decision: String,
        /// How many messages.
        messages: usize,
    },
    /// Nothing was done.
    Refused(Refused),
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What kind of refusal.
    pub kind: RefusedKind,
    /// For people, with the remedy.
    pub message: String,
}

/// Kinds of refusals, as the command line's exit codes tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedKind {
    /// Something that was asked for cannot be.
    Invalid,
    /// Something that was named does not exist.
    NotFound,
    /// The store did not answer.
    Failed,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountShown {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: String,
    /// Messages at once, per device.
    pub burst: u32,
    /// Messages added back each minute, per device.
    pub refill_per_minute: u32,
    /// Messages a month; null without a cap.
    pub monthly_cap: Option<u32>,
    /// In whose calendar its months are counted.
    pub zone: String,
    /// Whether it may send to short codes.
    pub short_codes: bool,
    /// When it was made.
    pub created_at: String,
}

/// What an account has used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageShown {
    /// The account.
    pub account: AccountShown,
    /// This month in its calendar, `2026-04`.
    pub month: String,
    /// Messages accepted in it.
    pub accepted: u64,
    /// Messages that it still takes; null without a cap.
    pub left: Option<u64>,
    /// When the next month begins.
    pub resets_at: String,
    /// The newest months with messages, newest first.
    pub months: Vec<MonthShown>,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthShown {
    /// `2026-04`
    pub month: String,
    /// Messages accepted.
    pub accepted: u64,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceShown {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// `online`, `offline`, `draining`, `leaving`, `not paired`, `revoked` or `deleted`.
    pub status: String,
    /// Its phone was unpaired, and is revoked if it has not told everything by then; null for all others.
    #[serde(default)]
    pub leave_by: Option<String>,
    /// When it was last heard.
    pub last_seen_at: Option<String>,
    /// Messages that wait.
    pub queued: u32,
    /// Messages on their way.
    pub in_flight: u32,
    /// Messages held since the hub was restored; they are among those that wait or are on their way.
    #[serde(default)]
    pub held: u64,
    /// Events kept unread.
    pub unreadable: u64,
    /// Reports about messages that the hub does not know, as after a restore.
    #[serde(default)]
    pub recovered: u64,
    /// Newest remark about it.
    pub remark: Option<String>,
    /// The SIMs inserted now.
    pub sims: Vec<SimShown>,
}

/// A SIM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimShown {
    /// Its slot.
    pub slot: u8,
    /// Its number.
    pub number: Option<String>,
    /// Its carrier.
    pub carrier: Option<String>,
}

/// A device with held messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingShown {
    /// The device.
    pub device_id: String,
    /// Its name.
    pub device_name: String,
    /// Its account.
    pub account_id: String,
    /// `unheard`: its phone has not come back; `unclear`: it came back as another journal, an operator decides;
    /// `releasing`: it was heard, and what it did not have leaves.
    pub state: String,
    /// Messages that waited.
    pub queued: u64,
    /// Messages that a phone was given, or was to be given.
    pub dispatched: u64,
    /// Reports of its phones about messages that the restored hub does not know.
    pub recovered: u64,
}

/// A held message. Its text is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldMessageShown {
    /// Its id.
    pub id: String,
    /// `queued` or `dispatched`, as the backup knew it.
    pub state: String,
    /// The recipient.
    pub to: String,
    /// When it was accepted.
    pub created_at: String,
    /// When it was to leave; null without a schedule.
    pub scheduled_at: Option<String>,
    /// When it was to expire; null without a deadline.
    pub expires_at: Option<String>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyShown {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account_id: String,
    /// Its dialect.
    pub dialect: String,
    /// Its name.
    pub name: String,
    /// The start of the secret.
    pub prefix: String,
    /// Device of its line.
    pub device_id: String,
    /// Slot of its line.
    pub slot: u8,
    /// Number of its line.
    pub number: String,
    /// When it was made.
    pub created_at: String,
    /// When it was revoked; null while it lives.
    pub revoked_at: Option<String>,
}
