//! SMS in a world that loses broadcasts and stores rows late, and in random walks: each is journalled once.

mod support;

use std::{collections::BTreeMap, sync::Arc};

use android_bridge::{
    clock::Now,
    engine::{InboxRow, Input},
    handset::{Effect, Handset},
    journal::MemoryJournal,
    sim::{CarrierProfile, Chance, World},
    witness::Blind,
};
use device_protocol::limits::SWEEP_INTERVAL_MS;
use proptest::prelude::*;
use support::{
    id,
    inbox::{DAY_MS, HOUR_MS, SOON_MS, row, sweep, told},
    rebooted,
    rig::{Rig, birth},
    sims, start_of_time,
};

/// A world, a handset that carries its sweeps out, and the time.
struct InWorld {
    now: Now,
    world: World,
    phone: Handset<MemoryJournal>,
    kept: Vec<(String, u16)>,
}

impl InWorld {
    fn start(world: World, journal: MemoryJournal, now: Now) -> InWorld {
        let (phone, effects) =
            Handset::start(journal, birth(), Default::default(), world.hardware(), now).unwrap();
        let mut life = InWorld { now, world, phone, kept: vec![] };
        life.perform(effects);
        life
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::SweepInbox => {
                    let rows = Input::Inbox(self.world.inbox(self.now));
                    let effects = self.phone.step(rows, self.now).unwrap();
                    self.perform(effects);
                }
                Effect::InboundKept(sms) => self.kept.push((sms.body.clone(), sms.parts)),
                _ => {}
            }
        }
    }

    fn run(&mut self, ms: u64) {
        let end = self.now.mono_ms + ms;
        loop {
            let due = [self.phone.wakes_at_ms(self.now), self.world.next_due_ms()];
            let next = due.into_iter().flatten().min().unwrap_or(end).clamp(self.now.mono_ms, end);
            self.now = self.now.plus(next - self.now.mono_ms);
            for input in self.world.due(self.now).into_iter().chain([Input::Tick]) {
                let effects = self.phone.step(input, self.now).unwrap();
                self.perform(effects);
            }
            if next == end {
                return;
            }
        }
    }

    /// Dies for so long, and starts again on what was durable, or on nothing.
    fn die(mut self, ms: u64, keeps_journal: bool) -> InWorld {
        self.now = self.now.plus(ms);
        let mut journal = self.phone.into_journal();
        journal.crash(3);
        self.world.forget_untold(self.now);
        let journal = if keeps_journal { journal } else { MemoryJournal::new() };
        let mut next = InWorld::start(self.world, journal, self.now);
        next.kept.splice(0..0, self.kept);
        next
    }

    fn count(&self, body: &str) -> usize {
        self.kept.iter().filter(|(kept, _)| kept == body).count()
    }
}

fn world(profile: CarrierProfile, seed: u64) -> World {
    let mut world = World::new(id(0xd), sims(), profile, seed, Arc::new(Blind));
    world.begin(start_of_time());
    world
}

#[test]
fn a_world_that_loses_every_broadcast_loses_no_text() {
    let profile = CarrierProfile { broadcast_lost: Chance(1_000_000), ..CarrierProfile::default() };
    let mut life = InWorld::start(world(profile, 1), MemoryJournal::new(), start_of_time());
    life.world.receive_multipart(0, "+1", "in three parts", 3, life.now);
    life.run(60_000);
    assert_eq!(life.kept, [("in three parts".to_owned(), 3)]);
}

#[test]
fn what_comes_while_the_process_is_dead_comes_at_its_time_and_untold() {
    let profile = CarrierProfile { inbound_per_minute: 1.0, ..CarrierProfile::default() };
    let mut life = InWorld::start(world(profile, 1), MemoryJournal::new(), start_of_time());
    life.run(1_000);
    life.world.receive_sms(0, "+1", "told to nobody", life.now);
    let mut life = life.die(HOUR_MS, true);
    assert!(!life.world.due(life.now).iter().any(|input| matches!(input, Input::SmsReceived { .. })));
    let rows = life.world.inbox(life.now);
    assert!(rows.len() > 30, "the strangers did not wait");
    let spread = rows.iter().filter(|row| row.received_wall_ms < life.now.wall_ms - 1_800_000).count();
    assert!((10..50).contains(&spread), "{spread} of {} in the first half hour", rows.len());
    life.run(1_000);
    assert_eq!((life.count("told to nobody"), life.kept.len()), (1, rows.len()));
}

#[test]
fn a_rough_world_and_a_phone_that_dies_keep_every_text_once() {
    for seed in 0..20 {
        let start = start_of_time();
        let mut life = InWorld::start(world(CarrierProfile::rough(), seed), MemoryJournal::new(), start);
        for _ in 0..20 {
            life.run(200_000);
            let now = life.now;
            (0..2).for_each(|_| life.world.receive_sms(0, "+1", "same", now));
            life = life.die(7_000 * seed, true);
        }
        life.run(SWEEP_INTERVAL_MS);
        let rows = life.world.inbox(life.now);
        let swept = life.now.wall_ms - SOON_MS as i64;
        for row in rows.iter().filter(|row| row.received_wall_ms < swept) {
            let stored = rows.iter().filter(|other| other.body == row.body).count();
            assert_eq!(life.count(&row.body), stored, "seed {seed}: `{}`", row.body);
        }
        assert!(rows.len() > 40);
    }
}

#[test]
fn an_app_installed_anew_finds_every_text_again() {
    let mut life = InWorld::start(world(CarrierProfile::rough(), 5), MemoryJournal::new(), start_of_time());
    life.run(40 * 60_000);
    life.kept.clear();
    let mut life = life.die(1_000, false);
    life.run(SWEEP_INTERVAL_MS);
    assert!(life.kept.len() > 20);
    for row in life.world.inbox(life.now) {
        assert_eq!(life.count(&row.body), 1, "`{}`", row.body);
    }
}

/// What befalls a phone in a random walk.
#[derive(Debug, Clone)]
enum Act {
    /// A text of this kind comes; its row, its broadcast or both are there later.
    Arrive {
        kind: u8,
        row_late: bool,
        broadcast: Option<bool>,
    },
    /// A row that was late.
    Row,
    /// A broadcast that was late.
    Broadcast,
    /// Some late broadcast never comes.
    Lose,
    /// A sweep whose answer comes at once.
    Sweep,
    /// A sweep that reads the inbox now and is answered by the next `Answer`.
    Read,
    Answer,
    /// The process dies, and with it what it was to be told.
    Crash,
    Reboot,
    /// A session, and time between sessions: this is when journals are compacted.
    Session,
    /// Days go by, after all that was late has come.
    Days(u64),
    /// The wall clock is set.
    Step(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0u8..6, any::<bool>(), prop::option::of(any::<bool>()))
            .prop_map(|(kind, row_late, broadcast)| Act::Arrive { kind, row_late, broadcast }),
        3 => Just(Act::Row),
        3 => Just(Act::Broadcast),
        1 => Just(Act::Lose),
        2 => Just(Act::Sweep),
        2 => Just(Act::Read),
        2 => Just(Act::Answer),
        2 => Just(Act::Crash),
        1 => Just(Act::Reboot),
        2 => Just(Act::Session),
        1 => (1u64..18).prop_map(Act::Days),
        1 => (-72i64..72).prop_map(Act::Step),
    ]
}

const UNSTAMPED: &str = "without a stamp";

struct Walk {
    rig: Rig,
    late_rows: Vec<InboxRow>,
    late_broadcasts: Vec<InboxRow>,
}

impl Walk {
    fn act(&mut self, act: Act) {
        match act {
            Act::Arrive { kind, row_late, broadcast } => self.arrive(kind, row_late, broadcast),
            Act::Row => {
                if let Some(row) = self.late_rows.pop() {
                    self.store(row);
                }
            }
            Act::Broadcast => {
                if let Some(row) = self.late_broadcasts.pop() {
                    self.rig.input(told(&row));
                }
            }
            Act::Lose => drop(self.late_broadcasts.pop()),
            Act::Sweep => {
                self.answer();
                sweep(&mut self.rig);
            }
            Act::Read => {
                self.rig.hold_sweeps = true;
                sweep(&mut self.rig);
                self.rig.hold_sweeps = false;
            }
            Act::Answer => self.answer(),
            Act::Crash => self.reborn(self.rig.now.plus(2_000)),
            Act::Reboot => self.reborn(rebooted(self.rig.now, 30_000)),
            Act::Session => {
                self.rig.connect();
                self.rig.disconnect();
            }
            Act::Days(days) => {
                self.settle();
                self.rig.connect();
                self.rig.disconnect();
                self.rig.now = self.rig.now.plus(days * DAY_MS);
                self.rig.input(Input::Tick);
                self.rig.connect();
                self.rig.disconnect();
            }
            Act::Step(hours) => {
                // The walk ends with a sweep, and what it can no longer see is not its business.
                self.settle();
                self.rig.now.wall_ms += hours * 3_600_000;
            }
        }
    }

    fn arrive(&mut self, kind: u8, row_late: bool, broadcast: Option<bool>) {
        let at = self.rig.now;
        // Two texts with stamps so coarse that many are alike; one where the inbox has none, or nobody has.
        let smsc_at_ms = (kind < 5).then_some(at.wall_ms / 60_000);
        let body = if kind < 4 { format!("text {}", kind % 2) } else { UNSTAMPED.into() };
        let sms = InboxRow { smsc_at_ms, ..row(&body, at) };
        match broadcast {
            Some(true) => self.rig.input(told(&sms)),
            Some(false) => self.late_broadcasts.push(sms.clone()),
            None => {}
        }
        let row = if kind < 4 { sms } else { InboxRow { smsc_at_ms: None, ..sms } };
        if row_late { self.late_rows.push(row) } else { self.store(row) }
    }

    fn store(&mut self, row: InboxRow) {
        let received_wall_ms = self.rig.now.wall_ms;
        self.rig.inbox.push(InboxRow { received_wall_ms, ..row });
    }

    fn answer(&mut self) {
        for answer in std::mem::take(&mut self.rig.held) {
            self.rig.input(answer);
        }
    }

    fn settle(&mut self) {
        while let Some(row) = self.late_rows.pop() {
            self.store(row);
        }
        while let Some(row) = self.late_broadcasts.pop() {
            self.rig.input(told(&row));
        }
        self.answer();
        sweep(&mut self.rig);
    }

    fn reborn(&mut self, now: Now) {
        self.late_broadcasts.clear();
        let kept = std::mem::take(&mut self.rig.kept);
        let old = std::mem::replace(&mut self.rig, Rig::new());
        self.rig = old.restart(now);
        self.rig.kept = kept;
        self.rig.input(Input::Tick);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn whatever_happens_a_last_sweep_leaves_each_text_as_often_as_it_came(
        acts in prop::collection::vec(act(), 1..60)
    ) {
        let mut walk = Walk { rig: Rig::new(), late_rows: vec![], late_broadcasts: vec![] };
        // So late that no step of the clock makes it look unset.
        walk.rig.now = walk.rig.now.plus(365 * DAY_MS);
        for act in acts {
            walk.act(act);
        }
        walk.settle();
        let mut counts: BTreeMap<(&str, Option<i64>), (usize, usize)> = BTreeMap::new();
        for row in &walk.rig.inbox {
            counts.entry((&row.body, row.smsc_at_ms)).or_default().0 += 1;
        }
        for sms in &walk.rig.kept {
            let stamp = sms.smsc_at_ms.filter(|_| sms.body != UNSTAMPED);
            counts.entry((&sms.body, stamp)).or_default().1 += 1;
        }
        for (key, (came, kept)) in counts {
            prop_assert_eq!(came, kept, "{:?}", key);
        }
    }
}
