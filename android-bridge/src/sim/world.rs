//! The world of one phone: its radio, the carrier behind it and the people on the other end.
//!
//! Sans-IO: [`World::submit`] takes what the phone sends, [`World::due`] hands back what has become due as
//! inputs for the engine, [`World::next_due_ms`] says when to ask. Writes what it saw to the witness, a
//! submission before its answer exists.

use std::collections::{BTreeMap, BTreeSet};

use device_protocol::{Sim, Telemetry, event::Inbound};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use super::fate::Fate;
use super::inbox::Sms;
use super::profile::CarrierProfile;
use crate::{
    clock::Now,
    engine::{Hardware, InboxRow, Input, Service},
    radio::{Failure, PartAnswer, ReceiptOutcome, Submission},
    witness::{CarrierLine, Line, RadioLine, SharedWitness},
};

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(super) enum Coming {
    Answer {
        submission: Submission,
        answer: PartAnswer,
    },
    Receipt {
        submission: Submission,
        outcome: ReceiptOutcome,
        announced: Announced,
    },
    Sms(Sms),
    /// The phone, if it lives, is told of an SMS.
    Broadcast {
        sms: Sms,
        smsc_at_ms: Option<i64>,
    },
    /// An SMS is put into the system's inbox.
    Row {
        sms: Sms,
        smsc_at_ms: Option<i64>,
    },
    Stranger,
}

impl Coming {
    /// Whether it is part of the traffic to the phone, which goes on while the phone's process is dead.
    pub(super) fn is_inbound(&self) -> bool {
        match self {
            Coming::Sms(_) | Coming::Broadcast { .. } | Coming::Row { .. } | Coming::Stranger => true,
            Coming::Answer { .. } | Coming::Receipt { .. } => false,
        }
    }
}

/// Which line of the log goes with a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    Delivered,
    Lost,
    Failed,
}

/// The world.
pub struct World {
    pub(super) phone: Uuid,
    pub(super) profile: CarrierProfile,
    pub(super) dice: StdRng,
    pub(super) witness: SharedWitness,
    pub(super) sims: Vec<Sim>,
    /// What is to happen, by (monotonic instant, order of planning).
    coming: BTreeMap<(u64, u64), Coming>,
    planned: u64,
    /// What happened and the phone has not yet been told.
    pub(super) told: Vec<Input>,
    /// The system's inbox, in the order in which it was filled. Nothing is ever removed: it is the phone's owner
    /// who deletes, and a sweep reads two weeks.
    pub(super) inbox: Vec<InboxRow>,
    no_service: BTreeSet<u8>,
    silent: bool,
    /// Numbers the texts it makes up, so that each is unique.
    texts: u64,
}

impl World {
    /// A world with these SIMs in the phone. Equal seeds and equal calls make equal worlds.
    pub fn new(
        phone: Uuid,
        sims: Vec<Sim>,
        profile: CarrierProfile,
        seed: u64,
        witness: SharedWitness,
    ) -> World {
        World {
            phone,
            profile,
            dice: StdRng::seed_from_u64(seed),
            witness,
            sims,
            coming: BTreeMap::new(),
            planned: 0,
            told: Vec::new(),
            inbox: Vec::new(),
            no_service: BTreeSet::new(),
            silent: false,
            texts: 0,
        }
    }

    /// Begins the strangers' traffic, where the profile has any.
    pub fn begin(&mut self, now: Now) {
        if let Some(after) = self.profile.next_inbound_after(&mut self.dice) {
            self.plan(now, after, Coming::Stranger);
        }
    }

    /// Nobody writes any more, and nobody replies. A run whose judge counts every arrival ends a while after this:
    /// what arrived last may still be late for the inbox, and its sweep is not at once.
    pub fn hush(&mut self) {
        self.profile.inbound_per_minute = 0.0;
        self.profile.reply_after_ms = None;
        self.coming.retain(|_, coming| !matches!(coming, Coming::Stranger));
    }

    /// What a phone that starts finds.
    pub fn hardware(&self) -> Hardware {
        Hardware { sims: self.sims.clone(), no_service: self.no_service.clone() }
    }

    /// The radio is touched.
    pub fn submit(&mut self, submission: Submission, journal: Uuid, now: Now) {
        self.witness.note(&Line::Radio(RadioLine::Submit {
            phone: self.phone,
            journal,
            id: submission.id,
            to: submission.to.clone(),
            parts: submission.parts,
            at_ms: now.wall_ms,
        }));
        let fate = self.profile.fate(&submission.to, &mut self.dice);
        let answer_after = self.profile.answer_after(&mut self.dice);
        let receipt_after = answer_after.saturating_add(self.profile.receipt_after(&mut self.dice));
        let failure = if self.no_service.contains(&submission.slot) {
            Some(Failure::of("no_service"))
        } else {
            match &fate {
                Fate::RadioFails(failure) => Some(failure.clone()),
                _ => None,
            }
        };
        if let Some(failure) = failure {
            return self.plan(now, answer_after, Coming::Answer { submission, answer: Err(failure) });
        }
        if !self.silent && fate != Fate::RadioSilent {
            let answer = Coming::Answer { submission: submission.clone(), answer: Ok(()) };
            self.plan(now, answer_after, answer);
        }
        let (outcome, announced) = match fate {
            Fate::ReceiptFails => (ReceiptOutcome::Failed(Failure::of("receipt_failed")), Announced::Failed),
            Fate::ReceiptLost => (ReceiptOutcome::Delivered, Announced::Lost),
            _ => (ReceiptOutcome::Delivered, Announced::Delivered),
        };
        self.plan(now, receipt_after, Coming::Receipt { submission, outcome, announced });
    }

    /// When to ask what is due, on the monotonic clock.
    pub fn next_due_ms(&self) -> Option<u64> {
        if !self.told.is_empty() {
            return Some(0);
        }
        self.coming.first_key_value().map(|((at, _), _)| *at)
    }

    /// What the phone is told by now. Not asked while the phone is dead, it waits here.
    pub fn due(&mut self, now: Now) -> Vec<Input> {
        while let Some((_, coming)) = self.next_due(now, |_| true) {
            self.happen(coming, now);
        }
        std::mem::take(&mut self.told)
    }

    /// The next of this kind that is due, and since when.
    pub(super) fn next_due(&mut self, now: Now, wanted: impl Fn(&Coming) -> bool) -> Option<(u64, Coming)> {
        let mut due = self.coming.range(..=(now.mono_ms, u64::MAX));
        let key = *due.find(|(_, coming)| wanted(coming))?.0;
        Some((key.0, self.coming.remove(&key)?))
    }

    /// The phone's journal has this SMS durably: from here on it is a promise.
    pub fn inbound_kept(&self, inbound: &Inbound, now: Now) {
        self.witness.note(&Line::Carrier(CarrierLine::Inbound {
            phone: self.phone,
            slot: inbound.slot,
            from: inbound.from.clone(),
            body: inbound.body.clone(),
            at_ms: now.wall_ms,
        }));
    }

    /// Another SIM goes into a slot, or none.
    pub fn swap_sim(&mut self, slot: u8, sim: Option<Sim>) {
        self.sims.retain(|old| old.slot != slot);
        self.sims.extend(sim.map(|sim| Sim { slot, ..sim }));
        self.sims.sort_by_key(|sim| sim.slot);
        self.told.push(Input::Sims(self.sims.clone()));
    }

    /// A slot gains or loses service.
    pub fn set_service(&mut self, slot: u8, state: Service) {
        match state {
            Service::Available => self.no_service.remove(&slot),
            Service::Missing => self.no_service.insert(slot),
        };
        self.told.push(Input::Service { slot, state });
    }

    /// The system tells how the phone is.
    pub fn set_health(&mut self, health: Telemetry) {
        self.told.push(Input::Health(health));
    }

    /// From now on the radio sends and does not answer, or answers again.
    pub fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    pub(super) fn plan(&mut self, now: Now, after_ms: u64, coming: Coming) {
        self.planned += 1;
        self.coming.insert((now.mono_ms.saturating_add(after_ms), self.planned), coming);
    }

    pub(super) fn happen(&mut self, coming: Coming, now: Now) {
        match coming {
            Coming::Answer { submission, answer } => self.answer(&submission, &answer, now),
            Coming::Receipt { submission, outcome, announced } => {
                self.receipt(&submission, &outcome, announced, now);
            }
            Coming::Sms(sms) => self.arrive(sms, now),
            Coming::Broadcast { sms, smsc_at_ms } => self.broadcast(sms, smsc_at_ms),
            Coming::Row { sms, smsc_at_ms } => self.store(sms, smsc_at_ms, now),
            Coming::Stranger => self.stranger(now),
        }
    }

    fn answer(&mut self, submission: &Submission, answer: &PartAnswer, now: Now) {
        let outcome = answer.as_ref().map_or_else(|failure| failure.code.clone(), |()| "ok".into());
        let (phone, id, at_ms) = (self.phone, submission.id, now.wall_ms);
        self.witness.note(&Line::Radio(RadioLine::Answer { phone, id, outcome, at_ms }));
        self.told.extend((0..submission.parts).map(|part| Input::RadioAnswer {
            id,
            attempt: submission.attempt,
            part,
            answer: answer.clone(),
        }));
    }

    fn receipt(&mut self, to: &Submission, outcome: &ReceiptOutcome, announced: Announced, now: Now) {
        let (phone, id, at_ms) = (self.phone, to.id, now.wall_ms);
        self.witness.note(&Line::Carrier(match announced {
            Announced::Delivered => CarrierLine::Delivered { phone, id, at_ms },
            Announced::Lost => CarrierLine::ReceiptLost { phone, id, at_ms },
            Announced::Failed => CarrierLine::ReceiptFailed { phone, id, at_ms },
        }));
        if announced != Announced::Lost {
            let parts = 0..to.parts;
            self.told.extend(parts.map(|part| Input::Receipt { id, part, receipt: outcome.clone() }));
        }
        if announced == Announced::Delivered
            && let Some(after) = self.profile.reply_after_ms
        {
            self.texts += 1;
            let body = format!("Got it, thanks! ({}-{})", short(id), self.texts);
            let sms = Sms::to_slot(to.slot, to.to.clone(), body, 1);
            self.plan(now, after, Coming::Sms(sms));
        }
    }

    fn stranger(&mut self, now: Now) {
        if let Some(index) = self.sims.len().checked_sub(1).map(|last| self.dice.random_range(0..=last)) {
            let slot = self.sims[index].slot;
            self.texts += 1;
            let from = format!("+1555{:07}", self.dice.random_range(100..9_999_999));
            let body = format!("Hello no. {} to {}", self.texts, short(self.phone));
            let parts = self.profile.stranger_parts(&mut self.dice);
            self.happen(Coming::Sms(Sms::to_slot(slot, from, body, parts)), now);
        }
        self.begin(now);
    }
}

/// Enough of an id to tell texts apart in a demo.
fn short(id: Uuid) -> String {
    id.simple().to_string().split_off(20)
}
