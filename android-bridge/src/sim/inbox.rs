//! SMS to the phone: the system's inbox, and the broadcast that tells the phone of each.
//!
//! Owns what arrives and which of the two the phone learns first. The inbox is the system's and not the app's: it
//! outlives the process, the journal and the app itself. Flow: an SMS goes into the inbox and to the process that
//! lives at that moment; `World::inbox` is what a sweep reads.

use device_protocol::{Sim, SimRef};

use super::world::{Coming, World};
use crate::{
    book::KEEP_FACTS_MS,
    clock::Now,
    engine::{InboxRow, Input},
    witness::{CarrierLine, Line},
};

/// One SMS on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sms {
    pub slot: u8,
    /// The SIM that it came to, from its arrival on: whatever is in the slot when the phone is told of it.
    pub sim: Option<SimRef>,
    pub from: String,
    pub body: String,
    pub parts: u16,
}

impl Sms {
    /// One that is yet to arrive.
    pub fn to_slot(slot: u8, from: String, body: String, parts: u16) -> Sms {
        Sms { slot, sim: None, from, body, parts }
    }
}

impl World {
    /// Somebody sends an SMS to the phone.
    pub fn receive_sms(&mut self, slot: u8, from: &str, body: &str, now: Now) {
        self.receive_multipart(slot, from, body, 1, now);
    }

    /// The same, in so many radio parts.
    pub fn receive_multipart(&mut self, slot: u8, from: &str, body: &str, parts: u16, now: Now) {
        self.happen(Coming::Sms(Sms::to_slot(slot, from.into(), body.into(), parts)), now);
    }

    /// What a sweep reads: every row of the inbox that is younger than 14 days.
    pub fn inbox(&self, now: Now) -> Vec<InboxRow> {
        let oldest_ms = now.wall_ms.saturating_sub_unsigned(KEEP_FACTS_MS);
        self.inbox.iter().filter(|row| row.received_wall_ms > oldest_ms).cloned().collect()
    }

    /// A process of the phone starts. What the system told nobody, because nobody lived, is lost: answers,
    /// receipts and broadcasts. An SMS that came meanwhile is in the inbox.
    pub fn forget_untold(&mut self, now: Now) {
        while let Some((at_ms, coming)) = self.next_due(now, Coming::is_inbound) {
            let then = earlier(now, now.mono_ms.saturating_sub(at_ms));
            self.happen(coming, then);
        }
        self.told.retain(|input| matches!(input, Input::Sims(_) | Input::Service { .. }));
    }

    pub(super) fn arrive(&mut self, sms: Sms, now: Now) {
        let faults = self.profile.inbound_faults(&mut self.dice);
        // Without a SIM in the slot there is nothing that it could arrive at.
        let Some(sim) = self.sims.iter().find(|sim| sim.slot == sms.slot).map(Sim::reference) else { return };
        let sms = Sms { sim: Some(sim), ..sms };
        self.witness.note(&Line::Carrier(CarrierLine::Arrived {
            phone: self.phone,
            slot: sms.slot,
            from: sms.from.clone(),
            body: sms.body.clone(),
            at_ms: now.wall_ms,
        }));
        let (row_after_ms, broadcast_after_ms) =
            if faults.row_first { (0, faults.late_ms) } else { (faults.late_ms, 0) };
        let smsc_at_ms = Some(now.wall_ms);
        if !faults.broadcast_lost {
            self.happen_after(Coming::Broadcast { sms: sms.clone(), smsc_at_ms }, broadcast_after_ms, now);
        }
        self.happen_after(Coming::Row { sms, smsc_at_ms }, row_after_ms, now);
    }

    pub(super) fn broadcast(&mut self, sms: Sms, smsc_at_ms: Option<i64>) {
        let Sms { slot, sim, from, body, parts } = sms;
        self.told.push(Input::SmsReceived { slot, sim, from, body, parts, smsc_at_ms });
    }

    pub(super) fn store(&mut self, sms: Sms, smsc_at_ms: Option<i64>, now: Now) {
        let Sms { slot, sim, from, body, parts } = sms;
        let received_wall_ms = now.wall_ms;
        self.inbox.push(InboxRow { slot, sim, from, body, parts, smsc_at_ms, received_wall_ms });
        self.told.push(Input::InboxChanged);
    }

    fn happen_after(&mut self, coming: Coming, after_ms: u64, now: Now) {
        match after_ms {
            0 => self.happen(coming, now),
            later => self.plan(now, later, coming),
        }
    }
}

/// An instant before this one, on both clocks.
fn earlier(now: Now, ms: u64) -> Now {
    Now { wall_ms: now.wall_ms.saturating_sub_unsigned(ms), mono_ms: now.mono_ms.saturating_sub(ms), ..now }
}
