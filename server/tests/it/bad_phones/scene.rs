//! The stage of every bad phone: a hub, a phone that misbehaves, and a neighbour on the same hub that must not
//! notice.

use device_protocol::{DownFrame, UpFrame, events_frame};
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::support::raw_phone::{Paired, RawPhone, about, inbound};
use crate::support::{Customer, Hub, HubOptions, eventually};

/// The stage.
pub struct Scene {
    pub hub: Hub,
    /// The one that misbehaves, on a free plan's neighbour.
    pub bad: Paired,
    /// Reads what the bad phone's number received.
    pub customer: Customer,
    neighbour: Neighbour,
    _dir: TempDir,
}

impl Scene {
    /// A hub with the documented ping interval: nothing but the bad phone's deed ends its session.
    pub async fn set() -> Scene {
        Scene::set_with(&["--ping-interval", "25s"]).await
    }

    pub async fn set_with(args: &[&str]) -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let hub = Hub::start(&dir.path().join("data"), HubOptions::default().with(args)).await;
        hub.manage(&["account", "create", "Acme", "--plan", "pro"]);
        let neighbour = Neighbour::moves_in(&hub).await;
        let bad = Paired::new(&hub, "Bad").await;
        // Its SIM is known, and so its key can be made, before it misbehaves.
        drop(RawPhone::greet(&hub, &bad.token, bad.hello()).await);
        let key = hub.manage(&["key", "create", "Bad"]);
        let customer = Customer::new(hub.url(""), key["secret"].as_str().unwrap());
        Scene { hub, bad, customer, neighbour, _dir: dir }
    }

    /// The bad phone, welcomed, with nothing in its journal.
    pub async fn welcomed(&self) -> RawPhone {
        RawPhone::greet(&self.hub, &self.bad.token, self.bad.hello()).await.0
    }

    /// What an operator sees of the bad phone.
    pub fn shown(&self) -> Value {
        let devices = self.hub.manage(&["device", "list"]);
        let devices = devices["devices"].as_array().unwrap();
        devices.iter().find(|device| device["name"] == "Bad").unwrap().clone()
    }

    /// The texts that the bad phone's number received, oldest first.
    pub async fn received(&self) -> Vec<String> {
        let mut rows = self.customer.list("/api/v1/inbound").await;
        // By id: several may have arrived in one millisecond.
        rows.sort_by_key(|row| row["id"].as_str().unwrap().to_owned());
        rows.iter().map(|row| row["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Nothing of what the bad phone said is stored.
    pub async fn nothing_was_stored(&self) {
        assert_eq!(self.received().await, Vec::<String>::new());
        assert_eq!(self.shown()["unreadable"], 0);
        let (_phone, welcome) = RawPhone::greet(&self.hub, &self.bad.token, self.bad.hello()).await;
        assert_eq!(welcome.acked, 0);
    }

    /// The hub and the neighbour's session, the same one as ever, go on.
    pub async fn others_go_on(&mut self) {
        assert!(self.hub.is_running());
        self.neighbour.goes_on().await;
    }
}

/// A phone that does as the protocol says, in one session from the beginning to the end of a test.
struct Neighbour {
    customer: Customer,
    texts: mpsc::UnboundedSender<String>,
    arrived: usize,
    living: JoinHandle<()>,
}

impl Neighbour {
    async fn moves_in(hub: &Hub) -> Neighbour {
        let paired = Paired::new(hub, "Neighbour").await;
        let mut hello = paired.hello();
        hello.sims[0].number = Some("+4915199999999".into());
        let (phone, _) = RawPhone::greet(hub, &paired.token, hello).await;
        let key = hub.manage(&["key", "create", "Neighbour"]);
        let customer = Customer::new(hub.url(""), key["secret"].as_str().unwrap());
        let (texts, arriving) = mpsc::unbounded_channel();
        let living = tokio::spawn(live(phone, arriving));
        Neighbour { customer, texts, arrived: 0, living }
    }

    async fn goes_on(&mut self) {
        let id = self.customer.send("+4915200000002", "to the neighbour").await.expect("accepted");
        eventually("the neighbour delivers", || async {
            (self.customer.message(&id).await?["status"] == "DELIVERED").then_some(())
        })
        .await;
        self.arrived += 1;
        self.texts.send(format!("text {}", self.arrived)).expect("its session never ended");
        eventually("the neighbour receives", || async {
            let answer = self.customer.ask(Method::GET, "/api/v1/inbound", None).await?;
            (answer.body["data"].as_array()?.len() == self.arrived).then_some(())
        })
        .await;
        assert!(!self.living.is_finished(), "its session never ended");
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.living.abort();
    }
}

/// Takes, delivers and receives until its session ends.
async fn live(mut phone: RawPhone, mut arriving: mpsc::UnboundedReceiver<String>) {
    let mut next = 1;
    loop {
        tokio::select! {
            // Whatever the hub sends is taken and delivered at once.
            frame = phone.hear_patiently() => match frame {
                Some(DownFrame::Send(message)) => {
                    phone.say(UpFrame::Ack { down: message.down_seq }.to_text()).await;
                    let told = [about("sent", message.id), about("delivered", message.id)];
                    phone.say(events_frame(next, &told)).await;
                    next += 2;
                }
                Some(_) => {}
                None => return,
            },
            // An SMS arrives.
            Some(text) = arriving.recv() => {
                phone.say(events_frame(next, &[inbound(&text)])).await;
                next += 1;
            }
        }
    }
}
