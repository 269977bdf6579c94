//! A scratch hub without sockets: store, verbs, a clock that stands, and phones that say what a test wants.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use relay_domain::allocate::Wait;
use relay_domain::key::Dialect as KeyDialect;
use relay_domain::month::Zone;
use relay_domain::plan::PlanName;
use relay_domain::report::{InboundReport, Report};
use relay_domain::resume::Presented;
use relay_domain::sim::SimFacts;
use relay_domain::sim::SimReport;
use relay_domain::{AccountId, Clock, DeviceId, JournalId, Timestamp};
use relay_store::changes::{OpenSession, OpenVerdict, PairTarget, RecordEvents};
use relay_store::{Store, StoreConfig};
use serde_json::Value;

use super::super::Relayion;
use crate::dialects::Dialect as _;
use crate::http::door::{Door, Rates};
use crate::relay::Relay;
use crate::relay::keys::KeyCache;
use crate::relay::presence::Presence;
use crate::secrets::Secrets;

/// 2026-04-25T08:00:00Z, the page's instant.
const PAGE_INSTANT_MS: i64 = 1_777_104_000_000;

pub(super) struct Bench {
    pub(super) relay: Relay,
    pub(super) clock: Arc<HandClock>,
    pub(super) door: Arc<Door>,
    connected: Arc<Connected>,
    store: Option<Store>,
    connections: AtomicU64,
    _scratch: tempfile::TempDir,
}

/// A phone with its session.
#[derive(Clone, Copy)]
pub(super) struct Phone {
    pub(super) account_id: AccountId,
    pub(super) device_id: DeviceId,
    epoch: u64,
    journal: JournalId,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) json: Value,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// `code` and `field` of a refusal.
    pub(super) fn refusal(&self) -> (u16, &str, Option<&str>) {
        let error = &self.json["error"];
        assert_eq!(self.json["success"], false, "{}", self.json);
        assert!(!error["message"].as_str().unwrap().is_empty());
        (self.status.as_u16(), error["code"].as_str().unwrap(), error["field"].as_str())
    }

    pub(super) fn data(&self) -> &Value {
        assert_eq!(self.json["success"], true, "{}", self.json);
        &self.json["data"]
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.data().as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
    }
}

pub(super) struct HandClock(AtomicI64);

impl HandClock {
    pub(super) fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Connected(Mutex<HashMap<DeviceId, Timestamp>>);

impl Presence for Connected {
    fn last_frame_at(&self, device: DeviceId) -> Option<Timestamp> {
        self.0.lock().unwrap().get(&device).copied()
    }

    fn radio_wait(&self, _device: DeviceId) -> Option<Wait> {
        None
    }
}

impl Bench {
    pub(super) fn new() -> Bench {
        let scratch = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(PAGE_INSTANT_MS * 1_000_000)));
        let secrets = Arc::new(Secrets::load_or_create(&scratch.path().join("secrets.json")).unwrap());
        let keys = KeyCache::default();
        let config = StoreConfig {
            clock: clock.clone(),
            seed: 7,
            at_least: Default::default(),
            announce: Arc::new(keys.clone()),
            on_fatal: Arc::new(|why| panic!("{why}")),
        };
        let store = Store::open(&scratch.path().join("relay.db"), config).unwrap();
        let connected = Arc::new(Connected::default());
        let relay = Relay::new(store.lane(), store.reads(), clock.clone(), secrets, keys, connected.clone());
        Bench {
            relay,
            clock,
            door: Arc::new(Door::new(Rates::default())),
            connected,
            store: Some(store),
            connections: AtomicU64::new(0),
            _scratch: scratch,
        }
    }

    pub(super) async fn account(&self, plan: PlanName) -> AccountId {
        self.relay.create_account("Corner Shop", plan.plan(), Zone::UTC).await.unwrap().id
    }

    /// A paired phone that was online once, with one SIM in slot 0, and is offline now.
    pub(super) async fn phone(&self, account_id: AccountId, number: Option<&str>) -> Phone {
        let target = PairTarget::New("Office Phone 1".into());
        let code = self.relay.issue_pairing_code(account_id, target).await.unwrap().code;
        let paired = self.relay.redeem_pairing_code(&code.to_string(), "Pixel".into()).await.unwrap();
        let journal = JournalId::from_bytes(rand::random());
        let phone = Phone { account_id, device_id: paired.device_id, epoch: 0, journal };
        let phone = self.connect(phone, number).await;
        self.disconnect(phone).await;
        phone
    }

    pub(super) async fn connect(&self, phone: Phone, number: Option<&str>) -> Phone {
        let presented =
            Presented { journal: phone.journal, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 };
        let change = OpenSession {
            device_id: phone.device_id,
            generation: 1,
            connection: self.connections.fetch_add(1, Ordering::SeqCst) + 1,
            presented,
            unfinished: Vec::new(),
            sims: vec![sim(0, number)],
            max_pending: 256,
            app_version: "1".into(),
            os: "Android".into(),
        };
        let OpenVerdict::Opened(opened) = self.relay.open_session(change).await.unwrap() else {
            panic!("no session")
        };
        self.connected.0.lock().unwrap().insert(phone.device_id, self.clock.now());
        Phone { epoch: opened.epoch, ..phone }
    }

    pub(super) async fn disconnect(&self, phone: Phone) {
        let change = relay_store::changes::CloseSession {
            device_id: phone.device_id,
            epoch: phone.epoch,
            last_seen_at: self.clock.now(),
        };
        self.relay.close_session(change).await.unwrap();
        self.connected.0.lock().unwrap().remove(&phone.device_id);
    }

    /// Revokes a phone and deletes its device.
    pub(super) async fn delete_device(&self, phone: Phone) {
        self.relay.revoke_device(phone.account_id, phone.device_id).await.unwrap();
        self.connected.0.lock().unwrap().remove(&phone.device_id);
        self.relay.delete_device(phone.account_id, phone.device_id).await.unwrap();
    }

    pub(super) async fn key(&self, phone: Phone) -> String {
        let made =
            self.relay.create_key(phone.account_id, phone.device_id, 0, KeyDialect::Relayion, "shop").await;
        made.unwrap().secret
    }

    /// Reports with the phone's session, numbered from `first`.
    pub(super) async fn report(&self, phone: Phone, first: u64, reports: Vec<Report>) {
        let change = RecordEvents { device_id: phone.device_id, epoch: phone.epoch, first, reports };
        let recorded = self.relay.record_events(change).await.unwrap();
        assert!(matches!(recorded, relay_store::changes::RecordVerdict::Recorded { .. }), "{recorded:?}");
    }

    /// An account with a phone on a known number and its key.
    pub(super) async fn shop(&self, plan: PlanName) -> (Phone, String) {
        let account = self.account(plan).await;
        let phone = self.phone(account, Some("+639170000001")).await;
        let key = self.key(phone).await;
        (phone, key)
    }

    pub(super) fn is_open(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn close_store(&mut self) {
        self.store.take().unwrap().close();
    }

    pub(super) async fn call(&self, request: TestRequest) -> Reply {
        let limits = web::PayloadConfig::new(usize::MAX);
        let site =
            App::new().app_data(limits).configure(|config| Relayion.mount(&self.relay, &self.door, config));
        let site = test::init_service(site).await;
        let answer = test::call_service(&site, request.to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = test::read_body(answer).await;
        Reply { status, headers, json: serde_json::from_slice(&body).unwrap() }
    }

    pub(super) async fn get(&self, key: &str, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {key}"))))
            .await
    }

    pub(super) async fn post(&self, key: &str, body: impl Into<web::Bytes>) -> Reply {
        let request = TestRequest::post().uri("/api/v1/outbound").set_payload(body);
        self.call(request.insert_header(("Authorization", format!("Bearer {key}")))).await
    }

    /// The same under a name of the request's own.
    pub(super) async fn post_named(&self, key: &str, name: &str, path: &str, body: &Value) -> Reply {
        let request = TestRequest::post().uri(path).set_payload(body.to_string());
        let key = ("Authorization", format!("Bearer {key}"));
        self.call(request.insert_header(key).insert_header(("Idempotency-Key", name.to_owned()))).await
    }

    pub(super) async fn bulk(&self, key: &str, body: impl Into<web::Bytes>) -> Reply {
        let request = TestRequest::post().uri("/api/v1/outbound/bulk").set_payload(body);
        self.call(request.insert_header(("Authorization", format!("Bearer {key}")))).await
    }

    pub(super) async fn delete(&self, key: &str, path: &str) -> Reply {
        let request = TestRequest::delete().uri(path);
        self.call(request.insert_header(("Authorization", format!("Bearer {key}")))).await
    }

    /// Messages of this device that are in the month's count.
    pub(super) async fn accepted_this_month(&self, account_id: AccountId) -> u64 {
        let account = self.relay.account(account_id).await.unwrap().unwrap();
        self.relay.usage(&account).await.unwrap().accepted
    }

    pub(super) async fn send(&self, key: &str, to: &str, text: &str) -> Reply {
        self.post(key, serde_json::json!({ "recipientNumber": to, "body": text }).to_string()).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            store.close();
        }
    }
}

/// The SIM that every phone here has, in a slot.
pub(super) fn sim(slot: u8, number: Option<&str>) -> SimReport {
    SimReport {
        slot,
        facts: SimFacts { number: number.map(str::to_owned), subscription_id: Some(1), iccid_hash: None },
        carrier: Some("Globe".into()),
        is_default: false,
    }
}

/// An SMS that arrived in slot 0.
pub(super) fn arrived(sender: &str, body: &str, number: &str, at: Timestamp) -> Report {
    arrived_in(0, sender, body, number, at)
}

/// The same in a slot.
pub(super) fn arrived_in(slot: u8, sender: &str, body: &str, number: &str, at: Timestamp) -> Report {
    Report::Inbound(InboundReport {
        slot,
        sim: SimFacts { number: Some(number.to_owned()), subscription_id: Some(1), iccid_hash: None },
        sender: sender.to_owned(),
        body: body.to_owned(),
        parts: 1,
        smsc_at: None,
        digest: format!("{sender}{body}"),
        source: "broadcast",
        received_at: at,
    })
}
