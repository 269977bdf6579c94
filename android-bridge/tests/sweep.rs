//! The sweep of the system's inbox: whatever arrived is journalled once, however the phone learnt of it.

mod support;

use std::collections::BTreeMap;

use android_bridge::{
    book::Via,
    clock::Now,
    engine::{InboxRow, Input},
    sim::demo_sim,
};
use device_protocol::{Event, Sim, SimRef, event::InboundSource, limits::SWEEP_INTERVAL_MS};
use support::{
    NUMBER,
    inbox::{DAY_MS, HOUR_MS, SOON_MS, bodies, row, sweep, told, vias},
    rebooted,
    rig::Rig,
};

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
