//! What the radio and the carrier answer, and what follows when they do not.
//!
//! Once the radio was touched a message is never submitted again, with one exception: while it is not yet
//! uncertain, and every part came back with a code that says it never left the phone.

use device_protocol::{
    Event,
    event::{Delivered, FailStage, Failed, Sent, Uncertain},
};
use uuid::Uuid;

use super::{Engine, at};
use crate::{
    book::Phase,
    clock::Now,
    journal::Record,
    radio::{Failure, PartAnswer, ReceiptOutcome},
};

/// How long the line rests after the radio gave a message back; doubled with each in a row.
const REST_MS: u64 = 10_000;
/// Longest rest: a radio that is back is used within five minutes.
const MAX_REST_MS: u64 = 300_000;
/// Below this a hub's setting would report messages uncertain that the radio is still working on.
const LEAST_ANSWER_TIMEOUT_MS: u64 = 1_000;
/// Bounds on text that comes from outside, so that an event always fits a frame.
const MAX_CODE_CHARS: usize = 64;
const MAX_REASON_CHARS: usize = 500;

/// What the answers to an attempt add up to.
enum Verdict {
    Incomplete,
    Sent,
    Failed(Failure),
    NeverLeft(Failure),
}

impl Engine {
    pub(super) fn radio_answer(&mut self, id: Uuid, attempt: u32, part: u16, answer: PartAnswer, now: Now) {
        let Some(entry) = self.book.messages.get(&id) else { return };
        let slot = usize::from(part);
        let open = matches!(entry.phase, Phase::AtRadio | Phase::Uncertain);
        // An answer to an attempt that was given back, or a second answer to one part, says nothing new.
        if !open || entry.attempt != attempt || entry.answers.get(slot).is_none_or(Option::is_some) {
            return;
        }
        let uncertain = entry.phase == Phase::Uncertain;
        let answer = answer.map_err(bounded);
        let mut answers = entry.answers.clone();
        answers[slot] = Some(answer.clone());
        if answers.len() > 1 {
            self.record_durably(Record::PartAnswered { id, part, answer });
        }
        match verdict(&answers) {
            Verdict::Incomplete => {}
            Verdict::Sent => self.sent(id, answers.len(), now),
            Verdict::NeverLeft(_) if !uncertain => self.put_back(id, now),
            Verdict::Failed(failure) | Verdict::NeverLeft(failure) => {
                self.put_backs = 0;
                self.failed(id, FailStage::Radio, failure, now);
            }
        }
    }

    fn sent(&mut self, id: Uuid, parts: usize, now: Now) {
        self.put_backs = 0;
        let taken = self.book.messages.get(&id).map(|entry| entry.taken);
        let parts = u16::try_from(parts).unwrap_or(u16::MAX);
        self.fact(Event::Sent(Sent { id, at: at(now), accepted: taken.map(at), parts }), now, taken);
    }

    fn failed(&mut self, id: Uuid, stage: FailStage, failure: Failure, now: Now) {
        let Failure { code, class, reason } = failure;
        self.fact(Event::Failed(Failed { id, at: at(now), stage, class, code, reason }), now, None);
    }

    fn put_back(&mut self, id: Uuid, now: Now) {
        let rest = REST_MS.saturating_mul(1 << self.put_backs.min(10)).min(MAX_REST_MS);
        self.put_backs = self.put_backs.saturating_add(1);
        self.paused_until_ms = self.paused_until_ms.max(now.mono_ms.saturating_add(rest));
        self.record_durably(Record::PutBack { id });
    }

    pub(super) fn receipt(&mut self, id: Uuid, part: u16, receipt: ReceiptOutcome, now: Now) {
        let Some(entry) = self.book.messages.get(&id) else { return };
        let slot = usize::from(part);
        // Only a message that was handed to the radio has receipts to come.
        if entry.receipts.get(slot).is_none_or(Option::is_some) {
            return;
        }
        let receipt = match receipt {
            ReceiptOutcome::Delivered => ReceiptOutcome::Delivered,
            ReceiptOutcome::Failed(failure) => ReceiptOutcome::Failed(bounded(failure)),
        };
        let first_failure =
            !entry.receipts.iter().flatten().any(|one| matches!(one, ReceiptOutcome::Failed(_)));
        let mut receipts = entry.receipts.clone();
        receipts[slot] = Some(receipt.clone());
        self.record_durably(Record::PartReceipt { id, part, receipt: receipt.clone() });
        match receipt {
            ReceiptOutcome::Failed(failure) if first_failure => {
                self.failed(id, FailStage::Receipt, failure, now);
            }
            ReceiptOutcome::Failed(_) => {}
            ReceiptOutcome::Delivered => {
                if receipts.iter().all(|one| matches!(one, Some(ReceiptOutcome::Delivered))) {
                    self.fact(Event::Delivered(Delivered { id, at: at(now) }), now, None);
                }
            }
        }
    }

    /// Reports what the radio has not answered for too long.
    pub(super) fn radio_timeouts(&mut self, now: Now) {
        let limit = self.answer_timeout_ms();
        let silent: Vec<Uuid> = self
            .book
            .at_radio
            .iter()
            .filter(|id| {
                let submitted = self.book.messages.get(*id).and_then(|entry| entry.submitted);
                submitted.and_then(|at| now.since(at)).is_some_and(|age| age >= limit)
            })
            .copied()
            .collect();
        for id in silent {
            self.uncertain(id, "The radio did not answer", now);
        }
    }

    /// A process that starts cannot know what the radio made of what the last one was submitting.
    pub(super) fn give_up_on_the_last_process(&mut self, now: Now) {
        let left: Vec<Uuid> = self.book.at_radio.iter().copied().collect();
        for id in left {
            self.uncertain(id, "The phone restarted before the radio answered", now);
        }
    }

    fn uncertain(&mut self, id: Uuid, reason: &str, now: Now) {
        self.fact(Event::Uncertain(Uncertain { id, at: at(now), reason: reason.into() }), now, None);
    }

    pub(super) fn answer_timeout_ms(&self) -> u64 {
        self.settings().radio_answer_timeout_ms.max(LEAST_ANSWER_TIMEOUT_MS)
    }
}

fn verdict(answers: &[Option<PartAnswer>]) -> Verdict {
    let failures = || answers.iter().flatten().filter_map(|answer| answer.as_ref().err());
    let Some(first) = failures().next() else {
        let all = answers.iter().all(Option::is_some);
        return if all { Verdict::Sent } else { Verdict::Incomplete };
    };
    // One part that left, or may have left, makes the whole message final: the rest must never be repeated.
    let taken = answers.iter().flatten().any(Result::is_ok);
    match failures().find(|failure| !failure.never_left()) {
        Some(finally) => Verdict::Failed(finally.clone()),
        None if taken => Verdict::Failed(first.clone()),
        None if answers.iter().all(Option::is_some) => Verdict::NeverLeft(first.clone()),
        None => Verdict::Incomplete,
    }
}

fn bounded(failure: Failure) -> Failure {
    Failure {
        code: failure.code.chars().take(MAX_CODE_CHARS).collect(),
        class: failure.class,
        reason: failure.reason.chars().take(MAX_REASON_CHARS).collect(),
    }
}
