//! An installation: a hub, its account, phones on lines of their own, and the judge over what all of them saw.
//!
//! Owns how a phone comes to be (code, pairing, SIM, key) and how a run ends: with the ledger's verdict. Radios
//! and carriers write to one file, which phones as processes of their own share.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use android_bridge::driver::Remains;
use android_bridge::engine::BackoffLimits;
use android_bridge::handset::Paired;
use android_bridge::journal::SharedMemoryJournal;
use android_bridge::sim::{CarrierProfile, demo_sim, fleet};
use android_bridge::witness::FileWitness;
use android_bridge::{Identity, Pairing, Phone, PhoneConfig, PhoneHandle, PhoneState, Storage};
use device_protocol::{PAIR_PATH, PairReply, PairRequest};
use relay_ledger::{Counts, Ledger, Options, Verdict};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::await_fact::within_deadline;
use super::customer::{nanos, now_ms};
use super::hub::log_of;
use super::{Customer, Hub, HubOptions, eventually};

/// A plan so wide that no test meets its end, except where the bucket is the promise.
pub const WIDE: Quota = Quota { burst: 5_000, refill_per_minute: 60_000 };
/// A phone is back at once: a back-off is for fleets, and these tests end many links.
const BACKOFF: BackoffLimits = BackoffLimits { first_ms: 20, most_ms: 500 };
/// Lines of the hub's log that a failure shows.
const LOG_SHOWN: usize = 40;
const ACCOUNT: &str = "Acme";

/// What a device may dispatch.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    pub burst: u32,
    pub refill_per_minute: u32,
}

/// A hub with one account, and everything that the judge has to read.
pub struct Installation {
    pub hub: Hub,
    quota: Quota,
    dir: Option<TempDir>,
    lines: Vec<Seen>,
    notes: Vec<String>,
    /// The last look, clean or not: what a failure shows.
    verdict: Mutex<Option<Verdict>>,
}

/// What the judge needs of a line.
struct Seen {
    device_id: String,
    customer: Customer,
    secret: String,
    state: tokio::sync::watch::Receiver<PhoneState>,
}

impl Installation {
    /// A hub with a wide plan.
    pub async fn start(options: HubOptions) -> Installation {
        Installation::with_quota(options, WIDE).await
    }

    /// A hub whose account has this quota.
    pub async fn with_quota(options: HubOptions, quota: Quota) -> Installation {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        Installation::put_up(dir, &data_dir, options, quota).await
    }

    /// A hub with a wide plan whose data directory is somewhere else, such as on a disk of its own.
    pub async fn start_on(data_dir: &Path, options: HubOptions) -> Installation {
        Installation::put_up(tempfile::tempdir().unwrap(), data_dir, options, WIDE).await
    }

    async fn put_up(dir: TempDir, data_dir: &Path, options: HubOptions, quota: Quota) -> Installation {
        let hub = Hub::start(data_dir, options).await;
        let (burst, refill) = (quota.burst.to_string(), quota.refill_per_minute.to_string());
        let custom = ["--burst", &burst, "--refill-per-minute", &refill];
        hub.manage(&[&["account", "create", ACCOUNT, "--plan", "enterprise"], &custom[..]].concat());
        Installation {
            hub,
            quota,
            dir: Some(dir),
            lines: Vec::new(),
            notes: Vec::new(),
            verdict: Mutex::default(),
        }
    }

    /// A phone in memory with one SIM, and a key on its line.
    pub async fn line(&mut self, carrier: CarrierProfile) -> Line {
        let storage = Storage::Memory(SharedMemoryJournal::new());
        self.line_on(storage, carrier).await
    }

    /// The same with a journal in a folder.
    pub async fn line_on_disk(&mut self, carrier: CarrierProfile) -> Line {
        let folder = self.path(&format!("phone-{}", self.lines.len()));
        self.line_on(Storage::Folder(folder), carrier).await
    }

    async fn line_on(&mut self, storage: Storage, carrier: CarrierProfile) -> Line {
        let n = self.lines.len();
        let (name, number) = (format!("Phone {n}"), fleet::demo_number(n, 0));
        let code = self.hub.manage(&["device", "pair-code", "--name", &name]);
        let pairing = pair_from_elsewhere(&self.hub, code["code"].as_str().unwrap()).await;
        let config = PhoneConfig {
            storage,
            sims: vec![demo_sim(0, &number)],
            ..self.phone_config(Identity::Paired(pairing, Paired::JustNow), carrier, n as u64 + 1)
        };
        let phone = Phone::start(config.clone()).await.unwrap();
        connected(&phone).await;
        let secret = self.key(&name, 0);
        let customer = Customer::new(self.hub.url(""), &secret);
        let device_id = phone.pairing().device_id.to_string();
        let (seen, state) = (customer.clone(), phone.state());
        self.lines.push(Seen { device_id: device_id.clone(), customer: seen, secret, state });
        self.note_plan(&device_id);
        Line { name, number, device_id, customer, config, life: Life::Runs(phone), n }
    }

    /// What a phone of this installation is by default.
    pub fn phone_config(&self, identity: Identity, carrier: CarrierProfile, seed: u64) -> PhoneConfig {
        let witness = Arc::new(FileWitness::open(&self.witness_path()).unwrap());
        PhoneConfig {
            carrier,
            witness,
            seed,
            backoff: BACKOFF,
            ..PhoneConfig::in_memory(&self.hub.url(""), identity)
        }
    }

    /// Makes a key and answers with its secret.
    pub fn key(&self, device: &str, slot: u8) -> String {
        let made = self.hub.manage(&["key", "create", device, "--slot", &slot.to_string()]);
        made["secret"].as_str().unwrap().to_owned()
    }

    /// Pairs whoever asks as this device, from a new code.
    pub async fn pair_again(&self, device: &str) -> Pairing {
        let code = self.hub.manage(&["device", "pair-code", "--device", device]);
        self.pair_with(&code).await
    }

    /// Pairs whoever asks with the code of a command's answer.
    pub async fn pair_with(&self, answer: &Value) -> Pairing {
        pair_from_elsewhere(&self.hub, answer["code"].as_str().unwrap()).await
    }

    /// Writes a backup; answers with its folder and its manifest.
    pub fn back_up(&self, name: &str) -> (PathBuf, Value) {
        let folder = self.path(name);
        let made = self.hub.manage(&["backup", folder.to_str().unwrap()]);
        (folder, made)
    }

    /// Stops the hub, restores a backup and starts it again, with phones that go on; the judge learns of it.
    pub async fn restore(&mut self, (folder, made): &(PathBuf, Value)) -> Value {
        assert!(self.hub.terminate().success());
        let report = self.hub.manage(&["restore", "--from", folder.to_str().unwrap()]);
        let made_at_ms = nanos(made["made_at"].as_str().unwrap()) / 1_000_000;
        self.note(&json!({ "log": "hub", "kind": "restored", "made_at_ms": made_at_ms, "at_ms": now_ms() }));
        self.hub.restart().await;
        report
    }

    /// Another customer whom the judge hears.
    pub fn hear(&mut self, customer: &Customer) {
        let first = &self.lines[0];
        let (device_id, secret, state) = (first.device_id.clone(), first.secret.clone(), first.state.clone());
        self.lines.push(Seen { device_id, customer: customer.clone(), secret, state });
    }

    /// A line for the judge.
    pub fn note(&mut self, line: &Value) {
        self.notes.push(line.to_string());
    }

    /// The plan of a device, for the judge.
    pub fn note_plan(&mut self, device_id: &str) {
        self.note_quota(device_id, self.quota, 0);
    }

    /// What a device may dispatch from an instant on, for the judge.
    pub fn note_quota(&mut self, device_id: &str, quota: Quota, at_ms: i128) {
        let Quota { burst, refill_per_minute } = quota;
        self.note(&json!({
            "log": "client", "kind": "plan", "device": device_id, "burst": burst,
            "refill_per_minute": refill_per_minute, "at_ms": at_ms,
        }));
    }

    /// A place that ends with the installation.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.as_ref().expect("there until the end").path().join(name)
    }

    /// The file that radios and carriers write.
    pub fn witness_path(&self) -> PathBuf {
        self.path("witness.ndjson")
    }

    /// Every line that radios and carriers wrote so far.
    pub fn witnessed(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.witness_path()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often this message was handed to a radio.
    pub fn submits_of(&self, id: &str) -> usize {
        self.witnessed().iter().filter(|line| line["kind"] == "submit" && line["id"] == id).count()
    }

    /// How many of the account's messages have this status.
    pub async fn count(&self, status: &str) -> Option<usize> {
        let path = format!("/api/v1/outbound?limit=1&status={status}");
        let answer = self.lines[0].customer.ask(Method::GET, &path, None).await?;
        answer.headers.get("x-total-count")?.to_str().ok()?.parse().ok()
    }

    /// Waits until so many messages are delivered: receipts come when the carrier pleases.
    pub async fn until_delivered(&self, messages: usize) {
        eventually(&format!("{messages} messages are delivered"), || async {
            (self.count("DELIVERED").await? == messages).then_some(())
        })
        .await;
    }

    /// The end of a run where everything healed: nothing waits, nothing is on its way, and the verdict is clean.
    pub async fn judge(&mut self) -> Counts {
        eventually("nothing is queued or on its way", || async {
            (self.count("QUEUED").await? == 0 && self.count("DISPATCHED").await? == 0).then_some(())
        })
        .await;
        let settled = json!({ "log": "client", "kind": "settled", "at_ms": 0 });
        self.notes.push(settled.to_string());
        self.judge_as_it_is().await
    }

    /// The end of a run that leaves messages waiting or uncertain on purpose.
    pub async fn judge_as_it_is(&mut self) -> Counts {
        eventually("the ledger is clean", || async {
            let verdict = self.look().await;
            self.verdict.lock().unwrap().insert(verdict).is_clean().then_some(())
        })
        .await;
        self.verdict.lock().unwrap().as_ref().expect("just looked").counts
    }

    /// The verdict on everything up to now. Late receipts and uploads may still make a bad one good.
    async fn look(&self) -> Verdict {
        let mut ledger = Ledger::new(Options::default());
        ledger.read_lines("notes", &self.notes);
        for line in &self.lines {
            ledger.read_lines("customer", line.customer.log());
        }
        let first = Customer::new(self.hub.url(""), &self.lines[0].secret);
        first.observe_everything().await;
        for line in &self.lines[1..] {
            if self.lines[0].device_id == line.device_id {
                continue;
            }
            for sms in Customer::new(self.hub.url(""), &line.secret).list("/api/v1/inbound").await {
                first.note(json!({
                    "log": "client", "kind": "inbound", "id": sms["id"], "device": sms["deviceId"],
                    "from": sms["senderNumber"], "body": sms["body"],
                }));
            }
        }
        ledger.read_lines("final state", first.log());
        if self.witness_path().exists() {
            ledger.read_file(self.witness_path()).unwrap();
        }
        ledger.judge()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let verdict = self.verdict.get_mut().unwrap().take();
        if !std::thread::panicking() {
            assert!(
                verdict.is_some_and(|verdict| verdict.is_clean()),
                "a run ends with the ledger's verdict"
            );
            return;
        }
        if let Some(verdict) = verdict {
            eprintln!("{verdict}");
        }
        for line in &self.lines {
            eprintln!("{:?}", *line.state.borrow());
        }
        let log = log_of(self.hub.data_dir());
        let lines: Vec<&str> = log.lines().collect();
        eprintln!("{}", lines[lines.len().saturating_sub(LOG_SHOWN)..].join("\n"));
        if let Some(dir) = self.dir.take() {
            eprintln!("kept for you: {}", dir.keep().display());
        }
    }
}

/// A device with its phone, its number, and a customer with a key on it.
pub struct Line {
    pub name: String,
    pub number: String,
    pub device_id: String,
    pub customer: Customer,
    config: PhoneConfig,
    life: Life,
    n: usize,
}

enum Life {
    Runs(PhoneHandle),
    Dead(Remains),
    Between,
}

impl Line {
    /// The phone, which must be alive.
    pub fn phone(&self) -> &PhoneHandle {
        match &self.life {
            Life::Runs(phone) => phone,
            Life::Dead(_) | Life::Between => panic!("{} is dead", self.name),
        }
    }

    /// What the phone is made of, for a second one.
    pub fn config(&self) -> &PhoneConfig {
        &self.config
    }

    /// Ends the phone at whatever it does.
    pub async fn kill(&mut self) {
        if let Life::Runs(phone) = std::mem::replace(&mut self.life, Life::Between) {
            self.life = Life::Dead(phone.kill().await);
        }
    }

    /// Starts the killed phone again on its journal, in the world that went on without it.
    pub async fn restart(&mut self, town: &mut Installation) {
        if let Life::Dead(remains) = std::mem::replace(&mut self.life, Life::Between) {
            let phone = Phone::restart(self.config.clone(), remains).await.unwrap();
            self.adopt(town, phone);
        }
    }

    /// Goes on with this phone.
    pub fn adopt(&mut self, town: &mut Installation, phone: PhoneHandle) {
        town.lines[self.n].state = phone.state();
        self.life = Life::Runs(phone);
    }

    /// Waits for a fact about the phone.
    pub async fn until(&self, what: &str, fact: impl FnMut(&PhoneState) -> bool) -> PhoneState {
        let mut state = self.phone().state();
        within_deadline(&format!("{}: {what}", self.name), state.wait_for(fact))
            .await
            .expect("the phone runs")
            .clone()
    }

    /// Waits until a session is open.
    pub async fn online(&self) {
        self.until("connected", |phone| phone.connected).await;
    }

    /// Waits until the hub has everything that the phone knows.
    pub async fn settled(&self) {
        self.until("settled", |phone| phone.connected && phone.settled()).await;
    }

    /// Sends, and says so if it was not accepted.
    pub async fn send(&self, to: &str, body: &str) -> String {
        self.customer.send(to, body).await.expect("the message is accepted")
    }

    /// The device as the API shows it.
    pub async fn shown(&self) -> Option<Value> {
        let answer = self.customer.ask(Method::GET, "/api/v1/devices", None).await?;
        let devices = answer.body["data"].as_array()?.clone();
        devices.into_iter().find(|device| device["id"] == self.device_id.as_str())
    }
}

/// Waits until a phone has a session.
pub async fn connected(phone: &PhoneHandle) {
    let mut state = phone.state();
    within_deadline("the phone connects", state.wait_for(|phone| phone.connected))
        .await
        .expect("the phone runs");
}

/// Pairs from an address of its own: the hub allows each address few tries a minute, and a fleet is paired from
/// many. All of 127.0.0.0/8 is this machine.
async fn pair_from_elsewhere(hub: &Hub, code: &str) -> Pairing {
    static PAIRED: AtomicUsize = AtomicUsize::new(0);
    let [.., high, low] = PAIRED.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let source = IpAddr::V4(Ipv4Addr::new(127, 1, high, low.max(1)));
    let http = reqwest::Client::builder().local_address(source).build().unwrap();
    let asked = PairRequest { code: code.to_owned(), model: "Simulated phone".to_owned() };
    let answer = http.post(hub.url(PAIR_PATH)).json(&asked).send().await.unwrap();
    assert_eq!(answer.status(), 201, "paired");
    let PairReply { device_id, token, .. } = answer.json().await.unwrap();
    Pairing { device_id, token }
}

/// The seed of a test's dice: printed, because a failed test shows what it printed, and taken from
/// `RELAY_TEST_SEED` to play one again.
pub fn seed() -> u64 {
    let given =
        std::env::var("RELAY_TEST_SEED").ok().map(|seed| seed.parse().expect("RELAY_TEST_SEED is a number"));
    let seed = given.unwrap_or_else(rand::random);
    eprintln!("RELAY_TEST_SEED={seed}");
    seed
}

/// Whether a path is there: for what another process makes.
pub async fn until_exists(path: &Path) {
    eventually(&format!("{} exists", path.display()), || async { path.exists().then_some(()) }).await;
}
