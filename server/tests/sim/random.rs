//! Random walks: traffic and faults from one seed, then everything is healed, and everything must be well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use android_bridge::engine::Service;
use android_bridge::sim::{CarrierProfile, Chance, demo_sim};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use relay_domain::MessageId;
use relay_domain::device::Restored;
use relay_domain::message::{Outbound, Priority};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::changes::{CancelVerdict, Drain, HeldDecision};
use relay_store::queries::{ListInbound, Window};

use super::coverage::Coverage;
use super::faults::{FAULTS, Told, Walk};
use super::phone::SimPhone;
use super::simulation::{PhoneSpec, Simulation, Wanted, number};

/// Virtual milliseconds of trouble in each seed.
const TROUBLE_MS: u64 = 600_000;
/// Receipts of some worlds are so late.
const DAYS_MS: u64 = 2 * 86_400_000;
/// Below so many seeds a blind spot is chance.
const SEEDS_THAT_SEE_EVERYTHING: u64 = 500;

/// What walks must have seen besides the faults.
const ENDS: [&str; 18] = [
    "delivered",
    "sent",
    "failed",
    "uncertain",
    "expired",
    "canceled",
    "lost with the restored hub",
    "scheduled",
    "asked again",
    "hub died before it answered",
    "older files refused",
    "replaced after draining",
    "held for the operator",
    "sessions healed",
    "inbound",
    "told",
    "told again",
    "taken, and the answer lost",
];

#[test]
fn every_seed_ends_healed_and_the_ledger_is_clean() {
    let coverage = Coverage::default();
    if let Ok(seed) = std::env::var("RELAY_SIM_SEED") {
        return walk(seed.parse().expect("RELAY_SIM_SEED is a number"), &coverage, Told::Aloud);
    }
    let seeds: u64 = std::env::var("RELAY_SIM_SEEDS")
        .map_or(1_000, |seeds| seeds.parse().expect("RELAY_SIM_SEEDS is a number"));
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds)
                {
                    let walked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        walk(seed, &coverage, Told::Silently)
                    }));
                    if let Err(why) = walked {
                        eprintln!("seed {seed} failed: replay it with RELAY_SIM_SEED={seed}");
                        std::panic::resume_unwind(why);
                    }
                }
            });
        }
    });
    let faults = FAULTS.map(|(name, ..)| name);
    let blind = coverage.report(&faults, &ENDS);
    assert!(
        seeds < SEEDS_THAT_SEE_EVERYTHING || blind.is_empty(),
        "in {seeds} seeds there was never {}: the walk has blind spots",
        blind.join(", never ")
    );
}

fn walk(seed: u64, coverage: &Coverage, told: Told) {
    let mut dice = StdRng::seed_from_u64(seed);
    let calm = CarrierProfile { reply_after_ms: None, ..CarrierProfile::default() };
    let late = CarrierProfile { late_receipt: Chance(300_000), late_receipt_ms: DAYS_MS, ..calm.clone() };
    // Days of virtual time take their while, so few worlds have them.
    let days = seed % 16 == 7;
    let others = if days { calm.clone() } else { CarrierProfile::rough() };
    let specs = vec![
        PhoneSpec { sims: 1, profile: others.clone() },
        PhoneSpec { sims: 2, profile: others },
        PhoneSpec { sims: 1, profile: if days { late } else { calm } },
    ];
    let mut simulation = Simulation::without_phones(seed, Quota::new(6, 30).unwrap());
    // Telling costs more than all the rest, so not every world has somebody who listens.
    if seed.is_multiple_of(8) {
        simulation.subscribe();
    }
    simulation.add_phones(seed, specs);
    simulation.phones[2].set_clock_off(dice.random_range(-86_400_000..=86_400_000));
    let end = simulation.clock.elapsed_ms() + TROUBLE_MS;
    let mut walk = Walk { simulation, dice, coverage, snapshot: None, told };
    let mut texts = 0;
    while walk.simulation.clock.elapsed_ms() < end {
        let pause = walk.dice.random_range(1..4_000);
        walk.simulation.run_ms(pause);
        match walk.dice.random_range(0..100) {
            0..60 => send(&mut walk, &mut texts),
            60..62 => take_back(&mut walk),
            _ => walk.fault(),
        }
    }
    let mut simulation = walk.simulation;
    heal(&mut simulation, coverage, if days { DAYS_MS } else { 0 });
    judge(simulation, seed, coverage, told);
}

/// A few messages as customers want them.
fn send(walk: &mut Walk<'_>, texts: &mut u64) {
    let Walk { simulation, dice, coverage, .. } = walk;
    let key = dice.random_range(0..simulation.keys.len());
    let expires = dice.random_bool(0.15).then(|| dice.random_range(0..30_000));
    for _ in 0..dice.random_range(1..4) {
        *texts += 1;
        let wanted = Wanted { expires_in_ms: expires, ..want(simulation, dice, &format!("+1666{texts:07}")) };
        let told = simulation.ask_for(key, &wanted);
        // The hub dies after COMMIT and before it has told anyone.
        if dice.random_bool(0.01) && simulation.hub.is_up() {
            coverage.end("hub died before it answered");
            simulation.crash_hub();
        }
        if wanted.named && told.is_some() && dice.random_bool(0.5) {
            coverage.end("asked again");
            ask_again(simulation, key, &wanted, told);
        }
    }
}

/// A message as customers want them: mostly plain.
fn want(simulation: &Simulation, dice: &mut StdRng, to: &str) -> Wanted {
    let later = dice.random_bool(0.1).then(|| dice.random_range(1..60_000));
    Wanted {
        priority: Priority::ALL[dice.random_range(0..3)],
        scheduled_at: later.map(|ms| simulation.now().plus(Duration::from_millis(ms))),
        named: dice.random_bool(0.3),
        ..Wanted::to(to)
    }
}

/// The same request under the same name, however long its schedule has passed: the same message.
fn ask_again(simulation: &mut Simulation, key: usize, wanted: &Wanted, told: Option<Outbound>) {
    if !simulation.hub.is_up() {
        simulation.hub.start();
    }
    let again = simulation.ask_for(key, wanted);
    assert_eq!(again.map(|message| message.id), told.map(|message| message.id));
}

/// What was accepted lately is taken back, wherever it is by now.
fn take_back(walk: &mut Walk<'_>) {
    let Walk { simulation, dice, coverage, .. } = walk;
    let accepted = simulation.judge.accepted.len();
    if accepted == 0 {
        return;
    }
    let id = simulation.judge.accepted[dice.random_range(accepted.saturating_sub(8)..accepted)];
    let before = simulation.hub.is_up().then(|| simulation.message(id));
    match simulation.cancel(id) {
        Some(CancelVerdict::Canceled(message)) => {
            coverage.end("canceled");
            assert_eq!(message.dispatch, None, "what a phone has is not canceled");
            assert!(before.is_some_and(|before| !before.is_held()), "nor what a phone may have had");
        }
        Some(CancelVerdict::TooLate(message)) => assert_eq!(Some(*message), before),
        Some(CancelVerdict::NoSuchMessage) => panic!("an accepted message is gone"),
        None => {}
    }
}

/// No more faults: the hub runs, every phone is paired and runs, has its SIMs and service, and is connected.
fn heal(simulation: &mut Simulation, coverage: &Coverage, patience_ms: u64) {
    if !simulation.hub.is_up() {
        simulation.hub.start();
    }
    simulation.wake_frozen();
    simulation.heal_receivers();
    for index in 0..simulation.phones.len() {
        simulation.drain(index, Drain::End);
        simulation.phones[index].world.swap_sim(0, Some(demo_sim(0, &number(index, 0))));
        simulation.phones[index].world.set_service(0, Service::Available);
        if !simulation.phones[index].is_running() {
            let now = simulation.clock.elapsed_ms();
            simulation.phones[index].start(now);
        }
    }
    // Who leaves may go, who was revoked is paired again.
    simulation.run_ms(180_000);
    for index in 0..simulation.phones.len() {
        if simulation.phones[index].stopped.is_some() || !simulation.token_lives(index) {
            simulation.pair_again(index);
        }
    }
    // Receipts may be ten minutes late, answers seven.
    simulation.sweep_every_ms = 20_000;
    simulation.run_ms(1_500_000);
    simulation.sweep_every_ms = 60_000;
    simulation.run_ms(patience_ms);
    // The last texts arrive, and are found in the inbox where nobody was told of them.
    simulation.phones.iter_mut().for_each(|phone| phone.world.hush());
    simulation.run_ms(1_000_000);
    for (device_id, restored) in simulation.holding() {
        assert_eq!(restored, Restored::Unclear, "what is clear is not held");
        coverage.end("held for the operator");
        simulation.decide_held(device_id, HeldDecision::GiveUp);
    }
    let mut waiting = simulation.judge.accepted.clone();
    simulation.run_until("every message has ended or is uncertain, and every phone is quiet", |simulation| {
        simulation.phones.iter().all(is_quiet) && nothing_waits(simulation, &mut waiting)
    });
    simulation.run_until("every webhook was told everything", Simulation::all_told);
    (0..simulation.receivers.unheard).for_each(|_| coverage.end("taken, and the answer lost"));
    (0..simulation.hub.healed).for_each(|_| coverage.end("sessions healed"));
}

fn is_quiet(phone: &SimPhone) -> bool {
    assert_eq!(phone.stopped, None, "a healed phone was told to stop");
    phone.is_quiet()
}

/// Asks for one message that waits until it waits no more, and for all of them only then: this is asked at each turn.
fn nothing_waits(simulation: &mut Simulation, waiting: &mut Vec<MessageId>) -> bool {
    let waits = |simulation: &mut Simulation, id: MessageId| {
        let state = simulation.message(id).state;
        !state.has_ended() && !state.is_uncertain()
    };
    while let Some(&last) = waiting.last() {
        if waits(simulation, last) {
            return false;
        }
        waiting.pop();
    }
    let accepted = simulation.judge.accepted.clone();
    waiting.extend(accepted.into_iter().filter(|&id| waits(simulation, id)));
    waiting.is_empty()
}

fn judge(mut simulation: Simulation, seed: u64, coverage: &Coverage, told: Told) {
    let now = simulation.now();
    simulation.judge.settled(now);
    (0..simulation.judge.lost).for_each(|_| coverage.end("lost with the restored hub"));
    for id in simulation.judge.accepted.clone() {
        let message = simulation.message(id);
        if let (Some(at), Some(dispatch)) = (message.scheduled_at, message.dispatch) {
            coverage.end("scheduled");
            let early = dispatch.at < at && !simulation.judge.clock_was_set;
            assert!(!early, "seed {seed}: it left before its schedule");
        }
        match message.state.rank {
            Rank::Delivered => coverage.end("delivered"),
            Rank::Dispatched => coverage.end("uncertain"),
            Rank::Expired => coverage.end("expired"),
            Rank::Sent => coverage.end("sent"),
            rank if rank.is_failure() => coverage.end("failed"),
            _ => {}
        };
        simulation.judge.observed(&message, now);
    }
    let window = Window { offset: 0, limit: 100_000 };
    let all =
        ListInbound { account_id: simulation.account, number: None, filter: Default::default(), window };
    for message in simulation.hub.ask(all).unwrap().rows {
        coverage.end("inbound");
        simulation.judge.inbound(&message);
    }
    if told == Told::Aloud {
        simulation
            .witness
            .lines()
            .iter()
            .for_each(|line| eprintln!("{}", serde_json::to_string(line).unwrap()));
    }
    let verdict = simulation.judge.verdict(&simulation.witness);
    (0..verdict.counts.told).for_each(|_| coverage.end("told"));
    (0..verdict.counts.told_again).for_each(|_| coverage.end("told again"));
    assert!(verdict.is_clean(), "seed {seed} (replay with RELAY_SIM_SEED={seed}):\n{verdict}");
}
