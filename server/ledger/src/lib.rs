//! An independent judge over what clients, radios, carriers, phones and receivers of webhooks logged.
//!
//! It owns the promises as an outsider sees them: nothing lost, nothing sent twice, no untruth, no bucket
//! overrun. It must know nothing of how hub and phone keep them, so it shares no code with either. Log lines
//! (NDJSON) come in from files or iterators; a [`Verdict`] goes out.
//!
//! ```
//! use relay_ledger::{Ledger, Options};
//!
//! let mut ledger = Ledger::new(Options::default());
//! ledger.alias("phone 1", "device-a"); // only where the logs name a phone otherwise than the hub does
//! ledger.read_lines("client", [r#"{"log":"client","kind":"settled","at_ms":1}"#]);
//! let verdict = ledger.judge();
//! assert!(verdict.is_clean(), "{verdict}");
//! ```
#![warn(missing_docs)]

mod bucket;
mod entry;
mod inbound;
mod outbound;
mod read;
mod receivers;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

pub use read::ReadError;
pub use verdict::{Counts, Verdict, Violation};

use bucket::Plan;
use entry::{Carrier, Client, Entry, Hub, Phone, Radio, Status};
use inbound::Inbox;
use outbound::{Fate, Message, Restore, Submit};
use receivers::Receiver;

/// What a run allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// A message that no client was told of is a violation. Without it such a message is only counted: the
    /// hub may have died between its commit and its 202.
    pub strict: bool,
    /// Devices that are offline at the end: their messages may still wait, and what they promised to upload
    /// may still be on them.
    pub offline_devices: BTreeSet<String>,
    /// Phones sweep their inboxes: a text that arrived is a promise from then on, and is finally there exactly once.
    /// Neither a missing `inbound` line nor a destroyed journal excuses its loss. Without it a text is promised by
    /// its `inbound` line.
    pub every_arrival_counts: bool,
    /// Devices whose phone was revoked or left for good: what it held and had not told went with it.
    pub left_devices: BTreeSet<String>,
}

/// Reads logs and judges them. Lines count in the order in which they are read; logs of different kinds may
/// be read one after the other. A restore of the hub excuses what it forgot, and is to be read first.
#[derive(Debug, Default)]
pub struct Ledger {
    options: Options,
    aliases: BTreeMap<String, String>,
    messages: BTreeMap<String, Message>,
    inbox: Inbox,
    receivers: BTreeMap<String, Receiver>,
    plans: BTreeMap<String, Vec<Plan>>,
    /// Last wipe by phone and by device.
    wiped: BTreeMap<String, i64>,
    restores: Vec<Restore>,
    settled: bool,
    malformed: Vec<Violation>,
    lines: u64,
    torn: u64,
}

impl Ledger {
    /// A judge that has read nothing.
    pub fn new(options: Options) -> Ledger {
        Ledger { options, ..Ledger::default() }
    }

    /// The logs of radios, carriers and phones call this device's phone `phone`. Say so before reading them;
    /// a phone without an alias is named by the id of its device.
    pub fn alias(&mut self, phone: impl Into<String>, device: impl Into<String>) {
        self.aliases.insert(phone.into(), device.into());
    }

    fn device_of(&self, phone: &str) -> String {
        self.aliases.get(phone).map_or(phone, String::as_str).to_owned()
    }

    fn message(&mut self, id: &str) -> &mut Message {
        self.messages.entry(id.to_owned()).or_default()
    }

    /// Takes one entry; says what is wrong with one that contradicts itself.
    fn enter(&mut self, entry: Entry) -> Result<(), &'static str> {
        match entry {
            Entry::Client(Client::Accepted { id, device, to, at_ms }) => {
                self.message(&id).accepted(&id, device, to, at_ms);
            }
            Entry::Client(Client::Observed(observed)) => {
                let rank = observed.rank().ok_or("FAILED without its `failure_stage`")?;
                let id = observed.id.clone();
                let message = self.messages.entry(id.clone()).or_default();
                message.observed(&id, observed, rank, &self.restores);
            }
            Entry::Client(Client::Inbound { device, from, body }) => self.inbox.stored(device, from, body),
            Entry::Client(Client::Plan { device, burst, refill_per_minute, at_ms }) => {
                self.plans.entry(device).or_default().push(Plan { burst, refill_per_minute, at_ms });
            }
            Entry::Client(Client::Settled {}) => self.settled = true,
            Entry::Radio(Radio::Submit { phone, journal, id, to, at_ms }) => {
                let device = self.device_of(&phone);
                self.message(&id).submitted(&id, Submit { phone, device, journal, to, at_ms });
            }
            Entry::Radio(Radio::Answer { id, outcome }) => self.message(&id).answered(&id, &outcome),
            Entry::Carrier(Carrier::Delivered { id }) => self.message(&id).carried(Fate::Delivered),
            Entry::Carrier(Carrier::ReceiptLost { id }) => self.message(&id).carried(Fate::ReceiptLost),
            Entry::Carrier(Carrier::ReceiptFailed { id }) => self.message(&id).carried(Fate::ReceiptFailed),
            Entry::Carrier(Carrier::Arrived { phone, from, body }) => {
                let device = self.device_of(&phone);
                self.inbox.arrived(device, from, body);
            }
            Entry::Carrier(Carrier::Inbound { phone, from, body, at_ms }) => {
                let device = self.device_of(&phone);
                self.inbox.promised(device, from, body, at_ms);
            }
            Entry::Hub(Hub::Restored { made_at_ms, at_ms }) => {
                self.restores.push(Restore { made_at_ms, at_ms })
            }
            Entry::Receiver(entry::Receiver::Subscribed { webhook, events }) => {
                self.receivers.entry(webhook).or_default().subscribed(events);
            }
            Entry::Receiver(entry::Receiver::Told { webhook, event_id, event, about, body }) => {
                let receiver = self.receivers.entry(webhook.clone()).or_default();
                receiver.told(&webhook, event_id, event, about, body);
            }
            Entry::Phone(Phone::Wiped { phone, at_ms }) => {
                for name in [self.device_of(&phone), phone] {
                    let last = self.wiped.entry(name).or_insert(at_ms);
                    *last = at_ms.max(*last);
                }
            }
        }
        Ok(())
    }

    /// The judgement of everything read.
    pub fn judge(self) -> Verdict {
        let Ledger {
            options,
            messages,
            inbox,
            receivers,
            plans,
            wiped,
            restores,
            settled,
            malformed,
            lines,
            torn,
            ..
        } = self;
        let mut counts = Counts { lines, torn, ..Counts::default() };
        let mut violations = malformed;
        let wiped_at_ms = |name: &str| wiped.get(name).copied();

        let last: BTreeMap<String, Status> =
            messages.iter().filter_map(|(id, message)| Some((id.clone(), message.last_seen()?))).collect();
        let mut dispatches: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (id, message) in messages {
            if let Some((device, at_ns)) = message.dispatch() {
                dispatches.entry(device.to_owned()).or_default().push(at_ns);
            }
            violations.extend(message.judge(&id, settled, &options, &restores, wiped_at_ms, &mut counts));
        }
        for (device, plans) in plans {
            let instants = dispatches.remove(&device).unwrap_or_default();
            counts.dispatches += instants.len() as u64;
            violations.extend(
                bucket::overruns(plans, instants)
                    .into_iter()
                    .map(|at_ns| Violation::BucketOverrun { device: device.clone(), at_ns }),
            );
        }
        violations.extend(inbox.judge(&options, wiped_at_ms, &mut counts));
        for (webhook, receiver) in receivers {
            let stored = counts.inbound_stored;
            violations.extend(receiver.judge(&webhook, settled, &last, stored, &mut counts));
        }
        Verdict { counts, violations }
    }
}
