//! The customer's log, and the verdict of the independent ledger over all logs of a run.

use std::sync::Arc;

use android_bridge::witness::MemoryWitness;
use relay_domain::message::{Inbound, Outbound};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_domain::{DeviceId, MessageId, Timestamp};
use relay_ledger::{Ledger, Options, Verdict};
use serde_json::{Value, json};

/// Collects what the customer sees.
#[derive(Default)]
pub struct Judge {
    lines: Vec<String>,
    pub accepted: Vec<MessageId>,
}

impl Judge {
    fn line(&mut self, line: &Value) {
        self.lines.push(line.to_string());
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
        self.line(&json!({
            "log": "client", "kind": "observed", "id": message.id.to_string(),
            "device": message.device_id.to_string(), "status": status(message.state.rank),
            "dispatched_at_ns": message.dispatch.map(|dispatch| dispatch.at.nanos()),
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

    pub fn wiped(&mut self, device: DeviceId, at_ms: i64) {
        self.line(&json!({
            "log": "phone", "kind": "wiped", "phone": device.to_string(), "at_ms": at_ms,
        }));
    }

    pub fn settled(&mut self, at: Timestamp) {
        self.line(&json!({ "log": "client", "kind": "settled", "at_ms": at.millis() }));
    }

    pub fn verdict(self, witness: &Arc<MemoryWitness>) -> Verdict {
        let mut ledger = Ledger::new(Options::default());
        let seen: Vec<String> =
            witness.lines().iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        ledger.read_lines("phones", &seen);
        ledger.read_lines("client", &self.lines);
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
