//! One simulated installation: a hub, its phones and a customer, moved from event to event.

use std::sync::Arc;

use android_bridge::sim::{CarrierProfile, demo_sim};
use android_bridge::witness::MemoryWitness;
use rand::RngExt;
use relay_domain::key::{Dialect, Key, KeyDigest};
use relay_domain::message::{Draft, Expiry, Outbound, Priority};
use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::{Plan, PlanName, Quota};
use relay_domain::{AccountId, Clock, DeviceId, MessageId, Timestamp};
use relay_store::changes::{
    AcceptMessages, Acceptance, CancelMessage, CancelVerdict, CreateAccount, CreateKey, EndLeaving,
    ExpireQueued, GiveUpUncertain, IssuePairingCode, KeyVerdict, PairTarget, PairingCodeVerdict,
    RedeemPairingCode, RedeemVerdict, ReleaseHeld, ReleaseScheduled, Request, SettleUnpaired,
};
use relay_store::queries::FindOutbound;

use super::hub::{Refused, SimHub, Spoken};
use super::judge::Judge;
use super::phone::SimPhone;
use super::receivers::Receivers;
use super::time::VirtualClock;

/// Time between two sweeps, milliseconds.
const SWEEP_MS: u64 = 5_000;

/// The installation.
pub struct Simulation {
    pub clock: VirtualClock,
    pub hub: SimHub,
    pub phones: Vec<SimPhone>,
    pub keys: Vec<Key>,
    pub account: AccountId,
    pub judge: Judge,
    pub witness: Arc<MemoryWitness>,
    pub quota: Quota,
    /// Phones that another took the place of while they ran: they finish what they have, and nobody hears of it.
    pub ghosts: Vec<SimPhone>,
    /// A node of the hub that stopped in the middle of things, and whether it goes on.
    pub frozen: Option<Frozen>,
    pub nodes: u64,
    next_sweep_ms: u64,
    /// Time between two sweeps of the hub.
    pub sweep_every_ms: u64,
    codes: u32,
    pub receivers: Receivers,
    pub dir: tempfile::TempDir,
}

/// A node that was frozen.
pub struct Frozen {
    pub node: SimHub,
    pub awake: bool,
    /// The database's files were exchanged meanwhile.
    pub exchanged: bool,
}

/// What a customer asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub to: String,
    pub expires_in_ms: Option<u64>,
    pub priority: Priority,
    pub scheduled_at: Option<Timestamp>,
    /// The request has a name of its own, so it may be asked again.
    pub named: bool,
}

impl Wanted {
    pub fn to(to: &str) -> Wanted {
        let priority = Priority::default();
        Wanted { to: to.to_owned(), expires_in_ms: None, priority, scheduled_at: None, named: false }
    }
}

/// What a phone of a new simulation is like.
pub struct PhoneSpec {
    pub sims: u8,
    pub profile: CarrierProfile,
}

impl Simulation {
    /// A hub with phones.
    pub fn new(seed: u64, quota: Quota, specs: Vec<PhoneSpec>) -> Simulation {
        let mut simulation = Simulation::without_phones(seed, quota);
        simulation.add_phones(seed, specs);
        simulation
    }

    /// A hub with an account.
    pub fn without_phones(seed: u64, quota: Quota) -> Simulation {
        // A memory file system where there is one: the simulation is about logic, not about disks.
        let shm = std::path::Path::new("/dev/shm");
        let dir = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
        let clock = VirtualClock::new();
        let mut hub = SimHub::new(dir.path(), clock.clone(), seed);
        let plan = Plan { name: PlanName::Enterprise, quota, monthly_cap: None };
        let account = hub
            .commit(CreateAccount { name: "simulated".into(), plan, zone: relay_domain::month::Zone::UTC })
            .unwrap()
            .id;
        Simulation {
            clock,
            hub,
            phones: Vec::new(),
            keys: Vec::new(),
            account,
            judge: Judge::default(),
            witness: Arc::new(MemoryWitness::default()),
            quota,
            ghosts: Vec::new(),
            frozen: None,
            nodes: 0,
            next_sweep_ms: SWEEP_MS,
            sweep_every_ms: SWEEP_MS,
            codes: 0,
            receivers: Receivers::new(seed),
            dir,
        }
    }

    /// Pairs the phones, connects them and makes a key for each SIM.
    pub fn add_phones(&mut self, seed: u64, specs: Vec<PhoneSpec>) {
        for (index, spec) in specs.into_iter().enumerate() {
            self.add_phone(seed.wrapping_mul(31).wrapping_add(index as u64), spec);
        }
        self.run_until("the phones are connected", |s| s.phones.iter().all(SimPhone::is_quiet));
        for index in 0..self.phones.len() {
            self.add_keys(index);
        }
    }

    fn add_phone(&mut self, seed: u64, spec: PhoneSpec) {
        let (device_id, generation) = self.pair(PairTarget::New("phone".into()));
        let index = self.phones.len();
        let sims = (0..spec.sims).map(|slot| demo_sim(slot, &number(index, slot))).collect();
        let mut phone = SimPhone::new(device_id, generation, sims, spec.profile, seed, self.witness.clone());
        phone.world.begin(phone.now(self.clock.elapsed_ms()));
        phone.start(self.clock.elapsed_ms());
        self.judge.plan(device_id, self.quota, self.hub.clock.now());
        self.phones.push(phone);
    }

    fn add_keys(&mut self, index: usize) {
        let device_id = self.phones[index].device_id;
        for slot in 0..u8::try_from(self.phones[index].world.hardware().sims.len()).unwrap() {
            let mut digest = [slot; 32];
            digest[..16].copy_from_slice(device_id.as_bytes());
            let change = CreateKey {
                account_id: self.account,
                device_id,
                slot,
                dialect: Dialect::Relayion,
                name: String::new(),
                prefix: "rlyn_simulate".into(),
                digest: KeyDigest(digest),
            };
            match self.hub.commit(change).unwrap() {
                KeyVerdict::Created(key) => self.keys.push(key),
                other => panic!("no key: {other:?}"),
            }
        }
    }

    /// Issues and redeems a pairing code: the device and the generation of its new token.
    pub fn pair(&mut self, target: PairTarget) -> (DeviceId, u32) {
        self.codes += 1;
        let public = format!("{:04}", self.codes);
        let secret_digest = [7; 32];
        let account_id = self.account;
        let issue = IssuePairingCode { account_id, target, public: public.clone(), secret_digest };
        match self.hub.commit(issue).unwrap() {
            PairingCodeVerdict::Issued { .. } => {}
            other => panic!("no code: {other:?}"),
        }
        match self.hub.commit(RedeemPairingCode { public, secret_digest, model: "sim".into() }).unwrap() {
            RedeemVerdict::Paired(paired) => {
                self.hub.note_standing(paired.device_id);
                (paired.device_id, paired.generation)
            }
            other => panic!("not paired: {other:?}"),
        }
    }

    /// The app of a phone is removed, installed and paired again.
    pub fn reinstall(&mut self, index: usize) {
        let device_id = self.phones[index].device_id;
        let (_, generation) = self.pair(PairTarget::Existing(device_id));
        // On the phone's own clock, as the lines of its radio are: it may be a day off.
        let wiped_at = self.phones[index].latest_wall_ms(self.clock.elapsed_ms());
        self.judge.wiped(device_id, wiped_at);
        if let Some(connection) = self.phones[index].reinstall(generation) {
            self.hub.vanish(connection);
        }
        self.phones[index].start(self.clock.elapsed_ms());
    }

    /// The customer sends; `None` when the hub did not answer.
    pub fn send(&mut self, key: usize, to: &str, expires_in_ms: Option<u64>) -> Option<Outbound> {
        self.ask_for(key, &Wanted { expires_in_ms, ..Wanted::to(to) })
    }

    /// The customer asks for something, perhaps for the second time.
    pub fn ask_for(&mut self, key: usize, wanted: &Wanted) -> Option<Outbound> {
        let Wanted { to, expires_in_ms, priority, scheduled_at, named } = wanted;
        let draft = Draft {
            expiry: expires_in_ms.map(|ms| Expiry::After(std::time::Duration::from_millis(ms))),
            priority: *priority,
            scheduled_at: *scheduled_at,
            ..Draft::new(PhoneNumber::parse(to).unwrap(), format!("text for {to}"), 1)
        };
        let request = named.then(|| Request { name: to.clone(), fingerprint: [0; 32] });
        let change = AcceptMessages { key: self.keys[key].clone(), drafts: vec![draft], request };
        let message = match self.hub.commit(change).ok()? {
            Acceptance::Verdicts(mut verdicts) => verdicts.remove(0).ok()?,
            Acceptance::Replayed(mut verdicts) => {
                let known = verdicts.remove(0).ok()?;
                assert!(self.judge.accepted.contains(&known.id), "a replay answers what was accepted");
                return Some(known);
            }
            other => {
                assert!(matches!(other, Acceptance::DeviceNotPaired | Acceptance::KeyRevoked), "{other:?}");
                return None;
            }
        };
        self.judge.accepted(&message, self.now());
        Some(message)
    }

    /// The customer takes a message back, if the hub is there to hear it.
    pub fn cancel(&mut self, message_id: MessageId) -> Option<CancelVerdict> {
        self.hub.commit(CancelMessage { account_id: self.account, message_id }).ok()
    }

    /// A message as the customer reads it.
    pub fn message(&mut self, id: MessageId) -> Outbound {
        self.hub
            .ask(FindOutbound { account_id: self.account, message_id: id })
            .unwrap()
            .expect("it was accepted")
    }

    /// Loses the link of a phone; both ends see it.
    pub fn lose_link(&mut self, index: usize) {
        if let Some((connection, _)) = &self.phones[index].link {
            let connection = *connection;
            self.hub.vanish(connection);
            self.phones[index].disconnected(None, self.clock.elapsed_ms());
        }
    }

    pub fn crash_phone(&mut self, index: usize) {
        if let Some(connection) = self.phones[index].crash() {
            self.hub.vanish(connection);
        }
    }

    pub fn crash_hub(&mut self) {
        // What has left the hub may still arrive; nobody hears the answer.
        for post in self.hub.posts_under_way() {
            if self.hub.dice.random_bool(0.5) {
                self.receive(&post);
            }
        }
        self.hub.crash();
        let now = self.clock.elapsed_ms();
        self.phones.iter_mut().for_each(|phone| phone.disconnected(None, now));
    }

    /// Moves to the next thing that happens, at most `limit_ms` of virtual time away.
    pub fn turn(&mut self, limit_ms: u64) {
        let now = self.clock.elapsed_ms();
        let phones = self.phones.iter_mut().chain(&mut self.ghosts);
        let phones = phones.filter_map(|phone| phone.next_due_ms(now));
        let woken = self.frozen.as_ref().filter(|frozen| frozen.awake);
        let nodes =
            self.hub.next_due_ms().into_iter().chain(woken.and_then(|woken| woken.node.next_due_ms()));
        let next = phones.chain(nodes).chain([self.next_sweep_ms]).min();
        let next = next.unwrap_or(now + 1).clamp(now, now + limit_ms.max(1));
        self.clock.advance_to_ms(if next == now { now + 1 } else { next });
        let now = self.clock.elapsed_ms();
        if now >= self.next_sweep_ms {
            self.next_sweep_ms = now + self.sweep_every_ms;
            self.sweep();
        }
        for index in 0..self.phones.len() {
            self.dial(index, now);
            self.deliver_up(index, now);
            if let Some(connection) = self.phones[index].run(now) {
                self.hub.vanish(connection);
            }
        }
        for ghost in &mut self.ghosts {
            ghost.run(now);
        }
        for spoken in self.hub.run() {
            self.deliver_down(spoken, now);
        }
        for post in std::mem::take(&mut self.hub.desk.posted) {
            let answered = self.receive(&post);
            self.hub.answer(post, answered);
        }
        self.run_woken();
    }

    fn sweep(&mut self) {
        if self.hub.is_up() {
            while self.hub.commit(ReleaseScheduled).unwrap() > 0 {}
            while self.hub.commit(ExpireQueued).unwrap() > 0 {}
            for device_id in self.hub.commit(EndLeaving { behind: Timestamp::EPOCH }).unwrap() {
                self.hub.note_standing(device_id);
            }
            while self.hub.commit(SettleUnpaired).unwrap() > 0 {}
            while self.hub.commit(ReleaseHeld).unwrap() > 0 {}
            self.hub.heal();
        }
    }

    /// A day passes for uncertain messages.
    pub fn give_up_uncertain(&mut self) {
        while self
            .hub
            .commit(GiveUpUncertain { after: std::time::Duration::ZERO, behind: Timestamp::EPOCH })
            .unwrap()
            > 0
        {}
    }

    fn dial(&mut self, index: usize, now: u64) {
        let phone = &mut self.phones[index];
        if !phone.dials(now) {
            return;
        }
        match self.hub.connect(phone.device_id, phone.generation) {
            Ok(connection) => phone.connected(connection, now),
            Err(Refused::Down) => phone.not_connected(now),
            Err(Refused::Token) => phone.stopped = Some("token".to_owned()),
        }
    }

    fn deliver_up(&mut self, index: usize, now: u64) {
        while let Some((connection, link)) = &mut self.phones[index].link
            && let Some(wire) = link.hub_reads(now)
        {
            let connection = *connection;
            self.hub.hear(connection, &wire);
        }
    }

    fn deliver_down(&mut self, spoken: Spoken, now: u64) {
        let Spoken { connection, wire } = spoken;
        let mut links = self.phones.iter_mut().filter_map(|phone| phone.link.as_mut());
        let link = links.find(|(of, _)| *of == connection);
        if let Some((_, link)) = link {
            link.hub_writes(wire, now);
        }
    }

    pub fn run_ms(&mut self, ms: u64) {
        let end = self.clock.elapsed_ms() + ms;
        while self.clock.elapsed_ms() < end {
            let left = end - self.clock.elapsed_ms();
            self.turn(left);
        }
    }

    /// Time passes in which the hub is down, every phone is off, and nothing happens at all.
    pub fn skip_ms(&mut self, ms: u64) {
        self.crash_hub();
        (0..self.phones.len()).for_each(|index| self.crash_phone(index));
        self.clock.advance_to_ms(self.clock.elapsed_ms() + ms);
        let now = self.clock.elapsed_ms();
        self.next_sweep_ms = now + SWEEP_MS;
        self.hub.start();
        self.phones.iter_mut().for_each(|phone| phone.start(now));
    }

    /// Runs until something is the case; panics when it is not within a day of virtual time.
    pub fn run_until(&mut self, what: &str, mut done: impl FnMut(&mut Simulation) -> bool) {
        let deadline = self.clock.elapsed_ms() + 86_400_000;
        while !done(self) {
            assert!(self.clock.elapsed_ms() < deadline, "a day passed and still not: {what}");
            self.turn(60_000);
        }
    }

    /// As the hub's clock has it.
    pub fn now(&self) -> Timestamp {
        self.hub.clock.now()
    }
}

/// The number of a SIM.
pub fn number(phone: usize, slot: u8) -> String {
    format!("+15550{phone:03}{slot:03}")
}
