//! What can be asked.

use serde::{Deserialize, Serialize};

/// The numbers of an enterprise plan; what is not given is the plan's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanNumbers {
    /// Messages at once.
    pub burst: Option<u32>,
    /// Messages added back each minute.
    pub refill_per_minute: Option<u32>,
    /// Messages a month.
    pub monthly_cap: Option<u32>,
}

/// A verb with what it needs. Accounts, devices and keys are named by id, by name, or by the start of an id, as
/// long as that is one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// Makes an account.
    AccountCreate {
        /// Its name.
        name: String,
        /// `free`, `starter`, `pro` or `enterprise`.
        plan: String,
        /// Enterprise only.
        #[serde(default)]
        numbers: PlanNumbers,
        /// In whose calendar its months are counted: an IANA name; UTC without it.
        #[serde(default)]
        zone: Option<String>,
    },
    /// Lists accounts.
    AccountList,
    /// Shows what accounts were accepted, month by month.
    AccountUsage {
        /// Which; all without it.
        account: Option<String>,
    },
    /// Changes an account's plan, its calendar, or whether it may send to short codes.
    AccountSet {
        /// Which account.
        account: String,
        /// `free`, `starter`, `pro` or `enterprise`; unchanged without it.
        plan: Option<String>,
        /// Enterprise only.
        #[serde(default)]
        numbers: PlanNumbers,
        /// An IANA name; unchanged without it.
        zone: Option<String>,
        /// Whether it may send to short codes; unchanged without it.
        #[serde(default)]
        short_codes: Option<bool>,
    },
    /// Gives a device a quota of its own; its account's again where neither number is given.
    DeviceQuotaSet {
        /// Which device.
        device: String,
        /// Messages at once.
        burst: Option<u32>,
        /// Messages added back each minute.
        refill_per_minute: Option<u32>,
    },
    /// Issues a pairing code for a new device.
    DevicePairNew {
        /// Whose; not needed while there is only one account.
        account: Option<String>,
        /// Name of the device.
        name: String,
    },
    /// Issues a pairing code for a device that exists.
    DevicePairAgain {
        /// Which.
        device: String,
    },
    /// Lists devices.
    DeviceList {
        /// Whose; everyone's without it.
        account: Option<String>,
        /// The deleted ones too.
        #[serde(default)]
        all: bool,
    },
    /// Tells the number of the SIM in a slot.
    SimSet {
        /// Which device.
        device: String,
        /// Which slot.
        slot: u8,
        /// The number.
        number: String,
    },
    /// Asks a phone to read its SIMs anew.
    SimRefresh {
        /// Which device.
        device: String,
    },
    /// Revokes a device.
    DeviceRevoke {
        /// Which.
        device: String,
    },
    /// Unpairs a device: its phone still tells what it knows, then its token dies.
    DeviceUnpair {
        /// Which.
        device: String,
        /// How long its phone may take to come and tell.
        within_ms: u64,
    },
    /// Drains a device's phone; asked again when that is done, issues the code for the one that takes its place.
    DeviceReplace {
        /// Which.
        device: String,
    },
    /// Keeps a device's phone after all: it is not drained any more.
    DeviceKeep {
        /// Which.
        device: String,
    },
    /// Deletes a device that is not paired, and revokes its keys.
    DeviceDelete {
        /// Which.
        device: String,
    },
    /// Makes a key.
    KeyCreate {
        /// Device of its line.
        device: String,
        /// Slot of its line.
        slot: u8,
        /// Its name.
        name: String,
    },
    /// Lists keys.
    KeyList {
        /// Whose; everyone's without it.
        account: Option<String>,
    },
    /// Revokes a key.
    KeyRevoke {
        /// Which.
        key: String,
    },
    /// Lists the devices whose messages are held since the hub was restored.
    HeldList,
    /// Shows the held messages of a device.
    HeldShow {
        /// Which.
        device: String,
    },
    /// Lets the held messages of a device leave.
    HeldRelease {
        /// Which.
        device: String,
    },
    /// Makes the held messages of a device uncertain: nobody sends them any more.
    HeldGiveUp {
        /// Which.
        device: String,
    },
    /// Makes a webhook.
    WebhookCreate {
        /// Whose; not needed while there is only one account.
        account: Option<String>,
        /// Where events are posted.
        url: String,
        /// Which, as `inbound.received`.
        events: Vec<String>,
        /// Whether texts that were received go along.
        #[serde(default)]
        include_body: bool,
    },
    /// Lists webhooks.
    WebhookList {
        /// Whose; everyone's without it.
        account: Option<String>,
    },
    /// Shows a webhook.
    WebhookShow {
        /// Which.
        webhook: String,
    },
    /// Changes where a webhook is posted to and what it is told; what is not given stays.
    WebhookSet {
        /// Which.
        webhook: String,
        /// Where.
        url: Option<String>,
        /// Which events.
        events: Option<Vec<String>>,
        /// Whether texts that were received go along.
        include_body: Option<bool>,
    },
    /// Makes a webhook another secret, which signs beside the present one and takes over later.
    WebhookRotate {
        /// Which.
        webhook: String,
    },
    /// Lets a webhook's new secret take over now.
    WebhookPromote {
        /// Which.
        webhook: String,
    },
    /// Posts an event that means nothing.
    WebhookTest {
        /// To which webhook.
        webhook: String,
    },
    /// Posts an event once more.
    WebhookReplay {
        /// Which, by its id.
        event: String,
    },
    /// Posts every event of a webhook once more that was given up.
    WebhookReplayFailed {
        /// Of which webhook.
        webhook: String,
        /// None that is older: RFC 3339.
        since: String,
    },
    /// Posts nothing to a webhook for now; its events wait.
    WebhookPause {
        /// Which.
        webhook: String,
    },
    /// Posts to a webhook again, also to one whose endpoint answered 410.
    WebhookResume {
        /// Which.
        webhook: String,
    },
    /// Deletes a webhook; what waits for it is given up.
    WebhookDelete {
        /// Which.
        webhook: String,
    },
    /// Shows what was tried.
    WebhookAttempts {
        /// For which webhook.
        webhook: String,
        /// Only this event.
        event: Option<String>,
        /// Attempts at most.
        limit: u16,
    },
}
