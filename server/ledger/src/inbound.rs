//! Inbound messages: never lost, never doubled. Owns the multiset by (device, sender, text); knows nothing of
//! how the hub tells one from another. Carrier, phone and client entries come in, violations go out.

use std::collections::BTreeMap;

use crate::Options;
use crate::verdict::{Counts, Violation};

/// Device, sender, text.
type Key = (String, String, String);

#[derive(Debug, Default)]
struct Tally {
    arrived: u64,
    /// Instants of the promises: a wipe excuses those before it.
    promised_at_ms: Vec<i64>,
    stored: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    tallies: BTreeMap<Key, Tally>,
}

impl Inbox {
    pub fn arrived(&mut self, device: String, from: String, body: String) {
        self.tally(device, from, body).arrived += 1;
    }

    pub fn promised(&mut self, device: String, from: String, body: String, at_ms: i64) {
        self.tally(device, from, body).promised_at_ms.push(at_ms);
    }

    pub fn stored(&mut self, device: String, from: String, body: String) {
        self.tally(device, from, body).stored += 1;
    }

    fn tally(&mut self, device: String, from: String, body: String) -> &mut Tally {
        self.tallies.entry((device, from, body)).or_default()
    }

    /// `wiped_at_ms` tells when a device's journal was last destroyed.
    pub fn judge(
        self,
        options: &Options,
        wiped_at_ms: impl Fn(&str) -> Option<i64>,
        counts: &mut Counts,
    ) -> Vec<Violation> {
        let mut violations = Vec::new();
        for ((device, from, body), tally) in self.tallies {
            let flushed = tally.promised_at_ms.len() as u64;
            let every = options.every_arrival_counts;
            // Two journals, one after the other, may each flush the text that arrived once.
            let promised = if every { tally.arrived } else { flushed };
            let with_the_phone =
                options.offline_devices.contains(&device) || options.left_devices.contains(&device);
            let excusable = match wiped_at_ms(&device) {
                _ if with_the_phone => promised,
                Some(wiped) if !every => {
                    tally.promised_at_ms.iter().filter(|at| **at <= wiped).count() as u64
                }
                _ => 0,
            };
            // A text that arrived and was not flushed may be found by a sweep, once.
            let arrived = tally.arrived.max(promised);
            let missing = promised.saturating_sub(tally.stored);
            counts.inbound_promised += promised;
            counts.inbound_stored += tally.stored;
            counts.inbound_excused += missing.min(excusable);
            if missing > excusable {
                let missing = missing - excusable;
                violations.push(Violation::InboundLost { device, from, body, promised, missing });
            } else if arrived == 0 && tally.stored > 0 {
                violations.push(Violation::InboundInvented { device, from, body });
            } else if tally.stored > arrived {
                let stored = tally.stored;
                violations.push(Violation::InboundDoubled { device, from, body, arrived, stored });
            }
        }
        violations
    }
}
