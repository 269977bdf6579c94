//! Receivers of webhooks: what happened is told at least once, in order, the same each time, and nothing else is told.
//! Owns what each webhook was told; entries come in as they arrived, violations go out.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Status;
use crate::verdict::{Counts, Violation};

/// What a webhook was to be told of, and what it was.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    events: BTreeSet<String>,
    /// The body of each event, by its id.
    told: BTreeMap<String, String>,
    /// What was told of each message, in the order of first arrival.
    steps: BTreeMap<String, Vec<String>>,
    repeats: u64,
    found: Vec<Violation>,
}

impl Receiver {
    pub fn subscribed(&mut self, events: Vec<String>) {
        self.events.extend(events);
    }

    pub fn told(&mut self, webhook: &str, event_id: String, event: String, about: String, body: String) {
        let webhook = || webhook.to_owned();
        if let Some(before) = self.told.get(&event_id) {
            self.repeats += 1;
            if *before != body {
                self.found.push(Violation::RetoldDifferently { webhook: webhook(), event_id });
            }
            return;
        }
        if !self.events.contains(&event) {
            self.found.push(Violation::ToldUnasked { webhook: webhook(), event: event.clone() });
        }
        let steps = self.steps.entry(about.clone()).or_default();
        // A failure may be told again with a better reason; every other step is taken once.
        if event != "outbound.failed" && steps.contains(&event) {
            let (webhook, event, id) = (webhook(), event.clone(), about.clone());
            self.found.push(Violation::ToldTwice { webhook, event, id });
        }
        if steps.iter().any(|before| step(before) > step(&event)) {
            let (webhook, event) = (webhook(), event.clone());
            self.found.push(Violation::ToldOutOfOrder { webhook, event, id: about });
        }
        steps.push(event);
        self.told.insert(event_id, body);
    }

    /// `messages` are those that were seen, with their final state; `inbound` is how many texts are stored.
    pub fn judge(
        mut self,
        webhook: &str,
        settled: bool,
        messages: &BTreeMap<String, Status>,
        inbound: u64,
        counts: &mut Counts,
    ) -> Vec<Violation> {
        let mut found = std::mem::take(&mut self.found);
        counts.told += self.told.len() as u64;
        counts.told_again += self.repeats;
        let was_told = |id: &str, event: &str| {
            self.steps.get(id).is_some_and(|steps| steps.iter().any(|step| step == event))
        };
        for id in self.steps.keys().filter(|id| was_told(id, "outbound.delivered")) {
            if messages.get(id).is_some_and(|last| *last != Status::Delivered) {
                found.push(Violation::ToldUntruth { webhook: webhook.to_owned(), id: id.clone() });
            }
        }
        if !settled {
            return found;
        }
        for (id, last) in messages {
            let Some(event) = last_event(*last).filter(|event| self.events.contains(*event)) else {
                continue;
            };
            if !was_told(id, event) {
                found.push(Violation::NotTold { webhook: webhook.to_owned(), event, id: id.clone() });
            }
        }
        let texts = self.steps.keys().filter(|id| was_told(id, "inbound.received")).count() as u64;
        if self.events.contains("inbound.received") && texts != inbound {
            found.push(Violation::TextsNotTold { webhook: webhook.to_owned(), told: texts, stored: inbound });
        }
        found
    }
}

/// What a message in this state is told as at last.
fn last_event(status: Status) -> Option<&'static str> {
    match status {
        Status::Queued | Status::Dispatched => None,
        Status::Sent => Some("outbound.sent"),
        Status::Delivered => Some("outbound.delivered"),
        Status::Failed => Some("outbound.failed"),
    }
}

/// Steps that are never told after a higher one. A failure may turn out to have been sent, and a sent message to have
/// failed.
fn step(event: &str) -> u8 {
    match event {
        "outbound.queued" => 0,
        "outbound.dispatched" => 1,
        "outbound.delivered" => 3,
        _ => 2,
    }
}
