//! The sweep of the system's inbox: whatever arrived is journalled once, however the phone learnt of it.

mod support;

use std::{collections::BTreeMap, sync::Arc};

use android_bridge::{
    book::{Book, KEEP_MARKS_MS, MAX_KEPT_MARKS, Mark, Via},
    clock::Now,
    engine::{InboxRow, Input},
    handset::{Effect, Handset},
    journal::{MemoryJournal, Record},
    sim::{CarrierProfile, Chance, World, demo_sim},
    witness::Blind,
};
use device_protocol::{Event, Sim, SimRef, event::InboundSource, limits::SWEEP_INTERVAL_MS};
use proptest::prelude::*;
use support::{NUMBER, id, rebooted, rig::Rig, rig::birth, sims, start_of_time};

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Longer than the phone lets pass between a change and its sweep.
const SOON_MS: u64 = 10_000;

fn row(body: &str, now: Now) -> InboxRow {
    InboxRow {
        slot: 0,
        sim: Some(demo_sim(0, NUMBER).reference()),
        from: "+43664000".into(),
        body: body.into(),
        parts: 1,
        smsc_at_ms: Some(now.wall_ms),
        received_wall_ms: now.wall_ms,
    }
}

/// The broadcast of a row.
fn told(row: &InboxRow) -> Input {
    let InboxRow { slot, from, body, parts, smsc_at_ms, .. } = row.clone();
    Input::SmsReceived { slot, from, body, parts, smsc_at_ms }
}

fn sweep(rig: &mut Rig) {
    rig.input(Input::InboxChanged);
    rig.pass_waking(SOON_MS);
}

fn bodies(rig: &Rig) -> Vec<(String, InboundSource)> {
    let inbound = rig.phone.engine().book().facts.iter().filter_map(|fact| match &fact.event {
        Event::Inbound(inbound) => Some((inbound.body.clone(), inbound.source)),
        _ => None,
    });
    inbound.collect()
}

fn vias(rig: &Rig) -> Vec<Via> {
    rig.phone.engine().book().marks.values().map(|mark| mark.via).collect()
}

#[test]
fn a_text_swept_before_its_broadcast_is_journalled_once() {
    let mut rig = Rig::new();
    let text = row("hello", rig.now);
    rig.inbox.push(text.clone());
    sweep(&mut rig);
    assert_eq!(bodies(&rig), [("hello".into(), InboundSource::Sweep)]);
    assert_eq!(vias(&rig), [Via::Sweep]);
    rig.input(told(&text));
    assert_eq!((bodies(&rig).len(), vias(&rig)), (1, vec![Via::Claimed]));
    // A claimed entry is no other broadcast's.
    rig.input(told(&text));
    assert_eq!(vias(&rig), [Via::Claimed, Via::Broadcast]);
}

#[test]
fn a_claim_outlives_the_process() {
    let mut rig = Rig::new();
    let text = row("hello", rig.now);
    rig.inbox.push(text.clone());
    sweep(&mut rig);
    rig.input(told(&text));
    let now = rig.now.plus(1_000);
    let mut rig = rig.restart(now);
    assert_eq!(vias(&rig), [Via::Claimed]);
    rig.input(told(&text));
    assert_eq!(bodies(&rig).len(), 2);
}

#[test]
fn a_text_that_no_living_process_was_told_of_is_found_at_the_next_start() {
    let mut rig = Rig::new();
    rig.input(Input::Tick);
    rig.inbox.push(row("while dead", rig.now));
    let now = rig.now.plus(90_000);
    let mut rig = rig.restart(now);
    rig.input(Input::Tick);
    assert_eq!(bodies(&rig), [("while dead".into(), InboundSource::Sweep)]);
    let now = rebooted(rig.now, 1_000);
    let mut rig = rig.restart(now);
    rig.input(Input::Tick);
    assert_eq!(bodies(&rig).len(), 1, "and not again at the one after");
}

#[test]
fn a_broadcast_that_is_never_told_is_found_within_a_quarter_of_an_hour() {
    let mut rig = Rig::new();
    rig.input(Input::Tick);
    rig.inbox.push(row("lost", rig.now));
    rig.pass_waking(SWEEP_INTERVAL_MS - 1);
    assert_eq!(rig.sweeps, 1, "nobody said that the inbox had changed");
    rig.pass_waking(1);
    assert_eq!(bodies(&rig), [("lost".into(), InboundSource::Sweep)]);
}

#[test]
fn a_flood_of_changes_is_one_sweep_at_a_time() {
    let mut rig = Rig::new();
    rig.hold_sweeps = true;
    rig.pass_waking(60_000);
    assert_eq!(rig.sweeps, 1, "the one of the start");
    for _ in 0..100 {
        rig.input(Input::InboxChanged);
        rig.pass_waking(100);
    }
    assert_eq!(rig.sweeps, 2, "ten seconds of changes are one sweep");
    for _ in 0..600 {
        rig.input(Input::InboxChanged);
        rig.pass_waking(100);
    }
    assert_eq!(rig.sweeps, 2, "and the next waits for its answer");
    for answer in std::mem::take(&mut rig.held) {
        rig.input(answer);
    }
    rig.pass_waking(1);
    assert_eq!(rig.sweeps, 3, "a change that came meanwhile is not forgotten");
    rig.pass_waking(SWEEP_INTERVAL_MS);
    assert_eq!(rig.sweeps, 4, "an answer that never comes does not end the sweeping");
}

/// Every order of two rows and two broadcasts, with sweeps anywhere and any broadcast lost.
#[test]
fn two_identical_texts_in_one_second_stay_two_in_any_order() {
    let orders = [0, 1, 2, 3].into_iter().flat_map(|a| {
        let rest = move |taken: &[usize]| (0..4).filter(|n| !taken.contains(n)).collect::<Vec<_>>();
        rest(&[a])
            .into_iter()
            .flat_map(move |b| rest(&[a, b]).into_iter().map(move |c| [a, b, c, rest(&[a, b, c])[0]]))
    });
    for order in orders {
        for sweeps in 0..16 {
            for lost in 0..4 {
                let mut rig = Rig::new();
                let text = row("same", rig.now);
                for (step, what) in order.into_iter().enumerate() {
                    match what {
                        0 | 1 => rig.inbox.push(text.clone()),
                        n if lost & (1 << (n - 2)) == 0 => rig.input(told(&text)),
                        _ => {}
                    }
                    if sweeps & (1 << step) != 0 {
                        sweep(&mut rig);
                    }
                }
                sweep(&mut rig);
                sweep(&mut rig);
                assert_eq!(bodies(&rig).len(), 2, "order {order:?}, sweeps {sweeps:04b}, lost {lost:02b}");
            }
        }
    }
}

#[test]
fn texts_that_differ_in_sender_text_or_second_are_not_each_other() {
    let mut rig = Rig::new();
    let text = row("hello", rig.now);
    rig.input(told(&text));
    rig.inbox.push(InboxRow { from: "+43664001".into(), ..text.clone() });
    rig.inbox.push(InboxRow { body: "hello!".into(), ..text.clone() });
    rig.inbox.push(InboxRow { smsc_at_ms: text.smsc_at_ms.map(|at| at + 1_000), ..text.clone() });
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 4);
    rig.inbox.push(text);
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 4);
}

#[test]
fn where_the_inbox_has_no_time_stamps_the_hour_decides() {
    let mut rig = Rig::new();
    let text = row("again and again", rig.now);
    rig.input(told(&text));
    rig.inbox.push(InboxRow { smsc_at_ms: None, ..text });
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 1);
    rig.now = rig.now.plus(DAY_MS);
    // Its row of yesterday was deleted by the phone's owner: the mark is not another text's.
    rig.inbox = vec![InboxRow { smsc_at_ms: None, ..row("again and again", rig.now) }];
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 2);
}

#[test]
fn a_text_in_many_parts_is_one_row_and_cut_as_its_broadcast_was() {
    let mut rig = Rig::new();
    let long = InboxRow { parts: 255, body: "é".repeat(50_000), from: "x".repeat(500), ..row("", rig.now) };
    rig.input(told(&long));
    rig.inbox.push(long);
    let other = InboxRow { parts: 0, body: "two parts".repeat(20), ..row("", rig.now) };
    rig.inbox.push(other);
    sweep(&mut rig);
    let parts: Vec<u16> = rig.kept.iter().map(|sms| sms.parts).collect();
    assert_eq!(parts, [255, 1]);
}

#[test]
fn one_text_to_both_sims_is_two_and_a_sim_in_another_slot_is_still_itself() {
    let mut rig = Rig::new();
    let other = demo_sim(1, "+15550100001");
    rig.input(Input::Sims(vec![demo_sim(0, NUMBER), other.clone()]));
    let first = row("to everyone", rig.now);
    let second = InboxRow { slot: 1, sim: Some(other.reference()), ..first.clone() };
    rig.input(told(&first));
    rig.inbox = vec![first.clone(), second.clone()];
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 2);
    let slots: Vec<(u8, SimRef)> = rig.kept.iter().map(|sms| (sms.slot, sms.sim.clone())).collect();
    assert_eq!(slots, [(0, demo_sim(0, NUMBER).reference()), (1, other.reference())]);
    // The SIMs change places, and the system names the slots that they are in now; later it forgets them.
    rig.input(Input::Sims(vec![Sim { slot: 0, ..other }, demo_sim(1, NUMBER)]));
    rig.inbox = vec![InboxRow { slot: 1, ..first.clone() }, InboxRow { slot: 0, ..second.clone() }];
    sweep(&mut rig);
    rig.inbox = vec![InboxRow { sim: None, ..first }, InboxRow { sim: None, ..second }];
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 2);
}

#[test]
fn a_number_that_was_told_later_makes_no_second_text() {
    let mut rig = Rig::new();
    let text = row("hello", rig.now);
    rig.input(told(&text));
    let renumbered = SimRef { number: Some("+15559999999".into()), ..SimRef::default() };
    rig.inbox.push(InboxRow { sim: Some(renumbered), ..text });
    sweep(&mut rig);
    assert_eq!(bodies(&rig).len(), 1);
}

/// The app is installed anew: its journal is empty, the system's inbox is not.
#[test]
fn a_new_journal_sweeps_the_last_fourteen_days_and_tells_their_age() {
    let mut rig = Rig::new();
    let start = rig.now;
    let ages: Vec<u64> =
        vec![0, 1, HOUR_MS, 5 * DAY_MS, 14 * DAY_MS - 60_000, 14 * DAY_MS, 15 * DAY_MS, 400 * DAY_MS];
    for age in &ages {
        let received_wall_ms = start.wall_ms - i64::try_from(*age).unwrap();
        rig.inbox.push(InboxRow { received_wall_ms, ..row(&format!("{age}"), start) });
    }
    rig.inbox.push(InboxRow { received_wall_ms: start.wall_ms + 60_000, ..row("future", start) });
    rig.input(Input::InboxChanged);
    rig.pass_waking(SOON_MS);
    rig.pass_waking(50_000);
    rig.connect();
    let heard: BTreeMap<String, (InboundSource, i64, u64)> = rig
        .hub
        .events
        .values()
        .filter_map(|event| match event {
            Event::Inbound(sms) => {
                Some((sms.body.clone(), (sms.source, sms.at.wall_ms, sms.at.age_ms.unwrap())))
            }
            _ => None,
        })
        .collect();
    assert_eq!(heard.len(), 5 + 1);
    for age in &ages[..5] {
        let (source, wall_ms, age_ms) = heard[&format!("{age}")];
        assert_eq!(source, InboundSource::Sweep);
        assert_eq!(wall_ms, start.wall_ms - i64::try_from(*age).unwrap());
        assert_eq!(age_ms, age + 60_000, "hub time minus the age is when it came");
    }
    assert!(heard["future"].2 <= 60_000, "an age is never negative");
}

#[test]
fn an_age_counts_on_over_a_restart() {
    let mut rig = Rig::new();
    rig.inbox.push(InboxRow { received_wall_ms: rig.now.wall_ms - 3_000, ..row("old", rig.now) });
    sweep(&mut rig);
    let now = rebooted(rig.now, 60_000);
    let mut rig = rig.restart(now);
    rig.connect();
    let ages: Vec<_> = rig.hub.events.values().map(|event| event.at().age_ms).collect();
    assert_eq!(ages, [Some(3_000 + SOON_MS + 60_000)]);
}

#[test]
fn before_the_clock_is_set_nothing_is_swept() {
    let rig = Rig::new();
    let now = Now { wall_ms: 5_000, mono_ms: 0, boot: 9 };
    let then = rig.now;
    let mut rig = rig.restart(now);
    for days in 0..100 {
        rig.inbox.push(InboxRow { received_wall_ms: then.wall_ms - days * 86_400_000, ..row("x", then) });
    }
    rig.input(Input::InboxChanged);
    rig.pass_waking(DAY_MS);
    assert_eq!((rig.sweeps, bodies(&rig).len()), (0, 0));
    rig.now.wall_ms = then.wall_ms;
    rig.pass_waking(60_000);
    assert_eq!((rig.sweeps, bodies(&rig).len()), (1, 14));
}

/// Lives with its journal compacted at every disconnect, for so many days of one text each.
fn a_life_of(days: u64) -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    for day in 0..days {
        let text = row(&format!("day {day}"), rig.now);
        rig.inbox.push(text.clone());
        rig.input(told(&text));
        rig.hub.upto();
        rig.disconnect();
        rig.now = rig.now.plus(DAY_MS);
        rig.connect();
    }
    rig
}

#[test]
fn pruned_marks_and_a_clock_set_back_make_no_old_text_new() {
    let rig = a_life_of(40);
    let marks = rig.phone.engine().book().marks.len();
    assert!((14..=17).contains(&marks), "{marks} marks are kept");
    for back_days in [1, 5, 10, 25, 39, 200] {
        for boots in [0, 1] {
            let mut rig = a_life_of(40);
            if boots > 0 {
                let now = rebooted(rig.now, 1_000);
                rig = rig.restart(now);
            }
            rig.now.wall_ms -= back_days * 86_400_000;
            let known = rig.phone.engine().book().marks.len();
            rig.pass_waking(SWEEP_INTERVAL_MS);
            sweep(&mut rig);
            assert_eq!(rig.phone.engine().book().marks.len(), known, "{back_days} days back");
        }
    }
}

#[test]
fn a_clock_that_was_far_ahead_over_a_reboot_makes_no_text_new_or_lost() {
    let mut rig = a_life_of(10);
    let right = rig.now;
    // A reboot in 2099: by the wall clock everything is ancient.
    let ahead = Now { wall_ms: right.wall_ms + 70 * 365 * 86_400_000, mono_ms: 10, boot: 7 };
    rig = rig.restart(ahead);
    // The journal is looked through once a day.
    rig.pass_waking(DAY_MS + 1);
    rig.connect();
    assert_eq!(rig.phone.engine().book().marks.len(), 0, "both clocks say that they may go");
    rig.now.wall_ms = right.wall_ms + 10_000;
    sweep(&mut rig);
    assert_eq!(rig.phone.engine().book().marks.len(), 0, "and yet nothing old is new");
    rig.now = rig.now.plus(2 * HOUR_MS);
    rig.inbox.push(row("after it", rig.now));
    sweep(&mut rig);
    assert_eq!(bodies(&rig), [("after it".into(), InboundSource::Sweep)]);
}

/// The broadcast came while the clock was wrong, the row was stored when it had been set right.
#[test]
fn a_mark_learns_the_time_of_its_row() {
    let mut rig = Rig::new();
    let right = rig.now.plus(30 * DAY_MS);
    let text = row("hello", right);
    rig.input(told(&text));
    rig.inbox.push(text);
    rig.now.wall_ms = right.wall_ms;
    sweep(&mut rig);
    rig.connect();
    let now = Now { wall_ms: right.wall_ms + 13 * 86_400_000, mono_ms: 10, boot: 5 };
    rig.disconnect();
    let mut rig = rig.restart(now);
    rig.input(Input::Tick);
    rig.connect();
    rig.disconnect();
    sweep(&mut rig);
    assert_eq!(rig.phone.engine().book().marks.len(), 1);
    assert_eq!(rig.phone.engine().book().front.head, 1);
}

#[test]
fn what_was_too_old_for_the_first_sweep_stays_so_when_the_clock_is_set_back() {
    let mut rig = Rig::new();
    rig.inbox.push(InboxRow { received_wall_ms: rig.now.wall_ms - 20 * 86_400_000, ..row("old", rig.now) });
    rig.input(Input::Tick);
    sweep(&mut rig);
    rig.now.wall_ms -= 15 * 86_400_000;
    sweep(&mut rig);
    assert_eq!(bodies(&rig), []);
}

#[test]
fn too_many_marks_go_oldest_first_and_their_rows_are_not_swept_again() {
    let now = start_of_time();
    let mut book = Book::new(id(1), id(2));
    let many = u64::try_from(MAX_KEPT_MARKS).unwrap() + 10;
    let mark = |number: u64| Mark {
        number,
        slot: 0,
        sim: SimRef::default(),
        from: "+1".into(),
        smsc_at_ms: None,
        digest: String::new(),
        at: now,
        // Numbers and times run against each other: it is the row's time that counts.
        row_wall_ms: now.wall_ms - i64::try_from(number).unwrap() * 4,
        via: Via::Broadcast,
    };
    book.front.head = many;
    (1..=many).for_each(|number| book.apply(Record::Mark(mark(number))));
    book.prune_marks(now);
    assert_eq!(book.marks.len(), MAX_KEPT_MARKS);
    assert!(book.marks.contains_key(&1) && !book.marks.contains_key(&many));
    let highest_gone = mark(many - 9).row_wall_ms;
    assert!(book.front.horizon_ms.is_some_and(|horizon| horizon >= highest_gone));
    assert_eq!(Book::replay(book.snapshot()), Some(book));
}

#[test]
fn a_mark_stays_as_long_as_its_fact_and_as_either_clock_wants() {
    let now = start_of_time();
    let aged = |wall_ms: u64, mono_ms: u64| Now {
        wall_ms: now.wall_ms.saturating_add_unsigned(wall_ms),
        mono_ms: now.mono_ms + mono_ms,
        ..now
    };
    let kept_at = |later: Now| {
        let mut rig = Rig::new();
        rig.sms("hello");
        let mut book = rig.phone.engine().book().clone();
        book.prune_marks(later);
        assert_eq!(book.marks.len(), 1, "its fact is kept");
        book.facts.clear();
        book.prune_marks(later);
        assert_eq!(Book::replay(book.snapshot()), Some(book.clone()));
        !book.marks.is_empty()
    };
    let old = KEEP_MARKS_MS + 1;
    assert!(kept_at(aged(old, 1_000)) && kept_at(aged(0, old)) && kept_at(aged(old - 1, old)));
    assert!(!kept_at(aged(old, old)));
    // After a reboot the wall clock is both.
    assert!(!kept_at(Now { boot: 2, ..aged(old, 0) }));
}

#[test]
fn a_journal_from_before_there_were_marks_knows_its_texts_all_the_same() {
    let mut rig = Rig::new();
    let texts = [row("one", rig.now), row("two", rig.now)];
    texts.iter().for_each(|text| rig.input(told(text)));
    let older: Vec<Record> = rig
        .phone
        .engine()
        .book()
        .snapshot()
        .into_iter()
        .map(|record| {
            let mut json = serde_json::to_value(record).unwrap();
            if let Some(front) = json.get_mut("front") {
                front.as_object_mut().unwrap().remove("horizon_ms");
            }
            serde_json::from_value(json).unwrap()
        })
        .collect();
    let book = Book::replay(older).unwrap();
    assert_eq!((book.marks.len(), book.front.horizon_ms), (2, None));
}

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
