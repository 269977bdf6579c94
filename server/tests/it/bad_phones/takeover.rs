//! Who speaks for a device: the newest connection, the newest pairing, the newest epoch.

use std::sync::Arc;

use device_protocol::{CloseCode, events_frame};
use relay_domain::resume::Presented;
use relay_domain::{Clock, DeviceId, JournalId, Timestamp};
use relay_store::changes::{OpenSession, OpenVerdict};
use relay_store::queries::TokenStateOf;
use relay_store::{Durability, Writer};

use super::scene::Scene;
use crate::support::raw_phone::{Paired, RawPhone, inbound};

#[tokio::test]
async fn a_newer_connection_of_the_device_wins() {
    let mut scene = Scene::set().await;
    let mut first = scene.welcomed().await;
    let mut second = scene.welcomed().await;
    first.is_closed_with(CloseCode::Replaced).await;
    second.say(events_frame(1, &[inbound("by the second")])).await;
    second.hears_ack(1).await;
    assert_eq!(scene.received().await, ["by the second"]);
    scene.others_go_on().await;
}

#[tokio::test]
async fn an_upgrade_alone_already_replaces_and_a_late_hello_does_not_take_back() {
    let mut scene = Scene::set().await;
    let mut first = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    let mut second = scene.welcomed().await;
    first.say(device_protocol::UpFrame::Hello(Box::new(scene.bad.hello())).to_text()).await;
    first.is_closed_with(CloseCode::Replaced).await;
    second.say(events_frame(1, &[inbound("still here")])).await;
    second.hears_ack(1).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_revocation_ends_the_session_at_once_and_for_good() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    scene.hub.manage(&["device", "revoke", "Bad"]);
    phone.say(events_frame(1, &[inbound("too late")])).await;
    phone.is_closed_with(CloseCode::Revoked).await;
    assert_eq!(scene.received().await, Vec::<String>::new());
    assert_eq!(scene.shown()["status"], "revoked");
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_new_pairing_ends_the_session_of_the_old_one() {
    let mut scene = Scene::set().await;
    let mut old = scene.welcomed().await;
    let code = scene.hub.manage(&["device", "pair-code", "--device", "Bad"]);
    let again = Paired::with_code(&scene.hub, code["code"].as_str().unwrap()).await;
    assert_eq!(again.device_id, scene.bad.device_id);
    old.is_closed_with(CloseCode::Revoked).await;
    let (mut phone, _) = RawPhone::greet(&scene.hub, &again.token, again.hello()).await;
    phone.say(events_frame(1, &[inbound("by the new one")])).await;
    phone.hears_ack(1).await;
    scene.others_go_on().await;
}

struct Now(Timestamp);

impl Clock for Now {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What another node does that opens a session of the same device: the store's own change, by another process.
/// (Opening a store says that nobody is connected, so the neighbour is out of this one.)
fn elsewhere(scene: &Scene, welcomed_at_ms: i64) {
    let clock = Arc::new(Now(Timestamp::from_millis(welcomed_at_ms)));
    let database = scene.hub.data_dir().join("relay.db");
    let mut node = Writer::open(&database, Durability::Full, clock, 1).unwrap();
    let device_id = DeviceId::from(scene.bad.device_id);
    let generation = node.ask(TokenStateOf(device_id)).unwrap().unwrap().generation;
    let journal = JournalId::from(scene.bad.journal);
    let hello = OpenSession {
        device_id,
        generation,
        connection: 1,
        presented: Presented { journal, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 },
        unfinished: Vec::new(),
        sims: Vec::new(),
        max_pending: 256,
        app_version: String::new(),
        os: String::new(),
    };
    assert!(matches!(node.commit_one(hello).0, Ok(OpenVerdict::Opened(_))));
}

#[tokio::test]
async fn a_session_whose_epoch_was_left_behind_is_fenced_and_writes_nothing() {
    let scene = Scene::set().await;
    let (mut phone, welcome) = RawPhone::greet(&scene.hub, &scene.bad.token, scene.bad.hello()).await;
    elsewhere(&scene, welcome.server_time_ms);
    phone.say(events_frame(1, &[inbound("of an old epoch")])).await;
    phone.is_closed_with(CloseCode::Fenced).await;
    scene.nothing_was_stored().await;
}
