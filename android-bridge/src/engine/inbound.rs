//! What the phone itself learns: SMS that arrive, SIMs that change, health.

use device_protocol::{
    Event, EventAt, Sim, SimRef, Telemetry,
    event::{Inbound, InboundSource, SimChanged},
    limits,
};
use sha2::{Digest, Sha256};

use super::{Engine, InboxRow, at};
use crate::{clock::Now, journal::Record};

/// A sender is a number, a short code or eleven letters; anything longer is noise that must still fit a frame.
const MAX_SENDER_CHARS: usize = 128;
/// Characters of a SIM's label, number and the like.
const MAX_SIM_TEXT_CHARS: usize = 128;

impl Engine {
    /// A broadcast; its row is as it will stand in the system's inbox.
    pub(super) fn sms_received(&mut self, row: InboxRow, now: Now) {
        let sms = self.inbound(row, InboundSource::Broadcast);
        match self.book.swept_before(&sms) {
            Some(number) => self.record_durably(Record::Claimed { number }),
            None => self.fact(Event::Inbound(sms), now, None),
        }
    }

    /// An SMS as an event, cut the same way whoever tells of it: the digests must agree.
    pub(super) fn inbound(&self, row: InboxRow, source: InboundSource) -> Inbound {
        let InboxRow { slot, sim, from, body, parts, smsc_at_ms, received_wall_ms } = row;
        let from = cut(from, MAX_SENDER_CHARS);
        let body = cut(body, limits::MAX_GSM7_SEPTETS);
        let sim = sim.map(bounded_sim_ref).or_else(|| self.sim_in(slot)).unwrap_or_default();
        let digest = digest(&from, &body);
        let at = EventAt { wall_ms: received_wall_ms, age_ms: None };
        Inbound { slot, sim, digest, from, body, parts: parts.max(1), smsc_at_ms, source, at }
    }

    pub(super) fn sims_changed(&mut self, sims: Vec<Sim>, now: Now) {
        let sims = bounded_sims(sims);
        if sims != self.sims {
            self.sims = sims;
            self.journal_inventory(now);
        }
    }

    pub(super) fn journal_inventory(&mut self, now: Now) {
        self.fact(Event::SimChanged(SimChanged { at: at(now), sims: self.sims.clone() }), now, None);
    }

    pub(super) fn health_told(&mut self, telemetry: Telemetry) {
        self.health = telemetry;
    }
}

/// Lower-case hex SHA-256 over sender, line feed, text.
fn digest(from: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(from.as_bytes());
    hash.update(b"\n");
    hash.update(body.as_bytes());
    hex::encode(hash.finalize())
}

/// An inventory within the protocol's bounds.
pub(super) fn bounded_sims(sims: Vec<Sim>) -> Vec<Sim> {
    let text = |text: Option<String>| text.map(|text| cut(text, MAX_SIM_TEXT_CHARS));
    let bounded = sims.into_iter().take(limits::MAX_SIMS).map(|sim| Sim {
        number: text(sim.number),
        carrier: text(sim.carrier),
        iccid_hash: text(sim.iccid_hash),
        ..sim
    });
    bounded.collect()
}

/// What is told of a SIM, within the same bounds: an inbox must not name it otherwise than the inventory does.
fn bounded_sim_ref(sim: SimRef) -> SimRef {
    let text = |text: Option<String>| text.map(|text| cut(text, MAX_SIM_TEXT_CHARS));
    SimRef { number: text(sim.number), iccid_hash: text(sim.iccid_hash), ..sim }
}

fn cut(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
