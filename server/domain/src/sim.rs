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

/// One SIM of a reported inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedSim {
    /// Slot.
    pub slot: u8,
    /// What the phone tells of it.
    pub facts: SimFacts,
}

/// Which known SIM each reported one is; `None` is a SIM not seen before. One answer per reported SIM, in order.
///
/// A known SIM that shares a fact wins, wherever it sat; failing that, the one that sat in the same slot when
/// nothing known contradicts it. No known SIM is claimed twice.
pub fn recognise(known: &[KnownSim], reported: &[ReportedSim]) -> Vec<Option<SimId>> {
    let mut answers: Vec<Option<SimId>> = vec![None; reported.len()];
    let rules: [fn(&KnownSim, &ReportedSim) -> bool; 2] = [
        |known, reported| known.facts.confirms(&reported.facts),
        |known, reported| {
            known.inserted && known.slot == reported.slot && !known.facts.contradicts(&reported.facts)
        },
    ];
    for rule in rules {
        for (index, sim) in reported.iter().enumerate() {
            if answers[index].is_none() {
                // The one in the same slot first: two SIMs of one number do not swap names.
                let mut matching: Vec<&KnownSim> = known
                    .iter()
                    .filter(|known| rule(known, sim) && !answers.contains(&Some(known.id)))
                    .collect();
                matching.sort_by_key(|known| (known.slot != sim.slot, !known.inserted));
                answers[index] = matching.first().map(|known| known.id);
            }
        }
    }
    answers
}
