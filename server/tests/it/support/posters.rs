//! Customers who send all the time, and remember what they were told and in which era of the test they had asked.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::customer::Answer;
use super::fleet::Line;
use super::{Customer, eventually};

/// How eagerly they send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The next request leaves when the last one is answered.
    FlatOut,
    /// The next message is sent when nothing more is to be done for the last one.
    AfterItsEnd,
}

/// What came of one request.
#[derive(Debug, Clone)]
pub struct Posted {
    pub poster: usize,
    /// The era in which it left.
    pub era: u32,
    /// None when the connection ended instead.
    pub answer: Option<Answer>,
}

impl Posted {
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// The message's id, if it was accepted.
    pub fn id(&self) -> Option<&str> {
        self.answer.as_ref().filter(|answer| answer.status == 202)?.body["data"]["id"].as_str()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Told {
    era: u32,
    enough: bool,
}

/// Posters at work.
pub struct Posters {
    tasks: JoinSet<()>,
    told: watch::Sender<Told>,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Posters {
    /// So many on each line. Who gets no answer waits for the next era, as a hub that is gone is asked in vain.
    pub fn start<'a>(lines: impl IntoIterator<Item = &'a Line>, on_each: usize, pace: Pace) -> Posters {
        let (told, posted) = (watch::Sender::new(Told::default()), Arc::default());
        let mut posters = Posters { tasks: JoinSet::new(), told, posted };
        for line in lines {
            for _ in 0..on_each {
                let (poster, customer) = (posters.tasks.len(), line.customer.clone());
                let (told, posted) = (posters.told.subscribe(), Arc::clone(&posters.posted));
                posters.tasks.spawn(work(poster, customer, pace, told, posted));
            }
        }
        posters
    }

    /// Another era: something has just been done to the hub.
    pub fn next_era(&self) -> u32 {
        self.told.send_modify(|told| told.era += 1);
        self.told.borrow().era
    }

    /// Requests so far whose answer has this status.
    pub fn answered(&self, status: u16) -> usize {
        self.posted.lock().unwrap().iter().filter(|posted| posted.status() == Some(status)).count()
    }

    /// Waits until so many have this status.
    pub async fn until_answered(&self, count: usize, status: u16) {
        eventually(&format!("{count} requests are answered with {status}"), || async {
            (self.answered(status) >= count).then_some(())
        })
        .await;
    }

    /// It is enough: what came of every request.
    pub async fn end(self) -> Vec<Posted> {
        self.told.send_modify(|told| told.enough = true);
        self.tasks.join_all().await;
        std::mem::take(&mut *self.posted.lock().unwrap())
    }
}

async fn work(
    poster: usize,
    customer: Customer,
    pace: Pace,
    mut told: watch::Receiver<Told>,
    posted: Arc<Mutex<Vec<Posted>>>,
) {
    for n in 0.. {
        let Told { era, enough } = *told.borrow_and_update();
        if enough {
            return;
        }
        let to = format!("+4366{poster:02}{n:06}9");
        let draft =
            json!({ "recipientNumber": to, "body": format!("message {n} of poster {poster}, era {era}") });
        let answer = customer.post(draft).await;
        let this = Posted { poster, era, answer };
        posted.lock().unwrap().push(this.clone());
        if this.answer.is_none() {
            let goes_on = told.wait_for(|told| told.enough || told.era != era).await;
            goes_on.expect("the posters are told to the end");
        }
        if let (Pace::AfterItsEnd, Some(id)) = (pace, this.id()) {
            until_ended(&customer, id).await;
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until nothing more is to be done for a message, hub or no hub.
async fn until_ended(customer: &Customer, id: &str) {
    let ended = ["SENT", "DELIVERED", "FAILED"];
    eventually(&format!("message {id} has an end"), || async {
        let answer = customer.ask(Method::GET, &format!("/api/v1/outbound/{id}"), None).await?;
        answer.body["data"]["status"].as_str().filter(|status| ended.contains(status)).map(|_| ())
    })
    .await;
}
