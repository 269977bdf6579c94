//! A store in a scratch folder, with a clock that the tests turn, a gate before the lane's announcements, and the
//! short words in which the promises are written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use relay_domain::key::{Dialect, Key, KeyDigest};
use relay_domain::message::{Draft, Outbound};
use relay_domain::phone_number::PhoneNumber;
use relay_domain::plan::{Plan, PlanName};
use relay_domain::report::{InboundReport, Report};
use relay_domain::resume::Presented;
use relay_domain::sim::SimFacts;
use relay_domain::sim::SimReport;
use relay_domain::state::FactKind;
use relay_domain::{AccountId, Clock, DeviceId, JournalId, MessageId, Timestamp};
use relay_store::changes::{
    AcceptMessages, Acceptance, CreateAccount, CreateKey, DispatchNext, IssuePairingCode, KeyVerdict,
    NextVerdict, OpenSession, OpenVerdict, OpenedSession, PairTarget, PairingCodeVerdict, RecordEvents,
    RecordVerdict, RedeemPairingCode, RedeemVerdict, RestoreHub, RestoreVerdict, Standing,
};
use relay_store::queries::FindOutbound;
use relay_store::{
    Announce, Change, Durability, Effect, FrameRow, Mark, OpenElsewhere, Query, Store, StoreConfig, Writer,
    backup,
};
use tempfile::TempDir;
use tokio::sync::MutexGuard;
use uuid::Uuid;

/// A clock that stands still until it is turned. It counts how often it was asked: once a batch.
pub struct TestClock {
    now: AtomicI64,
    asked: AtomicUsize,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_nanos(self.now.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Keeps what was announced, and holds the lane back while the gate is shut: it announces after each commit.
#[derive(Default)]
struct Listener {
    heard: Mutex<Vec<Effect>>,
    gate: tokio::sync::Mutex<()>,
}

impl Announce for Listener {
    fn announce(&self, effect: Effect) {
        self.heard.lock().unwrap().push(effect);
        drop(self.gate.blocking_lock());
    }
}

/// The store under test.
pub struct Bench {
    pub store: Store,
    pub clock: Arc<TestClock>,
    listener: Arc<Listener>,
    drawn: AtomicU64,
    dir: TempDir,
}

/// Midday of 25 April 2026.
pub const START: Timestamp = Timestamp::from_millis(1_777_118_400_000);

impl Bench {
    pub fn open() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock { now: AtomicI64::new(START.nanos()), asked: AtomicUsize::new(0) });
        let listener = Arc::new(Listener::default());
        let store = Store::open(&dir.path().join("relay.db"), config(&clock, &listener)).unwrap();
        Bench { store, clock, listener, drawn: AtomicU64::new(1), dir }
    }

    /// Closes the store and opens it again, as a restart does.
    pub async fn reopen(self) -> Bench {
        let Bench { store, clock, listener, drawn, dir } = self;
        tokio::task::spawn_blocking(move || store.close()).await.unwrap();
        let store = Store::open(&dir.path().join("relay.db"), config(&clock, &listener)).unwrap();
        Bench { store, clock, listener, drawn, dir }
    }

    /// A copy of the database as it is, made while the lane goes on.
    pub fn backup(&self, name: &str) -> PathBuf {
        let copy = self.dir.path().join(name);
        backup(&self.path(), OpenElsewhere::Held, &copy).unwrap();
        copy
    }

    /// Puts a copy in the database's place and restores the hub from it.
    pub async fn restore(self, copy: &Path, standings: Vec<Standing>) -> (Bench, RestoreVerdict) {
        let Bench { store, clock, listener, drawn, dir } = self;
        let incarnation = store.incarnation() + 1;
        tokio::task::spawn_blocking(move || store.close()).await.unwrap();
        let path = dir.path().join("relay.db");
        std::fs::copy(copy, &path).unwrap();
        let writer = Writer::open(&path, Durability::Simulated, clock.clone(), 8);
        let restored = writer.unwrap().commit_one(RestoreHub { incarnation, standings }).0.unwrap();
        let store = Store::open(&path, config(&clock, &listener)).unwrap();
        assert_eq!(store.incarnation(), incarnation);
        (Bench { store, clock, listener, drawn, dir }, restored)
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("relay.db")
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.clock.now.load(Ordering::SeqCst))
    }

    /// Somebody sets the clock back.
    pub fn set_back(&self, by: Duration) {
        self.clock.now.fetch_sub(i64::try_from(by.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        self.clock.now.store(self.now().plus(by).nanos(), Ordering::SeqCst);
    }

    pub fn turn_to(&self, instant: Timestamp) {
        self.clock.now.store(instant.nanos(), Ordering::SeqCst);
    }

    /// Commits a change of the API.
    pub async fn api<C: Change>(&self, change: C) -> C::Verdict {
        self.store.lane().api(change).await.expect("the change is committed")
    }

    /// Commits a change of a phone's session.
    pub async fn device<C: Change>(&self, change: C) -> C::Verdict {
        self.store.lane().device(change).await.expect("the change is committed")
    }

    pub async fn sweep<C: Change>(&self, change: C) -> C::Verdict {
        self.store.lane().sweep(change).await.expect("the sweep is committed")
    }

    pub async fn ask<Q: Query>(&self, question: Q) -> Q::Answer {
        self.store.reads().ask(question).await.expect("the question is answered")
    }

    /// Shuts the gate: the lane stops after its next commit that announces something.
    pub async fn shut_gate(&self) -> MutexGuard<'_, ()> {
        self.listener.gate.lock().await
    }

    /// Whether the lane stands at the gate with something announced since [`Bench::heard`] was asked last.
    pub fn has_heard(&self) -> bool {
        !self.listener.heard.lock().unwrap().is_empty()
    }

    /// What was announced since this was asked last. The lane announces after it has answered, so a change behind
    /// it is awaited first.
    pub async fn heard(&self) -> Vec<Effect> {
        self.api(relay_store::changes::MarkAlive).await;
        std::mem::take(&mut *self.listener.heard.lock().unwrap())
    }

    /// A number that was not drawn before.
    pub fn draw(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::SeqCst)
    }

    /// Every row of every table, as text; without the count of commits, which counts those that write nothing else too.
    pub fn tables(&self) -> BTreeMap<String, Vec<String>> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let mut conn = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        let mut lines = |query: String| -> Vec<String> {
            sql_query(query).load::<Line>(&mut conn).unwrap().into_iter().map(|row| row.line).collect()
        };
        let names = lines("SELECT name AS line FROM sqlite_master WHERE type = 'table' ORDER BY name".into());
        let rows = names.into_iter().map(|name| {
            let columns =
                lines(format!("SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{name}') WHERE name <> 'commits'"));
            let row = columns.join(" || ' ' || ");
            let rows = lines(format!("SELECT {row} AS line FROM {name} ORDER BY 1"));
            (name, rows)
        });
        rows.collect()
    }

    /// Rows of a table.
    pub fn count(&self, table: &str) -> usize {
        self.tables()[table].len()
    }

    pub async fn account(&self, plan: PlanName) -> AccountId {
        self.account_on(plan.plan()).await
    }

    pub async fn account_on(&self, plan: Plan) -> AccountId {
        self.api(CreateAccount { name: "Acme".into(), plan, zone: relay_domain::month::Zone::UTC }).await.id
    }

    /// A pairing code for a target: its two halves and the device.
    pub async fn code(&self, account_id: AccountId, target: PairTarget) -> (String, [u8; 32], DeviceId) {
        let (public, secret_digest) = (format!("P{:03}", self.draw()), digest(self.draw()));
        match self.api(IssuePairingCode { account_id, target, public: public.clone(), secret_digest }).await {
            PairingCodeVerdict::Issued { device_id, .. } => (public, secret_digest, device_id),
            other => panic!("no code: {other:?}"),
        }
    }

    /// A phone that was just paired.
    pub async fn phone(&self, account_id: AccountId) -> Phone {
        let (public, secret_digest, device_id) =
            self.code(account_id, PairTarget::New("Office".into())).await;
        let redeem = RedeemPairingCode { public, secret_digest, model: "Test".into() };
        let RedeemVerdict::Paired(paired) = self.api(redeem).await else { panic!("the code works") };
        let sims = vec![sim(0, Some("+4915112345678"), Some("iccid-a"))];
        Phone {
            account_id,
            device_id,
            generation: paired.generation,
            journal: journal(self.draw()),
            sims,
            epoch: 0,
        }
    }

    /// A phone that has said hello with nothing in its journal.
    pub async fn online(&self, account_id: AccountId) -> Phone {
        let mut phone = self.phone(account_id).await;
        phone.connect(self, phone.fresh()).await;
        phone
    }

    /// A key for a slot of a phone whose SIMs are known.
    pub async fn key(&self, phone: &Phone, slot: u8) -> Key {
        match self.api(create_key(phone, slot, KeyDigest(digest(self.draw())))).await {
            KeyVerdict::Created(key) => key,
            other => panic!("no key: {other:?}"),
        }
    }

    /// A phone online on a plan, with a key for its first slot.
    pub async fn sender(&self, plan: PlanName) -> (Phone, Key) {
        let phone = self.online(self.account(plan).await).await;
        let key = self.key(&phone, 0).await;
        (phone, key)
    }

    /// Accepts one message.
    pub async fn accept(&self, key: &Key, body: &str) -> Outbound {
        match self.api(AcceptMessages { key: key.clone(), drafts: vec![draft(body)], request: None }).await {
            Acceptance::Verdicts(mut verdicts) => verdicts.pop().unwrap().expect("under the cap"),
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// A message as its owner reads it.
    pub async fn message(&self, message: &Outbound) -> Outbound {
        let question = FindOutbound { account_id: message.account_id, message_id: message.id };
        self.ask(question).await.expect("the message is there")
    }
}

fn config(clock: &Arc<TestClock>, listener: &Arc<Listener>) -> StoreConfig {
    StoreConfig {
        clock: clock.clone(),
        seed: 7,
        at_least: Mark::default(),
        announce: listener.clone(),
        on_fatal: Arc::new(|why| panic!("the store gave up: {why}")),
    }
}

/// A store for a database that has come so far.
pub fn config_at_least(at_least: Mark) -> StoreConfig {
    let clock = Arc::new(TestClock { now: AtomicI64::new(START.nanos()), asked: AtomicUsize::new(0) });
    StoreConfig { at_least, ..config(&clock, &Arc::default()) }
}

/// A phone, as the store knows it.
#[derive(Debug, Clone)]
pub struct Phone {
    pub account_id: AccountId,
    pub device_id: DeviceId,
    pub generation: u32,
    pub journal: JournalId,
    pub sims: Vec<SimReport>,
    /// Of its newest session.
    pub epoch: u64,
}

impl Phone {
    /// What a new journal says of itself.
    pub fn fresh(&self) -> Presented {
        Presented { journal: self.journal, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 }
    }

    /// What a journal with a past says of itself.
    pub fn with_past(&self, head: u64, down: u64) -> Presented {
        Presented { virgin: false, head, acked: head, down, ..self.fresh() }
    }

    pub fn hello(&self, bench: &Bench, presented: Presented) -> OpenSession {
        OpenSession {
            device_id: self.device_id,
            generation: self.generation,
            connection: bench.draw(),
            presented,
            unfinished: Vec::new(),
            sims: self.sims.clone(),
            max_pending: 256,
            app_version: "1.0.0".into(),
            os: "test".into(),
        }
    }

    /// Says hello and keeps the epoch.
    pub async fn connect(&mut self, bench: &Bench, presented: Presented) -> OpenedSession {
        let hello = self.hello(bench, presented);
        match bench.device(hello).await {
            OpenVerdict::Opened(opened) => {
                self.epoch = opened.epoch;
                opened
            }
            other => panic!("no session: {other:?}"),
        }
    }

    pub async fn upload(&self, bench: &Bench, first: u64, reports: Vec<Report>) -> RecordVerdict {
        let (device_id, epoch) = (self.device_id, self.epoch);
        bench.device(RecordEvents { device_id, epoch, first, reports }).await
    }

    /// What the session gets when it asks for the queue's head.
    pub async fn next(&self, bench: &Bench) -> Vec<FrameRow> {
        match bench.device(DispatchNext { device_id: self.device_id, epoch: self.epoch }).await {
            NextVerdict::Dispatched { rows, .. } => rows,
            NextVerdict::Fenced => panic!("fenced"),
        }
    }
}

pub fn digest(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest
}

pub fn journal(number: u64) -> JournalId {
    JournalId::from(Uuid::from_u128(u128::from(number) << 64 | 1))
}

pub fn create_key(phone: &Phone, slot: u8, digest: KeyDigest) -> CreateKey {
    CreateKey {
        account_id: phone.account_id,
        device_id: phone.device_id,
        slot,
        dialect: Dialect::Relayion,
        name: "shop".into(),
        prefix: "rlyn_abcdefgh".into(),
        digest,
    }
}

pub fn draft(body: &str) -> Draft {
    Draft::new(PhoneNumber::parse("+639171234567").unwrap(), body.into(), 1)
}

pub fn sim(slot: u8, number: Option<&str>, iccid_hash: Option<&str>) -> SimReport {
    let facts = SimFacts {
        number: number.map(str::to_owned),
        subscription_id: None,
        iccid_hash: iccid_hash.map(str::to_owned),
    };
    SimReport { slot, facts, carrier: Some("Telekom".into()), is_default: slot == 0 }
}

pub fn fact(message: MessageId, kind: FactKind, at: Timestamp) -> Report {
    Report::Fact { message_id: message, kind, at, raw: format!("about {message}") }
}

pub fn inbound(body: &str, at: Timestamp) -> Report {
    Report::Inbound(InboundReport {
        slot: 0,
        sim: SimFacts::default(),
        sender: "+4915200000001".into(),
        body: body.into(),
        parts: 1,
        smsc_at: None,
        digest: "d1".into(),
        source: "broadcast",
        received_at: at,
    })
}

pub fn unreadable(raw: &str) -> Report {
    Report::Unreadable { raw: raw.into(), why: "not a JSON object".into() }
}
