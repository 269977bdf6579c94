//! A phone, a rough carrier and a hub that loses its link, all in virtual time and all from one seed.

mod support;

use std::{collections::VecDeque, sync::Arc};

use android_bridge::{
    clock::Now,
    engine::Input,
    handset::{Effect, Handset},
    journal::MemoryJournal,
    sim::{CarrierProfile, LinkFault, SimLink, World},
    witness::{CarrierLine, Line, MemoryWitness, RadioLine},
};
use support::{hub::FakeHub, id, message, rig::birth, sims, start_of_time};

struct Simulation {
    now: Now,
    phone: Handset<MemoryJournal>,
    world: World,
    hub: FakeHub,
    link: SimLink<String>,
}

impl Simulation {
    fn new(seed: u64, witness: Arc<MemoryWitness>) -> Simulation {
        let now = start_of_time();
        let mut world = World::new(id(0xd), sims(), CarrierProfile::rough(), seed, witness);
        world.begin(now);
        let journal = MemoryJournal::new();
        let (phone, _) = Handset::start(journal, birth(), Default::default(), world.hardware(), now)
            .expect("a first start");
        Simulation { now, phone, world, hub: FakeHub::default(), link: SimLink::new(30) }
    }

    fn connect(&mut self) {
        self.link = SimLink::new(30);
        self.input(Input::Connected);
    }

    fn lose_link(&mut self) {
        self.link.set_fault(LinkFault::Dropped);
        self.input(Input::Disconnected { code: None });
    }

    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.phone.step(input, self.now).expect("memory takes it");
            self.perform(effects, &mut inputs);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>, inputs: &mut VecDeque<Input>) {
        for effect in effects {
            match effect {
                Effect::SendFrame(text) => self.link.phone_writes(text, self.now.mono_ms),
                Effect::Submit(submission) => self.world.submit(submission, birth().journal, self.now),
                Effect::SweepInbox => inputs.push_back(Input::Inbox(self.world.inbox(self.now))),
                Effect::InboundKept(inbound) => self.world.inbound_kept(&inbound, self.now),
                Effect::Ping | Effect::Redial(_) => {}
                Effect::Close(_) => self.link.set_fault(LinkFault::Dropped),
            }
        }
    }

    /// Runs to the next thing that happens anywhere.
    fn turn(&mut self) {
        let next = [self.phone.wakes_at_ms(self.now), self.world.next_due_ms(), self.link.next_due_ms()];
        let at = next.into_iter().flatten().min().unwrap_or(self.now.mono_ms + 1_000);
        self.now = self.now.plus(at.saturating_sub(self.now.mono_ms));
        while let Some(text) = self.link.hub_reads(self.now.mono_ms) {
            for frame in self.hub.hear(&text) {
                self.link.hub_writes(frame.to_text(), self.now.mono_ms);
            }
        }
        // The hub of this test never pings; a frame that comes is life enough.
        self.input(Input::Alive);
        while let Some(text) = self.link.phone_reads(self.now.mono_ms) {
            self.input(Input::Frame(text));
        }
        for input in self.world.due(self.now) {
            self.input(input);
        }
        self.input(Input::Tick);
    }
}

fn run(seed: u64) -> (Vec<Line>, FakeHub) {
    let witness = Arc::new(MemoryWitness::default());
    let mut simulation = Simulation::new(seed, witness.clone());
    for n in 1..=40 {
        simulation.hub.dispatch(message(n, n as u64));
    }
    for _ in 0..4 {
        simulation.connect();
        for _ in 0..150 {
            simulation.turn();
        }
        simulation.lose_link();
    }
    simulation.connect();
    while simulation.phone.engine().book().front.acked < simulation.phone.engine().book().front.head
        || simulation.phone.engine().book().unfinished_len() > 0
    {
        simulation.turn();
    }
    (witness.lines(), simulation.hub)
}

#[test]
fn equal_seeds_make_equal_worlds_and_no_seed_breaks_a_promise() {
    for seed in 0..12 {
        let (lines, hub) = run(seed);
        assert_eq!(lines, run(seed).0, "seed {seed}");
        let count = |wanted: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| wanted(line)).count();
        for n in 1..=40 {
            let submits = count(
                &|line| matches!(line, Line::Radio(RadioLine::Submit { id: submitted, .. }) if *submitted == id(n)),
            );
            let given_back = count(&|line| {
                matches!(line, Line::Radio(RadioLine::Answer { id: answered, outcome, .. })
                    if *answered == id(n) && outcome == "no_service")
            });
            assert!(
                submits >= 1 && submits <= given_back + 1,
                "seed {seed}: message {n} left {submits} times"
            );
            assert!(!hub.facts_of(id(n)).is_empty(), "seed {seed}: message {n} has no fact");
        }
        for line in &lines {
            if let Line::Carrier(CarrierLine::Inbound { body, .. }) = line {
                let heard = hub.events.values().filter(|event| {
                    matches!(event, device_protocol::Event::Inbound(inbound) if inbound.body == *body)
                });
                assert_eq!(heard.count(), 1, "seed {seed}: `{body}`");
            }
        }
    }
}
