//! Outbound messages: accepted is durable, never sent twice, and the state tells the truth. Owns what is known
//! of each message; knows nothing of buckets and inbound. Entries come in by id, violations go out.

use crate::Options;
use crate::entry::{Observed, Stage, Status, rank_name};
use crate::verdict::{Counts, Violation};

/// Answers that say the message never left the phone: it may be submitted again.
const PUT_BACK: [&str; 3] = ["limit_exceeded", "radio_off", "no_service"];
const OK: &str = "ok";

/// What a radio was asked.
#[derive(Debug)]
pub(crate) struct Submit {
    pub phone: String,
    /// The device that the phone is paired as.
    pub device: String,
    pub journal: String,
    pub to: String,
    pub at_ms: i64,
}

/// What the carrier did with the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    ReceiptLost,
    ReceiptFailed,
}

/// A hub that was put back to an older copy. What it answered and showed in between it may have forgotten; what a radio
/// was asked stays asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restore {
    pub made_at_ms: i64,
    pub at_ms: i64,
}

impl Restore {
    /// Whether something that was known at `at_ms` may be forgotten.
    fn forgets(self, at_ms: i64) -> bool {
        (self.made_at_ms..=self.at_ms).contains(&at_ms)
    }

    /// Whether two looks are on its two sides.
    fn parts(self, before_ms: i64, after_ms: i64) -> bool {
        before_ms <= self.at_ms && self.at_ms < after_ms
    }
}

/// Everything known of one message. Violations of order are found as the lines come, the others at the end.
#[derive(Debug, Default)]
pub(crate) struct Message {
    accepted: Option<(String, String)>,
    accepted_at_ms: i64,
    last: Option<(Observed, u8)>,
    dispatched_at_ns: Option<i64>,
    submits: Vec<Submit>,
    /// Since the last submit.
    put_back: bool,
    answered_ok: bool,
    fates: Vec<Fate>,
    found: Vec<Violation>,
}

impl Message {
    pub fn accepted(&mut self, id: &str, device: String, to: String, at_ms: i64) {
        if self.accepted.is_none() {
            self.accepted_at_ms = at_ms;
        }
        // A replay of an idempotent request is the same 202 again.
        if self.accepted.get_or_insert((device.clone(), to.clone())) != &(device, to) {
            self.found.push(Violation::AcceptedDifferently { id: id.to_owned() });
        }
    }

    pub fn observed(&mut self, id: &str, observed: Observed, rank: u8, restores: &[Restore]) {
        let before_ms = self.last.as_ref().map_or(observed.at_ms, |(before, _)| before.at_ms);
        if restores.iter().any(|restore| restore.parts(before_ms, observed.at_ms)) {
            // The hub tells anew what it knows since.
            (self.last, self.dispatched_at_ns) = (None, None);
        }
        if let Some((_, before)) = &self.last
            && rank < *before
        {
            let (from, to) = (rank_name(*before), rank_name(rank));
            self.found.push(Violation::StateFell { id: id.to_owned(), from, to });
        }
        if let Some(at_ns) = observed.dispatched_at_ns
            && *self.dispatched_at_ns.get_or_insert(at_ns) != at_ns
        {
            self.found.push(Violation::DispatchMoved { id: id.to_owned() });
        }
        self.last = Some((observed, rank));
    }

    pub fn submitted(&mut self, id: &str, submit: Submit) {
        if let Some(before) = self.submits.last() {
            let id = || id.to_owned();
            if !self.put_back || self.answered_ok {
                self.found.push(Violation::SentTwice { id: id(), phone: submit.phone.clone() });
            }
            if before.phone != submit.phone {
                self.found.push(Violation::TwoPhones { id: id() });
            }
            if before.journal != submit.journal {
                self.found.push(Violation::TwoJournals { id: id() });
            }
            if before.to != submit.to {
                self.found.push(Violation::WrongRecipient { id: id() });
            }
        }
        self.put_back = false;
        self.submits.push(submit);
    }

    pub fn answered(&mut self, id: &str, outcome: &str) {
        if self.submits.is_empty() {
            self.found.push(Violation::AnswerWithoutSubmit { id: id.to_owned() });
        }
        self.answered_ok |= outcome == OK;
        self.put_back = PUT_BACK.contains(&outcome);
    }

    pub fn carried(&mut self, fate: Fate) {
        self.fates.push(fate);
    }

    /// The last state that the client saw.
    pub fn last_seen(&self) -> Option<Status> {
        self.last.as_ref().map(|(observed, _)| observed.status)
    }

    /// When and for which device it was dispatched, as far as the client saw.
    pub fn dispatch(&self) -> Option<(&str, i64)> {
        let (observed, _) = self.last.as_ref()?;
        Some((&observed.device, self.dispatched_at_ns?))
    }

    /// `wiped_at_ms` tells when a phone's journal was last destroyed.
    pub fn judge(
        mut self,
        id: &str,
        settled: bool,
        options: &Options,
        restores: &[Restore],
        wiped_at_ms: impl Fn(&str) -> Option<i64>,
        counts: &mut Counts,
    ) -> Vec<Violation> {
        let mut found = std::mem::take(&mut self.found);
        let id = || id.to_owned();
        counts.submits += self.submits.len() as u64;
        let forgotten = restores.iter().any(|restore| restore.forgets(self.accepted_at_ms));
        // Nobody saw it after the restore that may have taken it away.
        let shown = |at_ms| restores.iter().all(|restore| at_ms > restore.at_ms);
        if forgotten && self.last.as_ref().is_some_and(|(last, _)| !shown(last.at_ms)) {
            self.last = None;
        }
        match &self.accepted {
            None if options.strict => found.push(Violation::NeverAccepted { id: id() }),
            None => counts.unconfirmed += 1,
            Some((device, to)) => {
                counts.accepted += 1;
                match self.last {
                    None if forgotten => counts.forgotten += 1,
                    None => found.push(Violation::Lost { id: id() }),
                    Some(_) => {}
                }
                if self.submits.first().is_some_and(|submit| submit.to != *to) {
                    found.push(Violation::WrongRecipient { id: id() });
                }
                if let Some(submit) = self.submits.iter().find(|submit| submit.device != *device) {
                    let (device, phone) = (device.clone(), submit.phone.clone());
                    found.push(Violation::WrongDevice { id: id(), device, phone });
                }
            }
        }
        if let Some((observed, rank)) = &self.last {
            let state = rank_name(*rank);
            if self.is_untrue(observed) {
                found.push(match observed.status {
                    Status::Delivered => Violation::NotDelivered { id: id() },
                    Status::Sent => Violation::NotSent { id: id() },
                    _ => Violation::NotFailed { id: id(), state },
                });
            }
            let offline = options.offline_devices.contains(&observed.device);
            if settled && !offline && self.is_pending(observed, wiped_at_ms) {
                found.push(Violation::Pending { id: id(), state });
            }
            *match observed.status {
                Status::Delivered => &mut counts.delivered,
                Status::Sent => &mut counts.sent,
                Status::Failed => &mut counts.failed,
                _ if observed.uncertain => &mut counts.uncertain,
                _ => &mut counts.pending,
            } += 1;
        }
        found
    }

    /// Whether the final state claims what did not happen.
    fn is_untrue(&self, last: &Observed) -> bool {
        // What the carrier had, the radio had taken, even if its answer never came.
        let left_the_phone = self.answered_ok || !self.fates.is_empty();
        match (last.status, last.failure_stage) {
            (Status::Delivered, _) => !self.fates.contains(&Fate::Delivered),
            (Status::Sent, _) => !left_the_phone,
            (Status::Failed, Some(Stage::Receipt)) => !self.fates.contains(&Fate::ReceiptFailed),
            (Status::Failed, Some(Stage::Unknown)) => false,
            (Status::Failed, _) => self.answered_ok,
            (Status::Queued | Status::Dispatched, _) => false,
        }
    }

    /// Whether something is still to come for the final state.
    fn is_pending(&self, last: &Observed, wiped_at_ms: impl Fn(&str) -> Option<i64>) -> bool {
        match last.status {
            Status::Queued => true,
            Status::Dispatched => !last.uncertain,
            Status::Delivered | Status::Failed => false,
            Status::Sent => {
                // A receipt that came to a destroyed journal resolves nothing any more.
                let wiped = self
                    .submits
                    .iter()
                    .any(|submit| wiped_at_ms(&submit.phone).is_some_and(|wiped| submit.at_ms <= wiped));
                let receipt = self.fates.iter().any(|fate| *fate != Fate::ReceiptLost);
                receipt && !wiped
            }
        }
    }
}
