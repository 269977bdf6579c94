//! The customer's log, and the verdict of the independent ledger over all logs of a run.

use std::collections::BTreeSet;
use std::sync::Arc;

use android_bridge::witness::MemoryWitness;
use relay_domain::message::{Inbound, Outbound};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_domain::{DeviceId, MessageId, NoticeId, Timestamp, WebhookId};
use relay_ledger::{Ledger, Options, Verdict};
use serde_json::{Value, json};

/// Collects what the customer sees.
#[derive(Default)]
pub struct Judge {
    lines: Vec<Noted>,
    noted: usize,
    pub accepted: Vec<MessageId>,
    /// Messages that a restore took away.
    pub lost: usize,
    pub clock_was_set: bool,
    /// Devices whose phone was taken the place of while it ran: what it knew is nobody's.
    pub left: BTreeSet<DeviceId>,
}

/// A line, and whether it is the hub's word: a restore takes back what the hub said since the backup.
struct Noted {
    line: String,
    number: usize,
    hubs_word: bool,
}

/// How much was said when a backup was made.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    lines: usize,
    accepted: usize,
}

impl Judge {
    fn line(&mut self, line: &Value) {
        let hubs_word = matches!(line["kind"].as_str(), Some("accepted" | "observed" | "told"));
        self.noted += 1;
        self.lines.push(Noted { line: line.to_string(), number: self.noted, hubs_word });
    }

    /// How much was said up to now.
    pub fn said(&self) -> Said {
        Said { lines: self.noted, accepted: self.accepted.len() }
    }

    /// The hub was set back: it has lost what it accepted since, and says so. What radios saw stands.
    pub fn set_back(&mut self, said: Said) {
        self.lost += self.accepted.len() - said.accepted;
        self.accepted.truncate(said.accepted);
        self.lines.retain(|noted| noted.number <= said.lines || !noted.hubs_word);
    }

    /// The hub's clock was set: instants of before and after do not compare, and buckets go by them.
    pub fn clock_set(&mut self) {
        self.clock_was_set = true;
        self.lines.retain(|noted| !noted.line.contains(r#""kind":"plan""#));
    }

    pub fn plan(&mut self, device: DeviceId, quota: Quota, at: Timestamp) {
        self.line(&json!({
            "log": "client", "kind": "plan", "device": device.to_string(), "burst": quota.burst.get(),
            "refill_per_minute": quota.refill_per_minute.get(), "at_ms": at.millis(),
        }));
    }

    pub fn accepted(&mut self, message: &Outbound, at: Timestamp) {
        self.accepted.push(message.id);
        self.line(&json!({
            "log": "client", "kind": "accepted", "id": message.id.to_string(),
            "device": message.device_id.to_string(), "to": message.recipient, "at_ms": at.millis(),
        }));
        self.observed(message, at);
    }

    pub fn observed(&mut self, message: &Outbound, at: Timestamp) {
        // What the hub learnt from the phone took its token in a commit that a restore took away.
        let dispatched = message.dispatch.filter(|dispatch| dispatch.down_seq > 0);
        self.line(&json!({
            "log": "client", "kind": "observed", "id": message.id.to_string(),
            "device": message.device_id.to_string(), "status": status(message.state.rank),
            "dispatched_at_ns": dispatched.map(|dispatch| dispatch.at.nanos()),
            "failure_stage": stage(message.state.rank), "uncertain": message.state.is_uncertain(),
            "at_ms": at.millis(),
        }));
    }

    pub fn inbound(&mut self, message: &Inbound) {
        self.line(&json!({
            "log": "client", "kind": "inbound", "id": message.id.to_string(),
            "device": message.device_id.to_string(), "from": message.sender, "body": message.body,
        }));
    }

    pub fn subscribed(&mut self, webhook: WebhookId, events: &[&str]) {
        self.line(&json!({
            "log": "receiver", "kind": "subscribed", "webhook": webhook.to_string(), "events": events,
        }));
    }

    /// A receiver took a post.
    pub fn told(&mut self, webhook: WebhookId, event_id: NoticeId, body: &[u8]) {
        let told: Value = serde_json::from_slice(body).unwrap();
        self.line(&json!({
            "log": "receiver", "kind": "told", "webhook": webhook.to_string(), "event_id": event_id.to_string(),
            "event": told["event"], "about": told["data"]["id"], "body": std::str::from_utf8(body).unwrap(),
        }));
    }

    pub fn wiped(&mut self, device: DeviceId, at_ms: i64) {
        self.line(&json!({
            "log": "phone", "kind": "wiped", "phone": device.to_string(), "at_ms": at_ms,
        }));
    }

    pub fn settled(&mut self, at: Timestamp) {
        self.line(&json!({ "log": "client", "kind": "settled", "at_ms": at.millis() }));
    }

    pub fn verdict(self, witness: &Arc<MemoryWitness>) -> Verdict {
        let left_devices = self.left.iter().map(DeviceId::to_string).collect();
        let options = Options { every_arrival_counts: true, left_devices, ..Options::default() };
        let mut ledger = Ledger::new(options);
        let seen: Vec<String> =
            witness.lines().iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        ledger.read_lines("phones", &seen);
        ledger.read_lines("client", self.lines.iter().map(|noted| &noted.line));
        ledger.judge()
    }
}

fn status(rank: Rank) -> &'static str {
    match rank {
        Rank::Queued => "QUEUED",
        Rank::Dispatched => "DISPATCHED",
        Rank::Sent => "SENT",
        Rank::Delivered => "DELIVERED",
        _ => "FAILED",
    }
}

fn stage(rank: Rank) -> Option<&'static str> {
    match rank {
        Rank::FailedUnknown => Some("unknown"),
        Rank::Expired => Some("expired"),
        Rank::Canceled => Some("canceled"),
        Rank::FailedHub => Some("hub"),
        Rank::FailedRadio => Some("radio"),
        Rank::FailedReceipt => Some("receipt"),
        Rank::Queued | Rank::Dispatched | Rank::Sent | Rank::Delivered => None,
    }
}
