//! What each record means.

use device_protocol::Event;
use uuid::Uuid;

use super::{Book, CommandDone, Departure, Entry, KeptFact, LastFact, MAX_WINDOW, Mark, Phase, Via};
use crate::{clock::Now, journal::Record, radio::ReceiptOutcome};

impl Book {
    /// Takes in one record.
    pub fn apply(&mut self, record: Record) {
        match record {
            // A second first record cannot be written; were it read, the book in hand is the truth.
            Record::Born { .. } | Record::Front(_) => {}
            Record::Welcomed { incarnation, epoch, acked, settings } => {
                self.front.virgin = false;
                self.front.incarnation = incarnation;
                self.front.epoch = epoch;
                self.front.acked = acked.min(self.front.head);
                self.front.settings = settings;
            }
            Record::Taken { send, at } => {
                self.front.down = self.front.down.max(send.down_seq);
                self.enter(send.id, Entry::taken(send, at));
            }
            Record::Down { down } => self.front.down = self.front.down.max(down),
            Record::Submitting { id, attempt, at } => self.submitting(id, attempt, at),
            Record::PartAnswered { id, part, answer } => {
                if let Some(slot) =
                    self.messages.get_mut(&id).and_then(|e| e.answers.get_mut(usize::from(part)))
                {
                    *slot = Some(answer);
                }
            }
            Record::PutBack { id } => self.shift(id, Phase::Waiting),
            Record::PartReceipt { id, part, receipt } => self.receipt(id, part, receipt),
            Record::Fact(fact) => self.fact_happened(fact),
            Record::Acked { up } => self.front.acked = self.front.acked.max(up.min(self.front.head)),
            Record::Commanded { id, outcome, at } => {
                self.commands.insert(id, CommandDone { outcome, at });
            }
            Record::Retired => self.front.retired = true,
            Record::Entry { id, entry } => self.enter(id, *entry),
            Record::Claimed { number } => {
                if let Some(mark) = self.marks.get_mut(&number) {
                    mark.via = Via::Claimed;
                }
            }
            Record::RowTime { number, wall_ms } => {
                if let Some(mark) = self.marks.get_mut(&number) {
                    mark.row_wall_ms = wall_ms;
                }
            }
            Record::Horizon { wall_ms } => self.raise_horizon(wall_ms),
            Record::Mark(mark) => {
                self.marks.insert(mark.number, mark);
            }
            Record::Kept(fact) => {
                self.front.head = self.front.head.max(fact.number);
                self.mark(&fact);
                self.facts.push_back(fact);
            }
        }
    }

    fn enter(&mut self, id: Uuid, entry: Entry) {
        match entry.phase {
            Phase::Waiting => {
                self.line.insert((entry.down_seq(), id));
            }
            Phase::AtRadio => {
                self.at_radio.insert(id);
            }
            Phase::Uncertain | Phase::Sent | Phase::Ended => {}
        }
        self.messages.insert(id, entry);
    }

    /// Moves a message to another phase and keeps the two indexes true.
    fn shift(&mut self, id: Uuid, phase: Phase) {
        let Some(entry) = self.messages.get_mut(&id) else { return };
        entry.phase = phase;
        let place = (entry.down_seq(), id);
        self.line.remove(&place);
        self.at_radio.remove(&id);
        match phase {
            Phase::Waiting => {
                self.line.insert(place);
            }
            Phase::AtRadio => {
                self.at_radio.insert(id);
            }
            Phase::Uncertain | Phase::Sent | Phase::Ended => {
                // It can never be submitted again: its text has no further use here.
                if let Some(send) = &mut entry.send {
                    send.body = String::new();
                    send.to = String::new();
                }
            }
        }
    }

    fn submitting(&mut self, id: Uuid, attempt: u32, at: Now) {
        let Some(entry) = self.messages.get_mut(&id) else { return };
        let parts = usize::from(entry.parts());
        entry.attempt = attempt;
        entry.submitted = Some(at);
        entry.answers = vec![None; parts];
        entry.receipts = vec![None; parts];
        let segments = u32::from(entry.parts());
        self.shift(id, Phase::AtRadio);
        let window = &mut self.front.window;
        window.push_back(Departure { at, segments });
        let length = self.front.settings.guard_window_ms;
        // An entry of unknown age is kept: the guard decides what it counts for.
        while window.len() > MAX_WINDOW
            || window.front().is_some_and(|first| at.since(first.at).is_some_and(|age| age > length))
        {
            window.pop_front();
        }
    }

    fn receipt(&mut self, id: Uuid, part: u16, receipt: ReceiptOutcome) {
        let entry = self.messages.get_mut(&id);
        if let Some(slot) = entry.and_then(|entry| entry.receipts.get_mut(usize::from(part))) {
            *slot = Some(receipt);
        }
    }

    fn fact_happened(&mut self, fact: KeptFact) {
        self.front.head = self.front.head.max(fact.number);
        let (phase, at) = (phase_after(&fact.event), fact.at);
        match (&fact.event, fact.event.message_id()) {
            (Event::SimChanged(changed), _) => self.front.sims = Some(changed.sims.clone()),
            (_, Some(id)) => {
                if let Some(phase) = phase {
                    let entry = self.messages.entry(id).or_insert_with(|| Entry::tombstone(at));
                    entry.last = Some(LastFact {
                        number: fact.number,
                        at,
                        accepted: fact.accepted,
                        event: fact.event.clone(),
                    });
                    self.shift(id, phase);
                }
            }
            _ => {}
        }
        self.mark(&fact);
        self.facts.push_back(fact);
    }

    /// Marks an inbound SMS; a mark that was read before its fact knows more.
    fn mark(&mut self, fact: &KeptFact) {
        if let Some(mark) = Mark::of(fact) {
            self.marks.entry(mark.number).or_insert(mark);
        }
    }

    pub(super) fn raise_horizon(&mut self, wall_ms: i64) {
        let horizon = self.front.horizon_ms.get_or_insert(wall_ms);
        *horizon = wall_ms.max(*horizon);
    }
}

/// The phase that a fact leaves its message in; `None` for facts that say nothing of the message's own course.
fn phase_after(event: &Event) -> Option<Phase> {
    match event {
        Event::Sent(_) => Some(Phase::Sent),
        Event::Uncertain(_) => Some(Phase::Uncertain),
        Event::Delivered(_) | Event::Failed(_) | Event::Expired(_) | Event::Canceled(_) => Some(Phase::Ended),
        Event::TooLate(_) | Event::Inbound(_) | Event::SimChanged(_) => None,
    }
}
