//! What the phone itself learns: SMS that arrive, SIMs that change, health.

use device_protocol::{
    Event, Sim, Telemetry,
    event::{Inbound, InboundSource, SimChanged},
    limits,
};
use sha2::{Digest, Sha256};

use super::{Engine, at};
use crate::clock::Now;

/// A sender is a number, a short code or eleven letters; anything longer is noise that must still fit a frame.
const MAX_SENDER_CHARS: usize = 128;
/// Characters of a SIM's label, number and the like.
const MAX_SIM_TEXT_CHARS: usize = 128;

impl Engine {
    pub(super) fn sms_received(
        &mut self,
        slot: u8,
        from: String,
        body: String,
        parts: u16,
        smsc_at_ms: Option<i64>,
        now: Now,
    ) {
        let from = cut(from, MAX_SENDER_CHARS);
        let body = cut(body, limits::MAX_GSM7_SEPTETS);
        let inbound = Inbound {
            slot,
            sim: self.sim_in(slot).unwrap_or_default(),
            digest: digest(&from, &body),
            from,
            body,
            parts: parts.max(1),
            smsc_at_ms,
            source: InboundSource::Broadcast,
            at: at(now),
        };
        self.fact(Event::Inbound(inbound), now, None);
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
        self.health = Telemetry { radio_wait: None, ..telemetry };
    }
}

/// Lower-case hex SHA-256 over sender, line feed, text.
fn digest(from: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(from.as_bytes());
    hash.update(b"\n");
    hash.update(body.as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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

fn cut(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
