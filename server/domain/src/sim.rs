//! SIMs: how one is told from another, and what an inventory means for those already known.

use crate::SimId;

/// Facts by which a SIM is recognised; any may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SimFacts {
    /// Number as the SIM tells it.
    pub number: Option<String>,
    /// Android's subscription id.
    pub subscription_id: Option<i64>,
    /// Lower-case hex SHA-256 of the ICCID.
    pub iccid_hash: Option<String>,
}

impl SimFacts {
    /// Whether the two are known to be different SIMs. The ICCID decides where both know it; else any fact known
    /// on both sides that differs. The phone keeps the same rule; `sim_match.json` of the protocol pins it.
    pub fn contradicts(&self, other: &SimFacts) -> bool {
        fn differ<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> Option<bool> {
            Some(a.as_ref()? != b.as_ref()?)
        }
        differ(&self.iccid_hash, &other.iccid_hash).unwrap_or_else(|| {
            differ(&self.subscription_id, &other.subscription_id).unwrap_or(false)
                || differ(&self.number, &other.number).unwrap_or(false)
        })
    }

    /// Whether some fact is known on both sides, and none differs.
    fn confirms(&self, other: &SimFacts) -> bool {
        let shared = (self.iccid_hash.is_some() && other.iccid_hash.is_some())
            || (self.subscription_id.is_some() && other.subscription_id.is_some())
            || (self.number.is_some() && other.number.is_some());
        shared && !self.contradicts(other)
    }

    /// What is known after both were seen of one SIM: the newer facts, and the older where the newer are silent.
    pub fn merged(self, older: &SimFacts) -> SimFacts {
        SimFacts {
            number: self.number.or_else(|| older.number.clone()),
            subscription_id: self.subscription_id.or(older.subscription_id),
            iccid_hash: self.iccid_hash.or_else(|| older.iccid_hash.clone()),
        }
    }
}

/// A SIM that a device has shown before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSim {
    /// Its id.
    pub id: SimId,
    /// Slot where it was seen last.
    pub slot: u8,
    /// Whether it is there now.
    pub inserted: bool,
    /// What is known of it.
    pub facts: SimFacts,
}

/// How a reported SIM is tied to a known one, the surest tie first.
const TIES: [fn(&KnownSim, &SimReport) -> bool; 5] = [
    |known, reported| known.facts.iccid_hash.is_some() && known.facts.iccid_hash == reported.facts.iccid_hash,
    |known, reported| known.slot == reported.slot && known.inserted && known.facts.confirms(&reported.facts),
    |known, reported| known.slot == reported.slot && known.facts.confirms(&reported.facts),
    |known, reported| known.facts.confirms(&reported.facts),
    |known, reported| {
        known.slot == reported.slot && known.inserted && !known.facts.contradicts(&reported.facts)
    },
];

/// One SIM of a reported inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimReport {
    /// Slot.
    pub slot: u8,
    /// What it is recognised by.
    pub facts: SimFacts,
    /// Carrier label.
    pub carrier: Option<String>,
    /// The phone's default SIM for SMS.
    pub is_default: bool,
}

/// Which known SIM each reported one is; `None` is a SIM not seen before. One answer per reported SIM, in order.
///
/// A known SIM that shares a fact wins, wherever it sat; failing that, the one that sat in the same slot when
/// nothing known contradicts it. No known SIM is claimed twice. Each tie is tried for *every* reported SIM
/// before the next weaker one for any: otherwise a SIM listed early takes, on a weak tie, what a later one is.
pub fn recognise(known: &[KnownSim], reported: &[SimReport]) -> Vec<Option<SimId>> {
    let mut answers: Vec<Option<SimId>> = vec![None; reported.len()];
    for tied in TIES {
        for (index, sim) in reported.iter().enumerate() {
            if answers[index].is_none() {
                // Of several, the one that is inserted now.
                let matching =
                    known.iter().filter(|known| tied(known, sim) && !answers.contains(&Some(known.id)));
                answers[index] = matching.min_by_key(|known| !known.inserted).map(|known| known.id);
            }
        }
    }
    answers
}
