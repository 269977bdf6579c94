//! What the walks did: how often each fault befell a device in each state, and how messages ended. A fault that never
//! bites, or never in a state where it could hurt, shows as a zero.

use std::collections::BTreeMap;
use std::sync::Mutex;

use relay_store::queries::TroubleOf;

use super::simulation::Simulation;

/// What a device may be in the middle of when something befalls it.
pub const STATES: [&str; 9] = [
    "idle",
    "queued",
    "on its way",
    "on the phone",
    "at the radio",
    "sent",
    "uncertain",
    "to be told",
    "held",
];

/// Counts over all walks.
#[derive(Default)]
pub struct Coverage {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// By fault, in each of [`STATES`].
    faults: BTreeMap<&'static str, [u64; STATES.len()]>,
    ends: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// A fault is about to befall a phone of the simulation.
    pub fn fault(&self, name: &'static str, simulation: &mut Simulation, phone: usize) {
        let states = states(simulation, phone);
        let mut counts = self.counts.lock().unwrap();
        let row = counts.faults.entry(name).or_default();
        row.iter_mut().zip(states).for_each(|(cell, is)| *cell += u64::from(is));
    }

    /// Something ended so, or happened.
    pub fn end(&self, name: &'static str) {
        *self.counts.lock().unwrap().ends.entry(name).or_default() += 1;
    }

    /// Takes over what was counted aside.
    pub fn take(&self, aside: Coverage) {
        let aside = aside.counts.into_inner().unwrap();
        let mut counts = self.counts.lock().unwrap();
        for (name, row) in aside.faults {
            let all = counts.faults.entry(name).or_default();
            all.iter_mut().zip(row).for_each(|(cell, more)| *cell += more);
        }
    }

    /// Prints the tables; answers what never happened of what should.
    pub fn report(&self, faults: &[&'static str], ends: &[&'static str]) -> Vec<String> {
        let counts = self.counts.lock().unwrap();
        eprintln!("{:<28}{}", "fault \\ the device is", STATES.map(|state| format!("{state:>13}")).concat());
        let mut blind = Vec::new();
        for fault in faults {
            let row = counts.faults.get(fault).copied().unwrap_or_default();
            eprintln!("{fault:<28}{}", row.map(|count| format!("{count:>13}")).concat());
            let never = STATES.iter().zip(row).filter(|(_, count)| *count == 0);
            blind.extend(never.map(|(state, _)| format!("`{fault}` while `{state}`")));
        }
        for end in ends {
            let count = counts.ends.get(end).copied().unwrap_or_default();
            eprintln!("{count:>8} {end}");
            if count == 0 {
                blind.push(format!("`{end}`"));
            }
        }
        blind
    }
}

fn states(simulation: &mut Simulation, phone: usize) -> [bool; STATES.len()] {
    let (account_id, device_id) = (simulation.account, simulation.phones[phone].device_id);
    let hub = simulation.hub.ask(TroubleOf { account_id, device_id }).unwrap_or_default();
    let phone = &simulation.phones[phone];
    let [waiting, at_radio, sent, uncertain] = phone.phases().map(|count| count > 0);
    let (queued, on_its_way, held) = (hub.queued > 0, hub.in_flight > 0, hub.held > 0);
    let to_be_told = phone.unacknowledged() > 0;
    let idle = !(queued || on_its_way || waiting || at_radio || to_be_told || held);
    [idle, queued, on_its_way, waiting, at_radio, sent, uncertain, to_be_told, held]
}
