//! The faults of the random walks, one function each, and the dice that choose between them.

use std::time::Duration;

use android_bridge::engine::Service;
use android_bridge::sim::demo_sim;
use device_protocol::limits::MAX_UP_FRAMES_PER_SECOND;
use rand::RngExt;
use rand::rngs::StdRng;
use relay_store::changes::{Drain, DrainVerdict, WebhookEdit};

use super::coverage::Coverage;
use super::hub::Wire;
use super::receivers::Mood;
use super::restoring::Snapshot;
use super::simulation::{Simulation, number};

/// Every fault, with its weight: how often it comes compared with the others.
pub const FAULTS: [(&str, u32, Fault); 29] = [
    ("hub crash", 14, hub_crash),
    ("hub clock set", 3, hub_clock_set),
    ("hub files copied", 4, hub_files_copied),
    ("hub restored", 3, hub_restored),
    ("hub node frozen", 4, hub_node_frozen),
    ("frozen node wakes", 6, frozen_node_wakes),
    ("phone crash", 16, phone_crash),
    ("phone reboot", 6, phone_reboot),
    ("phone clock set", 5, phone_clock_set),
    ("phone copied disk", 2, phone_copied_disk),
    ("phone cloned", 2, phone_cloned),
    ("re-install", 4, reinstalled),
    ("phone unpaired", 3, unpaired),
    ("phone revoked", 2, revoked),
    ("phone replaced", 3, replaced),
    ("paired again", 3, paired_again),
    ("link lost", 18, link_lost),
    ("link half open", 12, link_half_open),
    ("SIM swapped", 8, sim_swapped),
    ("SIM moved", 4, sim_moved),
    ("SIM back", 10, sim_back),
    ("no service", 6, no_service),
    ("two equal SMS", 8, two_equal_sms),
    ("telemetry flood", 4, telemetry_flood),
    ("receiver refuses", 4, receiver_refuses),
    ("receiver hangs", 4, receiver_hangs),
    ("receiver is back", 10, receiver_is_back),
    ("webhook paused", 3, webhook_paused),
    ("webhook resumed", 6, webhook_resumed),
];

/// A fault; false where it could not befall.
type Fault = fn(&mut Walk<'_>, usize) -> bool;

/// What a walk carries along.
pub struct Walk<'a> {
    pub simulation: Simulation,
    pub dice: StdRng,
    pub coverage: &'a Coverage,
    pub snapshot: Option<Snapshot>,
    /// Says what befalls whom: for the replay of one seed.
    pub told: Told,
}

/// Whether a walk is told as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Silently,
    Aloud,
}

impl Walk<'_> {
    /// One fault befalls one phone, or the hub.
    pub fn fault(&mut self) {
        let all: u32 = FAULTS.iter().map(|(_, weight, _)| weight).sum();
        let mut thrown = self.dice.random_range(0..all);
        let (name, _, fault) = FAULTS
            .iter()
            .find(|(_, weight, _)| match thrown.checked_sub(*weight) {
                Some(left) => {
                    thrown = left;
                    false
                }
                None => true,
            })
            .expect("the dice are within the weights");
        let phone = self.dice.random_range(0..self.simulation.phones.len());
        self.befall(name, *fault, phone);
    }

    /// This fault befalls this phone, if it can. It is noted with the state in which it came.
    fn befall(&mut self, name: &'static str, fault: Fault, phone: usize) {
        // What is down comes back before something else befalls it, mostly.
        if !self.simulation.hub.is_up() && self.dice.random_bool(0.7) {
            self.simulation.hub.start();
        }
        if !self.simulation.phones[phone].is_running() && self.dice.random_bool(0.7) {
            let now = self.simulation.clock.elapsed_ms();
            self.simulation.phones[phone].start(now);
        }
        let before = Coverage::default();
        before.fault(name, &mut self.simulation, phone);
        if self.told == Told::Aloud {
            let at = self.simulation.clock.elapsed_ms();
            eprintln!("{at:>9} ms  {name}, phone {phone}");
        }
        if fault(self, phone) {
            self.coverage.take(before);
        }
    }
}

fn hub_crash(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let up = walk.simulation.hub.is_up();
    if up {
        walk.simulation.crash_hub();
    }
    up
}

/// A clock is set while the hub is down: the process itself goes by its monotonic clock.
fn hub_clock_set(walk: &mut Walk<'_>, _phone: usize) -> bool {
    walk.simulation.crash_hub();
    walk.simulation.judge.clock_set();
    let by_ms = walk.dice.random_range(-7_200_000..=7_200_000);
    walk.simulation.hub.clock.step(by_ms);
    walk.simulation.hub.start();
    true
}

fn hub_files_copied(walk: &mut Walk<'_>, _phone: usize) -> bool {
    walk.snapshot = Some(walk.simulation.snapshot());
    true
}

fn hub_restored(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let Some(snapshot) = walk.snapshot.take() else { return false };
    walk.simulation.put_back(&snapshot);
    // As often as not nothing was committed since: then the files are not older.
    if walk.simulation.hub.refuses_to_start() {
        walk.coverage.end("older files refused");
    }
    walk.simulation.restore(&snapshot);
    true
}

fn hub_node_frozen(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let can = walk.simulation.hub.is_up() && walk.simulation.frozen.is_none();
    if can {
        walk.simulation.freeze_hub();
    }
    can
}

fn frozen_node_wakes(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let sleeps = walk.simulation.frozen.as_ref().is_some_and(|frozen| !frozen.awake);
    if sleeps {
        walk.simulation.wake_frozen();
    }
    sleeps
}

fn phone_crash(walk: &mut Walk<'_>, phone: usize) -> bool {
    let runs = walk.simulation.phones[phone].is_running();
    if runs {
        walk.simulation.crash_phone(phone);
    }
    runs
}

fn phone_reboot(walk: &mut Walk<'_>, phone: usize) -> bool {
    let runs = walk.simulation.phones[phone].is_running();
    if runs {
        walk.simulation.reboot_phone(phone);
    }
    runs
}

fn phone_clock_set(walk: &mut Walk<'_>, phone: usize) -> bool {
    let off_ms = walk.dice.random_range(-86_400_000..=86_400_000);
    walk.simulation.phones[phone].set_clock_off(off_ms);
    true
}

/// A phone is set back to an older state of its own: without its marker that is a fresh install.
fn phone_copied_disk(walk: &mut Walk<'_>, phone: usize) -> bool {
    if !walk.simulation.phones[phone].is_running() {
        return false;
    }
    let copy = walk.simulation.phones[phone].copied_disk();
    walk.simulation.run_ms(20_000);
    if !walk.simulation.phones[phone].is_running() {
        return false;
    }
    walk.simulation.set_back_phone(phone, copy);
    true
}

fn phone_cloned(walk: &mut Walk<'_>, phone: usize) -> bool {
    let can = walk.simulation.hub.is_up() && walk.simulation.phones[phone].is_running();
    if can {
        walk.simulation.clone_phone(phone);
    }
    can
}

fn reinstalled(walk: &mut Walk<'_>, phone: usize) -> bool {
    let up = walk.simulation.hub.is_up();
    if up {
        walk.simulation.reinstall(phone);
    }
    up
}

fn unpaired(walk: &mut Walk<'_>, phone: usize) -> bool {
    let within = Duration::from_secs(walk.dice.random_range(1..120));
    walk.simulation.unpair(phone, within).is_some()
}

fn revoked(walk: &mut Walk<'_>, phone: usize) -> bool {
    let up = walk.simulation.hub.is_up();
    if up {
        walk.simulation.revoke(phone);
    }
    up
}

/// The old phone is drained; when it is done in time, a new one takes its place.
fn replaced(walk: &mut Walk<'_>, phone: usize) -> bool {
    if walk.simulation.drain(phone, Drain::Begin).is_none() {
        return false;
    }
    let patience_ms = walk.dice.random_range(0..60_000);
    walk.simulation.run_ms(patience_ms);
    if let Some(DrainVerdict::Draining { heard: true, in_flight: 0 }) =
        walk.simulation.drain(phone, Drain::Begin)
    {
        walk.coverage.end("replaced after draining");
        walk.simulation.reinstall(phone);
    }
    true
}

fn paired_again(walk: &mut Walk<'_>, phone: usize) -> bool {
    let up = walk.simulation.hub.is_up();
    if up {
        walk.simulation.pair_again(phone);
    }
    up
}

fn link_lost(walk: &mut Walk<'_>, phone: usize) -> bool {
    let linked = walk.simulation.phones[phone].link.is_some();
    walk.simulation.lose_link(phone);
    linked
}

fn link_half_open(walk: &mut Walk<'_>, phone: usize) -> bool {
    let linked = walk.simulation.phones[phone].link.is_some();
    walk.simulation.phones[phone].half_open();
    linked
}

fn sim_swapped(walk: &mut Walk<'_>, phone: usize) -> bool {
    let stranger = walk.dice.random_bool(0.5).then(|| demo_sim(0, "+15559999999"));
    walk.simulation.phones[phone].world.swap_sim(0, stranger);
    true
}

/// A SIM goes from one phone into another, whose own falls under the table.
fn sim_moved(walk: &mut Walk<'_>, phone: usize) -> bool {
    let other = (phone + 1) % walk.simulation.phones.len();
    walk.simulation.phones[phone].world.swap_sim(0, None);
    walk.simulation.phones[other].world.swap_sim(0, Some(demo_sim(0, &number(phone, 0))));
    true
}

fn sim_back(walk: &mut Walk<'_>, phone: usize) -> bool {
    walk.simulation.phones[phone].world.swap_sim(0, Some(demo_sim(0, &number(phone, 0))));
    true
}

fn no_service(walk: &mut Walk<'_>, phone: usize) -> bool {
    let state = if walk.dice.random_bool(0.5) { Service::Missing } else { Service::Available };
    walk.simulation.phones[phone].world.set_service(0, state);
    true
}

/// Two identical texts in one second are two messages.
fn two_equal_sms(walk: &mut Walk<'_>, phone: usize) -> bool {
    let now = walk.simulation.clock.elapsed_ms();
    (0..2).for_each(|_| walk.simulation.phones[phone].receive_sms("+18885550100", "same", now));
    true
}

/// More frames in one instant than the protocol allows: the socket goes, and nothing else.
fn telemetry_flood(walk: &mut Walk<'_>, phone: usize) -> bool {
    let Some((connection, _)) = &walk.simulation.phones[phone].link else { return false };
    let (connection, frame) = (*connection, r#"{"type":"telemetry","battery_percent":50}"#.to_owned());
    (0..=MAX_UP_FRAMES_PER_SECOND)
        .for_each(|_| walk.simulation.hub.hear(connection, &Wire::Text(frame.clone())));
    true
}

fn receiver_refuses(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let seconds = if walk.dice.random_bool(0.5) { 0 } else { walk.dice.random_range(1..120) };
    receiver_gets(walk, Mood::Refuses(seconds))
}

fn receiver_hangs(walk: &mut Walk<'_>, _phone: usize) -> bool {
    receiver_gets(walk, Mood::Hangs)
}

fn receiver_is_back(walk: &mut Walk<'_>, _phone: usize) -> bool {
    receiver_gets(walk, Mood::Well)
}

fn receiver_gets(walk: &mut Walk<'_>, mood: Mood) -> bool {
    let Walk { simulation, dice, .. } = walk;
    let Some(webhook) = simulation.receivers.any(dice) else { return false };
    let other = simulation.receivers.mood(webhook) != mood;
    simulation.receivers.set(webhook, mood);
    other
}

fn webhook_paused(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let webhook = walk.simulation.receivers.any(&mut walk.dice);
    webhook.is_some_and(|webhook| walk.simulation.edit(webhook, WebhookEdit::Pause))
}

fn webhook_resumed(walk: &mut Walk<'_>, _phone: usize) -> bool {
    let webhook = walk.simulation.receivers.any(&mut walk.dice);
    webhook.is_some_and(|webhook| walk.simulation.edit(webhook, WebhookEdit::Resume))
}
