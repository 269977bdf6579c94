//! Receivers of webhooks: what happened is told at least once, in order, the same each time, and nothing else is told.
//! Owns what each webhook was told; entries come in as they arrived, violations go out.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Status;
use crate::verdict::{Counts, Violation};

/// What a webhook was to be told of, and what it was.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    events: BTreeSet<String>,
    /// By event id, in the order of first arrival.
    told: Vec<Told>,
    repeats: u64,
    found: Vec<Violation>,
}

#[derive(Debug)]
struct Told {
    event_id: String,
    event: String,
    about: String,
    body: String,
}

impl Receiver {
    pub fn subscribed(&mut self, events: Vec<String>) {
        self.events.extend(events);
    }

    pub fn told(&mut self, webhook: &str, event_id: String, event: String, about: String, body: String) {
        let webhook = || webhook.to_owned();
        if let Some(before) = self.told.iter().find(|told| told.event_id == event_id) {
            self.repeats += 1;
            if before.body != body {
                self.found.push(Violation::RetoldDifferently { webhook: webhook(), event_id });
            }
            return;
        }
        if !self.events.contains(&event) {
            self.found.push(Violation::ToldUnasked { webhook: webhook(), event: event.clone() });
        }
        let of_this = || self.told.iter().filter(|told| told.about == about);
        // A failure may be told again with a better reason; every other step is taken once.
        if event != "outbound.failed" && of_this().any(|told| told.event == event) {
            self.found.push(Violation::ToldTwice {
                webhook: webhook(),
                event: event.clone(),
                id: about.clone(),
            });
        }
        if of_this().any(|told| step(&told.event) > step(&event)) {
            let id = about.clone();
            self.found.push(Violation::ToldOutOfOrder { webhook: webhook(), event: event.clone(), id });
        }
        self.told.push(Told { event_id, event, about, body });
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
        let was_told =
            |id: &str, event: &str| self.told.iter().any(|told| told.about == id && told.event == event);
        for told in &self.told {
            let delivered = messages.get(&told.about).is_none_or(|last| *last == Status::Delivered);
            if told.event == "outbound.delivered" && !delivered {
                found.push(Violation::ToldUntruth { webhook: webhook.to_owned(), id: told.about.clone() });
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
        let texts = self.told.iter().filter(|told| told.event == "inbound.received").count() as u64;
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
