//! The phone's own line: what leaves it for the radio, what leaves it without, and what waits why.
//!
//! Messages stand in the order of the down stream. A slot without service holds back only its own messages;
//! the guard counts the whole app and so holds back everyone behind the first that does not fit, else a long
//! message would wait for ever.

use device_protocol::{
    Event, RadioWait,
    event::{Expired, FailStage, Failed},
};
use uuid::Uuid;

use super::{Engine, Output, Service, at, guard, guard::GuardLimits};
use crate::{book::Entry, clock::Now, journal::Record, radio::Failure, radio::Submission};

/// Messages that the radio may have without having answered. More behind a silent radio would only become
/// uncertain with the others.
const MAX_AT_RADIO: usize = 32;

/// What is to become of one waiting message.
enum Course {
    Expire,
    WrongSim,
    NoService,
    Ready { slot: u8, segments: u32 },
}

impl Engine {
    pub(super) fn service(&mut self, slot: u8, state: Service) {
        match state {
            Service::Available => self.no_service.remove(&slot),
            Service::Missing => self.no_service.insert(slot),
        };
    }

    /// Ends what has expired or has lost its SIM, and picks what may be submitted now, in order.
    pub(super) fn walk_the_line(&mut self, now: Now) -> Vec<Uuid> {
        let limits = self.guard_limits();
        let mut guard = self.guard.clone();
        let mut room = MAX_AT_RADIO.saturating_sub(self.book.at_radio.len());
        let resting = now.mono_ms < self.paused_until_ms;
        let (mut ready, mut wait, mut blocked) = (Vec::new(), None, resting);
        let waiting: Vec<Uuid> = self.book.line.iter().map(|(_, id)| *id).collect();
        for id in waiting {
            let Some(course) = self.book.messages.get(&id).map(|entry| self.course(entry, now)) else {
                continue;
            };
            match course {
                Course::Expire => self.fact(Event::Expired(Expired { id, at: at(now) }), now, None),
                // Before the line may rest or the guard may hold: an impossible message need not wait to fail.
                Course::WrongSim => self.wrong_sim(id, now),
                Course::NoService => wait = wait.or(Some(RadioWait::NoService)),
                Course::Ready { .. } if blocked || room == 0 => {}
                Course::Ready { segments, .. }
                    if guard.earliest(segments, limits, now) > guard::mono(now) =>
                {
                    blocked = true;
                    wait = wait.or(Some(RadioWait::RadioGuard));
                }
                Course::Ready { segments, .. } => {
                    guard.depart(segments, limits, now);
                    room -= 1;
                    ready.push(id);
                }
            }
        }
        self.radio_wait = wait;
        ready
    }

    fn course(&self, entry: &Entry, now: Now) -> Course {
        let Some(send) = &entry.send else { return Course::Expire };
        if entry.expired(now) {
            return Course::Expire;
        }
        match self.sim_in(send.slot) {
            None => Course::WrongSim,
            Some(sim) if send.sim.contradicts(&sim) => Course::WrongSim,
            Some(_) if self.no_service.contains(&send.slot) => Course::NoService,
            Some(_) => Course::Ready { slot: send.slot, segments: u32::from(entry.parts()) },
        }
    }

    fn wrong_sim(&mut self, id: Uuid, now: Now) {
        let Failure { code, class, reason } = Failure::of("wrong_sim");
        let failed = Failed { id, at: at(now), stage: FailStage::Radio, class, code, reason };
        self.fact(Event::Failed(failed), now, None);
    }

    /// Writes `submitting` for each, makes that durable, and only then touches the radio.
    pub(super) fn submit(&mut self, ready: Vec<Uuid>, now: Now) {
        let limits = self.guard_limits();
        let mut submissions = Vec::with_capacity(ready.len());
        for id in ready {
            let Some(entry) = self.book.messages.get(&id) else { continue };
            // Looked at once more, last thing: what was spoken in between may have canceled nothing, but the
            // deadline and the SIM are promises.
            let Course::Ready { slot, segments } = self.course(entry, now) else { continue };
            let Some(send) = &entry.send else { continue };
            let attempt = entry.attempt.saturating_add(1);
            let (to, body, parts) = (send.to.clone(), send.body.clone(), entry.parts());
            submissions.push(Submission { id, attempt, slot, to, body, parts });
            self.guard.depart(segments, limits, now);
            self.record_durably(Record::Submitting { id, attempt, at: now });
        }
        self.flush_if_due();
        self.out.extend(submissions.into_iter().map(Output::Submit));
    }

    pub(super) fn guard_limits(&self) -> GuardLimits {
        let settings = self.settings();
        GuardLimits { segments: settings.guard_segments, window_ms: settings.guard_window_ms }
    }

    /// When the first waiting message that only the guard or the rest holds may leave.
    pub(super) fn line_wakes_at(&mut self, now: Now) -> Option<u64> {
        if self.book.at_radio.len() >= MAX_AT_RADIO {
            return None;
        }
        let segments = self.book.line.iter().find_map(|(_, id)| {
            let entry = self.book.messages.get(id)?;
            match self.course(entry, now) {
                Course::Ready { segments, .. } => Some(segments),
                Course::Expire | Course::WrongSim | Course::NoService => None,
            }
        })?;
        let limits = self.guard_limits();
        let guard = u64::try_from(self.guard.earliest(segments, limits, now)).unwrap_or(0);
        Some(guard.max(self.paused_until_ms))
    }
}
