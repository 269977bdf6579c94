//! Random walks: traffic and faults from one seed, then everything is healed, and everything must be well.

use std::sync::atomic::{AtomicU64, Ordering};

use android_bridge::engine::Service;
use android_bridge::sim::{CarrierProfile, demo_sim};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use relay_domain::message::{Outbound, Priority};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::changes::CancelVerdict;
use relay_store::queries::{ListInbound, Window};

use super::phone::SimPhone;
use super::simulation::{PhoneSpec, Simulation, Wanted, number};

/// Virtual milliseconds of trouble in each seed.
const TROUBLE_MS: u64 = 600_000;

/// What the walks did, over all seeds: a fault that never bites would show as zero.
#[derive(Default)]
struct Coverage {
    hub_crashes: AtomicU64,
    phone_crashes: AtomicU64,
    reinstalls: AtomicU64,
    links_lost: AtomicU64,
    links_half_open: AtomicU64,
    sims_swapped: AtomicU64,
    messages: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    uncertain: AtomicU64,
    expired: AtomicU64,
    canceled: AtomicU64,
    scheduled: AtomicU64,
    asked_again: AtomicU64,
    inbound: AtomicU64,
}

#[test]
fn every_seed_ends_healed_and_the_ledger_is_clean() {
    let coverage = Coverage::default();
    if let Ok(seed) = std::env::var("RELAY_SIM_SEED") {
        return walk(seed.parse().expect("RELAY_SIM_SEED is a number"), &coverage);
    }
    let seeds: u64 = std::env::var("RELAY_SIM_SEEDS")
        .map_or(200, |seeds| seeds.parse().expect("RELAY_SIM_SEEDS is a number"));
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds)
                {
                    let walked =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk(seed, &coverage)));
                    if let Err(why) = walked {
                        eprintln!("seed {seed} failed: replay it with RELAY_SIM_SEED={seed}");
                        std::panic::resume_unwind(why);
                    }
                }
            });
        }
    });
    let figures = [
        ("hub crashes", &coverage.hub_crashes),
        ("phone crashes", &coverage.phone_crashes),
        ("re-installs", &coverage.reinstalls),
        ("links lost", &coverage.links_lost),
        ("links half open", &coverage.links_half_open),
        ("SIMs swapped", &coverage.sims_swapped),
        ("messages", &coverage.messages),
        ("delivered", &coverage.delivered),
        ("failed", &coverage.failed),
        ("uncertain", &coverage.uncertain),
        ("expired", &coverage.expired),
        ("canceled", &coverage.canceled),
        ("scheduled", &coverage.scheduled),
        ("asked again", &coverage.asked_again),
        ("inbound", &coverage.inbound),
    ];
    for (what, count) in figures {
        let count = count.load(Ordering::Relaxed);
        println!("{count:>8} {what}");
        assert!(seeds < 50 || count > 0, "in {seeds} seeds there was no `{what}`: the walk has a blind spot");
    }
}

fn walk(seed: u64, coverage: &Coverage) {
    let mut dice = StdRng::seed_from_u64(seed);
    let specs = vec![
        PhoneSpec { sims: 1, profile: CarrierProfile::rough() },
        PhoneSpec { sims: 2, profile: CarrierProfile::rough() },
        PhoneSpec { sims: 1, profile: CarrierProfile { reply_after_ms: None, ..CarrierProfile::default() } },
    ];
    let mut simulation = Simulation::new(seed, Quota::new(6, 30).unwrap(), specs);
    simulation.phones[2].set_clock_off(dice.random_range(-86_400_000..=86_400_000));
    let end = simulation.clock.elapsed_ms() + TROUBLE_MS;
    let mut texts = 0u64;
    while simulation.clock.elapsed_ms() < end {
        simulation.run_ms(dice.random_range(1..4_000));
        trouble(&mut simulation, &mut dice, coverage, &mut texts);
    }
    heal(&mut simulation);
    judge(simulation, seed, coverage);
}

/// One thing happens.
fn trouble(simulation: &mut Simulation, dice: &mut StdRng, coverage: &Coverage, texts: &mut u64) {
    let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
    let phone = dice.random_range(0..simulation.phones.len());
    match dice.random_range(0..100) {
        0..60 => {
            let key = dice.random_range(0..simulation.keys.len());
            let expires = dice.random_bool(0.15).then(|| dice.random_range(0..30_000));
            for _ in 0..dice.random_range(1..4) {
                *texts += 1;
                let wanted =
                    Wanted { expires_in_ms: expires, ..want(simulation, dice, &format!("+1666{texts:07}")) };
                let told = simulation.ask_for(key, &wanted);
                // The hub dies after COMMIT and before it has told anyone.
                if dice.random_bool(0.01) && simulation.hub.is_up() {
                    count(&coverage.hub_crashes);
                    simulation.crash_hub();
                }
                if wanted.named && told.is_some() && dice.random_bool(0.5) {
                    count(&coverage.asked_again);
                    ask_again(simulation, key, &wanted, told);
                }
            }
        }
        // What was accepted lately is taken back, wherever it is by now.
        98..99 if !simulation.judge.accepted.is_empty() => {
            let lately = simulation.judge.accepted.len().saturating_sub(8);
            let id = simulation.judge.accepted[dice.random_range(lately..simulation.judge.accepted.len())];
            let before = simulation.hub.is_up().then(|| simulation.message(id));
            match simulation.cancel(id) {
                Some(CancelVerdict::Canceled(message)) => {
                    count(&coverage.canceled);
                    assert_eq!(message.dispatch, None, "what a phone has is not canceled");
                }
                Some(CancelVerdict::TooLate(message)) => assert_eq!(Some(*message), before),
                Some(CancelVerdict::NoSuchMessage) => panic!("an accepted message is gone"),
                None => {}
            }
        }
        60..64 if simulation.hub.is_up() => {
            count(&coverage.hub_crashes);
            simulation.crash_hub();
        }
        60..70 if !simulation.hub.is_up() => simulation.hub.start(),
        64..72 if simulation.phones[phone].is_running() => {
            count(&coverage.phone_crashes);
            simulation.crash_phone(phone);
        }
        64..80 if !simulation.phones[phone].is_running() => {
            let now = simulation.clock.elapsed_ms();
            simulation.phones[phone].start(now);
        }
        80..86 if simulation.phones[phone].link.is_some() => {
            count(&coverage.links_lost);
            simulation.lose_link(phone);
        }
        86..90 if simulation.phones[phone].link.is_some() => {
            count(&coverage.links_half_open);
            simulation.phones[phone].half_open();
        }
        90..91 if simulation.hub.is_up() => {
            count(&coverage.reinstalls);
            simulation.reinstall(phone);
        }
        91..94 => {
            count(&coverage.sims_swapped);
            let stranger = dice.random_bool(0.5).then(|| demo_sim(0, "+15559999999"));
            simulation.phones[phone].world.swap_sim(0, stranger);
        }
        94..96 => simulation.phones[phone].world.swap_sim(0, Some(demo_sim(0, &number(phone, 0)))),
        96..97 => simulation.phones[phone].world.set_service(0, Service::Missing),
        97..98 => simulation.phones[phone].world.set_service(0, Service::Available),
        98..=99 => {
            // Two identical texts in one second are two messages.
            let now = simulation.phones[phone].now(simulation.clock.elapsed_ms());
            (0..2).for_each(|_| simulation.phones[phone].world.receive_sms(0, "+18885550100", "same", now));
        }
        _ => {}
    }
}

/// A message as customers want them: mostly plain.
fn want(simulation: &Simulation, dice: &mut StdRng, to: &str) -> Wanted {
    let later = dice.random_bool(0.1).then(|| dice.random_range(1..60_000));
    Wanted {
        priority: Priority::ALL[dice.random_range(0..3)],
        scheduled_at: later.map(|ms| simulation.now().plus(std::time::Duration::from_millis(ms))),
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

/// No more faults: the hub runs, every phone runs, has its SIMs and service, and is connected.
fn heal(simulation: &mut Simulation) {
    if !simulation.hub.is_up() {
        simulation.hub.start();
    }
    for index in 0..simulation.phones.len() {
        let now = simulation.clock.elapsed_ms();
        simulation.phones[index].world.swap_sim(0, Some(demo_sim(0, &number(index, 0))));
        simulation.phones[index].world.set_service(0, Service::Available);
        if !simulation.phones[index].is_running() {
            simulation.phones[index].start(now);
        }
    }
    // Receipts may be ten minutes late, answers seven.
    simulation.run_ms(1_500_000);
    simulation.run_until("every message has ended or is uncertain, and every phone is quiet", |simulation| {
        simulation.phones.iter().all(is_quiet) && nothing_waits(simulation)
    });
}

fn is_quiet(phone: &SimPhone) -> bool {
    assert_eq!(phone.stopped, None, "a healed phone was told to stop");
    phone.is_quiet()
}

fn nothing_waits(simulation: &mut Simulation) -> bool {
    let accepted = simulation.judge.accepted.clone();
    accepted.into_iter().all(|id| {
        let message = simulation.message(id);
        message.state.has_ended() || message.state.is_uncertain()
    })
}

fn judge(mut simulation: Simulation, seed: u64, coverage: &Coverage) {
    let now = simulation.now();
    simulation.judge.settled(now);
    let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
    for id in simulation.judge.accepted.clone() {
        let message = simulation.message(id);
        add(&coverage.messages);
        if let (Some(at), Some(dispatch)) = (message.scheduled_at, message.dispatch) {
            add(&coverage.scheduled);
            assert!(dispatch.at >= at, "seed {seed}: it left before its schedule");
        }
        match message.state.rank {
            Rank::Delivered => add(&coverage.delivered),
            Rank::Dispatched => add(&coverage.uncertain),
            Rank::Expired => add(&coverage.expired),
            rank if rank.is_failure() => add(&coverage.failed),
            _ => 0,
        };
        simulation.judge.observed(&message, now);
    }
    let window = Window { offset: 0, limit: 100_000 };
    let all =
        ListInbound { account_id: simulation.account, number: None, filter: Default::default(), window };
    for message in simulation.hub.ask(all).unwrap().rows {
        add(&coverage.inbound);
        simulation.judge.inbound(&message);
    }
    let verdict = simulation.judge.verdict(&simulation.witness);
    assert!(verdict.is_clean(), "seed {seed} (replay with RELAY_SIM_SEED={seed}):\n{verdict}");
}
