//! Marks: what a phone remembers of an inbound SMS, so that its row in the system's inbox is never taken twice.
//!
//! A mark is much smaller than its fact and outlives it: the fact may be pruned by size, the row stays in the
//! inbox for years. Owns likeness of rows and marks and the one-to-one matching of the two; never a content key,
//! since two identical texts in one second are two messages. Marks come from facts, rows from the engine's sweep.

use std::collections::{BTreeMap, BTreeSet};

use device_protocol::{
    Event, SimRef,
    event::{Inbound, InboundSource},
};
use serde::{Deserialize, Serialize};

use super::{Book, KeptFact};
use crate::clock::Now;

/// How a marked SMS came into the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By its broadcast.
    Broadcast,
    /// By a sweep; its broadcast may still come.
    Sweep,
    /// By a sweep; a broadcast came afterwards and was taken for its own.
    Claimed,
}

/// What is remembered of one inbound SMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The number of its fact.
    pub number: u64,
    /// Slot it arrived on.
    pub slot: u8,
    /// The SIM there then, as far as it was known.
    #[serde(default)]
    pub sim: SimRef,
    /// Sender.
    pub from: String,
    /// The message centre's time stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smsc_at_ms: Option<i64>,
    /// Digest over sender and text.
    pub digest: String,
    /// When it was written down.
    pub at: Now,
    /// The time of its row in the inbox, as far as it is known; else the wall clock when the broadcast came.
    pub row_wall_ms: i64,
    /// How it came.
    pub via: Via,
}

/// Where one of the two has no time stamp of the message centre (some systems do not store it), they are of one
/// message only if they came this close to each other: the same text a day later is another one.
const UNSTAMPED_WITHIN_MS: u64 = 60 * 60 * 1000;

/// How sure it is that a mark and a message of the same sender and text are the same, from sure to unsure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness(SameTime, SameSim);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SameTime {
    Stamp,
    /// One has no stamp, and they came within the hour.
    Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SameSim {
    SimAndSlot,
    /// A SIM was moved to another slot since.
    Sim,
    /// What is known of the SIM has changed, or nothing is known. That this text came in this second to another SIM
    /// in the same slot is less likely than that an operator renumbered a SIM.
    Slot,
}

const LIKENESSES: [Likeness; 6] = [
    Likeness(SameTime::Stamp, SameSim::SimAndSlot),
    Likeness(SameTime::Stamp, SameSim::Sim),
    Likeness(SameTime::Stamp, SameSim::Slot),
    Likeness(SameTime::Clock, SameSim::SimAndSlot),
    Likeness(SameTime::Clock, SameSim::Sim),
    Likeness(SameTime::Clock, SameSim::Slot),
];

impl Mark {
    /// The mark that a fact leaves, if it is an inbound SMS.
    pub fn of(fact: &KeptFact) -> Option<Mark> {
        let Event::Inbound(inbound) = &fact.event else { return None };
        Some(Mark {
            number: fact.number,
            slot: inbound.slot,
            sim: inbound.sim.clone(),
            from: inbound.from.clone(),
            smsc_at_ms: inbound.smsc_at_ms,
            digest: inbound.digest.clone(),
            at: fact.at,
            row_wall_ms: inbound.at.wall_ms,
            via: match inbound.source {
                InboundSource::Broadcast => Via::Broadcast,
                InboundSource::Sweep => Via::Sweep,
            },
        })
    }

    /// `None` where they are not the same message.
    fn likeness(&self, sms: &Inbound) -> Option<Likeness> {
        if self.digest != sms.digest || self.from != sms.from {
            return None;
        }
        let time = match (self.smsc_at_ms, sms.smsc_at_ms) {
            (Some(one), Some(other)) => (one == other).then_some(SameTime::Stamp),
            (None, _) | (_, None) => {
                let apart_ms = self.row_wall_ms.abs_diff(sms.at.wall_ms);
                (apart_ms <= UNSTAMPED_WITHIN_MS).then_some(SameTime::Clock)
            }
        };
        let known = self.sim != SimRef::default() && sms.sim != SimRef::default();
        let sim = match (known && !self.sim.contradicts(&sms.sim), self.slot == sms.slot) {
            (true, true) => Some(SameSim::SimAndSlot),
            (true, false) => Some(SameSim::Sim),
            (false, true) => Some(SameSim::Slot),
            (false, false) => None,
        };
        Some(Likeness(time?, sim?))
    }
}

impl Book {
    /// The swept entry that this broadcast belongs to, if there is one that no broadcast has claimed: the oldest
    /// of the likest.
    pub fn swept_before(&self, sms: &Inbound) -> Option<u64> {
        let unclaimed = self.marks.values().filter(|mark| mark.via == Via::Sweep);
        let likest = unclaimed.filter_map(|mark| Some((mark.likeness(sms)?, mark.number))).min()?;
        Some(likest.1)
    }

    /// For each row of an inbox the number of the entry that it is, one to one; `None` for a row that this
    /// journal does not have. The rows come oldest first, and so are the entries taken.
    pub fn entries_of(&self, rows: &[Inbound]) -> Vec<Option<u64>> {
        let mut marks: BTreeMap<&str, Vec<&Mark>> = BTreeMap::new();
        for mark in self.marks.values() {
            marks.entry(&mark.digest).or_default().push(mark);
        }
        let mut entries = vec![None; rows.len()];
        let mut taken = BTreeSet::new();
        // Every sure match before the first unsure one: a guess must not take the entry that another row is.
        for wanted in LIKENESSES {
            for (row, entry) in rows.iter().zip(&mut entries).filter(|(_, entry)| entry.is_none()) {
                let alike = marks.get(row.digest.as_str());
                let free = alike
                    .into_iter()
                    .flatten()
                    .find(|mark| mark.likeness(row) == Some(wanted) && !taken.contains(&mark.number));
                if let Some(mark) = free {
                    taken.insert(mark.number);
                    *entry = Some(mark.number);
                }
            }
        }
        entries
    }
}
