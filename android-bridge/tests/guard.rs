//! The radio guard against an oracle, over random traffic.

mod support;

use android_bridge::{
    clock::Now,
    engine::{Guard, GuardLimits},
};
use device_protocol::Settings;
use proptest::prelude::*;
use support::{message, rig::Rig, start_of_time};

fn at(ms: u64) -> Now {
    Now { mono_ms: ms, ..start_of_time() }
}

/// Segments in every closed window that begins with a departure; a lone long one counts as the limit.
fn fullest(departures: &[(u64, u32)], limits: GuardLimits) -> u32 {
    let window = |from: u64| {
        departures
            .iter()
            .filter(move |(at, _)| (from..=from + limits.window_ms).contains(at))
            .collect::<Vec<_>>()
    };
    let fill = |inside: Vec<&(u64, u32)>| match inside.as_slice() {
        [(_, lone)] => (*lone).min(limits.segments),
        many => many.iter().map(|(_, segments)| segments).sum(),
    };
    departures.iter().map(|(from, _)| fill(window(*from))).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_and_none_waits_longer_than_it_must(
        limit in 1u32..30,
        window_ms in 1u64..5_000,
        traffic in prop::collection::vec((0u64..3_000, 1u32..40), 1..60),
    ) {
        let limits = GuardLimits { segments: limit, window_ms };
        let mut guard = Guard::default();
        let mut now = 10_000;
        let mut departures: Vec<(u64, u32)> = vec![];
        for (pause, segments) in traffic {
            now += pause;
            let earliest = guard.earliest(segments, limits, at(now)) as u64;
            if earliest > now {
                // One millisecond earlier would have broken the limit.
                let mut too_early = departures.clone();
                too_early.push((earliest - 1, segments));
                let crowded = fullest(&too_early, limits) > limit
                    || too_early.iter().rev().skip(1).any(|(then, _)| earliest - 1 - then <= window_ms && segments > limit);
                prop_assert!(crowded);
                now = earliest;
            }
            prop_assert!(guard.earliest(segments, limits, at(now)) as u64 <= now);
            guard.depart(segments, limits, at(now));
            departures.push((now, segments));
            prop_assert!(fullest(&departures, limits) <= limit);
        }
    }

    #[test]
    fn the_line_keeps_the_guard_in_order(
        parts in prop::collection::vec(1u16..7, 1..25),
        limit in 0u32..10,
    ) {
        let mut rig = Rig::new();
        rig.hub.settings = Settings {
            guard_segments: limit,
            guard_window_ms: 2_000,
            radio_answer_timeout_ms: 1_000,
            ..Settings::default()
        };
        rig.connect();
        let mut left: Vec<(u64, u32)> = vec![];
        for (n, parts) in parts.iter().enumerate() {
            rig.send(device_protocol::Send { parts: *parts, ..message(n as u128 + 1, n as u64 + 1) });
            note(&mut left, &rig);
        }
        for _ in 0..200 {
            let Some(wake) = rig.phone.wakes_at_ms(rig.now) else { break };
            rig.pass(wake.saturating_sub(rig.now.mono_ms));
            note(&mut left, &rig);
        }
        let order: Vec<u128> = rig.submitted.iter().map(|one| one.id.as_u128()).collect();
        prop_assert_eq!(order, (1..=parts.len() as u128).collect::<Vec<_>>());
        if limit > 0 {
            let limits = GuardLimits { segments: limit, window_ms: 2_000 };
            prop_assert!(fullest(&left, limits) <= limit);
        }
    }
}

#[test]
fn a_guard_that_is_off_remembers_nothing() {
    let limits = |segments| GuardLimits { segments, window_ms: 60_000 };
    let mut guard = Guard::default();
    guard.depart(5, limits(0), at(1_000));
    assert_eq!(guard.earliest(1, limits(5), at(1_000)), 1_000);
    guard.depart(5, limits(5), at(1_000));
    assert_eq!(guard.earliest(1, limits(5), at(1_000)), 61_001);
    assert_eq!(guard.earliest(1, limits(0), at(1_000)), 1_000);
}

fn note(left: &mut Vec<(u64, u32)>, rig: &Rig) {
    for submission in &rig.submitted[left.len()..] {
        left.push((rig.now.mono_ms, u32::from(submission.parts)));
    }
}
