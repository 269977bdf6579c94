//! The phone's side: a real handset on a journal that crashes like a disk, its world, and its link.

use android_bridge::book::Phase;
use android_bridge::clock::Now;
use android_bridge::engine::{Backoff, Input, PhoneFacts, Redial};
use android_bridge::handset::{Birth, Effect, Handset, Paired};
use android_bridge::journal::MemoryJournal;
use android_bridge::sim::{CarrierProfile, LinkFault, SimLink, World};
use android_bridge::witness::SharedWitness;
use device_protocol::Sim;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use relay_domain::{DeviceId, MessageId};
use uuid::Uuid;

use super::hub::Wire;

/// One way latency of a link, milliseconds.
const LATENCY_MS: u64 = 20;

/// A phone of the simulation.
pub struct SimPhone {
    pub device_id: DeviceId,
    pub generation: u32,
    pub world: World,
    handset: Option<Handset<MemoryJournal>>,
    /// The disk while the process is dead.
    disk: Option<MemoryJournal>,
    journal: Uuid,
    just_paired: Paired,
    pub link: Option<(u64, SimLink<Wire>)>,
    redial_at: Option<u64>,
    backoff: Backoff,
    dice: StdRng,
    /// How far the wall clock is off, milliseconds.
    clock_off_ms: i64,
    boot: u64,
    /// When this boot began, milliseconds of the simulation.
    booted_at_ms: u64,
    /// The latest that its wall clock ever showed.
    latest_wall_ms: i64,
    /// The disk was copied here from somewhere, and what cannot be copied is not beside it.
    unmarked: bool,
    /// Another phone was paired in its place while it ran.
    forsaken: bool,
    profile: CarrierProfile,
    witness: SharedWitness,
    /// The phone was told not to come back by itself.
    pub stopped: Option<String>,
}

impl SimPhone {
    pub fn new(
        device_id: DeviceId,
        generation: u32,
        sims: Vec<Sim>,
        profile: CarrierProfile,
        seed: u64,
        witness: SharedWitness,
    ) -> SimPhone {
        let mut dice = StdRng::seed_from_u64(seed);
        SimPhone {
            device_id,
            generation,
            world: World::new(device_id.uuid(), sims, profile.clone(), seed ^ 0x5eed, witness.clone()),
            handset: None,
            disk: Some(MemoryJournal::new()),
            journal: Uuid::from_u128(dice.random()),
            just_paired: Paired::JustNow,
            link: None,
            redial_at: None,
            backoff: Backoff::default(),
            dice,
            clock_off_ms: 0,
            boot: 1,
            booted_at_ms: 0,
            latest_wall_ms: 0,
            unmarked: false,
            forsaken: false,
            profile: profile.clone(),
            witness: witness.clone(),
            stopped: None,
        }
    }

    /// Somebody sends an SMS to its first SIM, if it has one.
    pub fn receive_sms(&mut self, from: &str, body: &str, elapsed_ms: u64) {
        let now = self.outside(elapsed_ms);
        self.world.receive_sms(0, from, body, now);
    }

    /// The phone's wall clock is off by this much from now on.
    pub fn set_clock_off(&mut self, off_ms: i64) {
        self.clock_off_ms = off_ms;
    }

    pub fn now(&self, elapsed_ms: u64) -> Now {
        Now {
            wall_ms: 1_777_104_000_000 + i64::try_from(elapsed_ms).unwrap() + self.clock_off_ms,
            mono_ms: elapsed_ms - self.booted_at_ms,
            boot: self.boot,
        }
    }

    /// The same for the world, which goes on whatever the phone does.
    fn outside(&self, elapsed_ms: u64) -> Now {
        Now { mono_ms: elapsed_ms, boot: 0, ..self.now(elapsed_ms) }
    }

    /// Later than everything that any log says of this phone: its clock may have been set back.
    pub fn latest_wall_ms(&self, elapsed_ms: u64) -> i64 {
        self.latest_wall_ms.max(self.now(elapsed_ms).wall_ms)
    }

    /// The phone is switched off: its monotonic clock begins anew when it is switched on.
    pub fn reboot(&mut self, elapsed_ms: u64) -> Option<u64> {
        let gone = self.crash();
        self.boot += 1;
        self.booted_at_ms = elapsed_ms;
        gone
    }

    /// How many of its messages are in each phase: waiting, at the radio, sent, uncertain.
    pub fn phases(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for entry in self.handset.iter().flat_map(|handset| handset.engine().book().messages.values()) {
            match entry.phase {
                Phase::Waiting => counts[0] += 1,
                Phase::AtRadio => counts[1] += 1,
                Phase::Sent => counts[2] += 1,
                Phase::Uncertain => counts[3] += 1,
                Phase::Ended => {}
            }
        }
        counts
    }

    /// Events that the hub has not acknowledged.
    pub fn unacknowledged(&self) -> u64 {
        self.handset.as_ref().map_or(0, |handset| {
            let front = &handset.engine().book().front;
            front.head - front.acked
        })
    }

    /// From now on nobody hears of it: it finishes what it has.
    pub fn forsake(&mut self) {
        self.redial_at = None;
        self.forsaken = true;
    }

    /// A phone of the same kind, with the SIMs of this one and a world of its own.
    pub fn twin(&mut self, generation: u32, elapsed_ms: u64) -> SimPhone {
        let sims = self.world.hardware().sims;
        sims.iter().for_each(|sim| self.world.swap_sim(sim.slot, None));
        let (profile, witness) = (self.profile.clone(), self.witness.clone());
        let mut twin = SimPhone::new(self.device_id, generation, sims, profile, self.dice.random(), witness);
        twin.clock_off_ms = self.clock_off_ms;
        twin.world.begin(twin.outside(elapsed_ms));
        twin
    }

    pub fn is_running(&self) -> bool {
        self.handset.is_some()
    }

    /// Whether its journal has taken this message.
    pub fn knows(&self, message: MessageId) -> bool {
        self.handset
            .as_ref()
            .is_some_and(|handset| handset.engine().book().messages.contains_key(&message.uuid()))
    }

    /// The process starts and dials at once.
    pub fn start(&mut self, elapsed_ms: u64) {
        let now = self.now(elapsed_ms);
        let mut disk = self.disk.take().expect("a dead phone has its disk");
        // Journal and token are bound to a marker that no copy brings along: without it this is a fresh install.
        if std::mem::take(&mut self.unmarked) {
            disk = MemoryJournal::new();
            self.journal = Uuid::from_u128(self.dice.random());
            self.stopped = Some("not paired".to_owned());
        }
        // The system delivers no broadcast to a process that is dead; what came meanwhile is in its inbox.
        self.world.forget_untold(self.outside(elapsed_ms));
        let birth = Birth { journal: self.journal, device: self.device_id.uuid(), paired: self.just_paired };
        let facts = PhoneFacts::default();
        let (handset, effects) = Handset::start(disk, birth, facts, self.world.hardware(), now).unwrap();
        self.just_paired = Paired::Earlier;
        self.handset = Some(handset);
        self.redial_at = self.stopped.is_none().then_some(elapsed_ms);
        self.carry_out(effects, elapsed_ms);
    }

    /// The process dies with unsynced bytes dropped and a torn tail.
    pub fn crash(&mut self) -> Option<u64> {
        let mut disk = self.handset.take()?.into_journal();
        let torn = self.dice.random_range(0..=disk.pending_bytes() + 8);
        disk.crash(torn);
        self.disk = Some(disk);
        self.redial_at = None;
        self.link.take().map(|(connection, _)| connection)
    }

    /// The app is removed and installed again: journal and token are gone, a new code was redeemed.
    pub fn reinstall(&mut self, generation: u32) -> Option<u64> {
        let gone = self.crash();
        self.disk = Some(MemoryJournal::new());
        self.journal = Uuid::from_u128(self.dice.random());
        self.just_paired = Paired::JustNow;
        self.generation = generation;
        self.stopped = None;
        gone
    }

    /// The app is paired again with a new code; its journal goes on, unless the hub has retired it.
    pub fn pair_again(&mut self, generation: u32) -> Option<u64> {
        let gone = self.crash();
        self.journal = Uuid::from_u128(self.dice.random());
        self.just_paired = Paired::JustNow;
        self.generation = generation;
        self.stopped = None;
        gone
    }

    /// Another phone gets a copy of this one's disk: the journal and the token with it.
    pub fn copied_disk(&self) -> MemoryJournal {
        self.handset.as_ref().expect("it runs").journal().clone()
    }

    /// Replaces the disk of a dead phone.
    pub fn put_disk(&mut self, disk: MemoryJournal) {
        self.disk = Some(disk);
        self.just_paired = Paired::Earlier;
    }

    /// The same from a backup of its own, or of another phone: whatever cannot be copied is not beside it.
    pub fn put_copied_disk(&mut self, disk: MemoryJournal) {
        self.put_disk(disk);
        self.unmarked = true;
    }

    pub fn next_due_ms(&mut self, elapsed_ms: u64) -> Option<u64> {
        let (now, booted_at) = (self.now(elapsed_ms), self.booted_at_ms);
        let handset = self.handset.as_mut()?;
        let wakes = handset.wakes_at_ms(now).map(|at| at + booted_at);
        let link = self.link.as_ref().and_then(|(_, link)| link.next_due_ms());
        [wakes, self.world.next_due_ms(), link, self.redial_at].into_iter().flatten().min()
    }

    /// Whether it wants to dial now.
    pub fn dials(&mut self, elapsed_ms: u64) -> bool {
        if self.handset.is_some() && self.link.is_none() && self.redial_at.is_some_and(|at| at <= elapsed_ms)
        {
            self.redial_at = None;
            return true;
        }
        false
    }

    /// The socket is open.
    pub fn connected(&mut self, connection: u64, elapsed_ms: u64) {
        self.link = Some((connection, SimLink::new(LATENCY_MS)));
        self.input(Input::Connected, elapsed_ms);
    }

    /// Nobody answered.
    pub fn not_connected(&mut self, elapsed_ms: u64) {
        self.redial(&Redial::Retry, elapsed_ms);
    }

    /// The link is lost, and the phone sees it.
    pub fn disconnected(&mut self, code: Option<u16>, elapsed_ms: u64) {
        if self.link.take().is_some() {
            self.input(Input::Disconnected { code }, elapsed_ms);
        }
    }

    /// Both ends believe that the link lives; it does not.
    pub fn half_open(&mut self) {
        if let Some((_, link)) = &mut self.link {
            link.set_fault(LinkFault::HalfOpen);
        }
    }

    /// Whether the phone has nothing left to tell or to send.
    pub fn is_quiet(&self) -> bool {
        self.handset.as_ref().is_some_and(|handset| {
            let book = handset.engine().book();
            handset.engine().welcomed() && book.front.acked == book.front.head && book.unfinished_len() == 0
        })
    }

    /// Whether its session is welcomed.
    pub fn is_welcomed(&self) -> bool {
        self.handset.as_ref().is_some_and(|handset| handset.engine().welcomed())
    }

    /// Whether the hub has heard all that it has to tell, whatever it may still have to send.
    pub fn is_quiet_or_waits(&self) -> bool {
        self.is_welcomed() && self.unacknowledged() == 0
    }

    /// Everything that is due. Answers with the connection that it gave up, if it did.
    pub fn run(&mut self, elapsed_ms: u64) -> Option<u64> {
        self.handset.as_ref()?;
        self.latest_wall_ms = self.latest_wall_ms(elapsed_ms);
        let mut gone = None;
        while let Some((_, link)) = &mut self.link
            && let Some(wire) = link.phone_reads(elapsed_ms)
        {
            match wire {
                Wire::Text(text) => gone = gone.or(self.input(Input::Frame(text), elapsed_ms)),
                Wire::Ping => {
                    self.write(Wire::Pong, elapsed_ms);
                    gone = gone.or(self.input(Input::Alive, elapsed_ms));
                }
                Wire::Pong => gone = gone.or(self.input(Input::Alive, elapsed_ms)),
                Wire::Close(code) => self.disconnected(Some(code), elapsed_ms),
            }
        }
        let outside = self.outside(elapsed_ms);
        for input in self.world.due(outside) {
            // Its number is another phone's now: nothing reaches it there.
            if self.forsaken && matches!(input, Input::SmsReceived { .. }) {
                continue;
            }
            gone = gone.or(self.input(input, elapsed_ms));
        }
        gone.or(self.input(Input::Tick, elapsed_ms))
    }

    fn input(&mut self, input: Input, elapsed_ms: u64) -> Option<u64> {
        let now = self.now(elapsed_ms);
        let effects = self.handset.as_mut()?.step(input, now).unwrap();
        self.carry_out(effects, elapsed_ms)
    }

    fn carry_out(&mut self, effects: Vec<Effect>, elapsed_ms: u64) -> Option<u64> {
        let (mut gone, now) = (None, self.outside(elapsed_ms));
        for effect in effects {
            match effect {
                Effect::SendFrame(text) => self.write(Wire::Text(text), elapsed_ms),
                Effect::Ping => self.write(Wire::Ping, elapsed_ms),
                Effect::Submit(submission) => {
                    let journal =
                        self.handset.as_ref().map_or(self.journal, |h| h.engine().book().front.journal);
                    self.world.submit(submission, journal, now);
                }
                Effect::SweepInbox => {
                    // Who was forsaken has no number any more, and what its inbox holds nobody hears of.
                    let rows = if self.forsaken { Vec::new() } else { self.world.inbox(now) };
                    gone = gone.or(self.input(Input::Inbox(rows), elapsed_ms));
                }
                Effect::InboundKept(inbound) => self.world.inbound_kept(&inbound, now),
                Effect::Redial(redial) => self.redial(&redial, elapsed_ms),
                Effect::Close(_) => {
                    if let Some((connection, _)) = &self.link {
                        gone = Some(*connection);
                    }
                    self.disconnected(None, elapsed_ms);
                }
            }
        }
        gone
    }

    fn write(&mut self, wire: Wire, elapsed_ms: u64) {
        if let Some((_, link)) = &mut self.link {
            link.phone_writes(wire, elapsed_ms);
        }
    }

    fn redial(&mut self, redial: &Redial, elapsed_ms: u64) {
        if self.handset.as_ref().is_some_and(|handset| handset.engine().welcomed()) {
            self.backoff.welcomed();
        }
        match redial {
            Redial::Stop { why } => self.stopped = Some(why.clone()),
            Redial::Replaced => self.stopped = Some("replaced".to_owned()),
            Redial::Retry | Redial::Spread { .. } => {}
        }
        self.redial_at = self.backoff.wait_ms(redial, &mut self.dice).map(|wait| elapsed_ms + wait);
    }
}
