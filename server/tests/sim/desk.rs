//! The hub's webhooks: what each worker does next is the real thing, the posts are events of the simulation.
//!
//! A post takes its time to the receiver, the answer takes its own back, and the attempt is recorded later still. The hub
//! may die in each of these gaps.

use std::collections::BTreeMap;

use rand::RngExt;
use relay_domain::notice::{Notice, Outcome};
use relay_domain::webhook::Webhook;
use relay_domain::{Clock, Timestamp, WebhookId};
use relay_hub::dialects::renderer;
use relay_hub::webhooks::telling::{End, Next, Room, Telling};
use relay_hub::webhooks::{Answer, attempt};
use relay_store::changes::RecordAttempt;
use relay_store::queries::ListWebhooks;

use super::hub::{Due, SimHub};

/// Milliseconds after which a post without an answer is given up.
const POST_LASTS_MS: u64 = 10_000;

/// The workers of a process.
#[derive(Default)]
pub struct Desk {
    workers: BTreeMap<WebhookId, Worker>,
    posts: u64,
    /// Posts that have reached their receivers.
    pub posted: Vec<Post>,
}

struct Worker {
    telling: Telling<u64>,
    /// When it looks next, milliseconds of the simulation.
    looks_at: Option<u64>,
}

/// A post.
pub struct Post {
    number: u64,
    pub webhook: Webhook,
    pub notice: Notice,
    pub body: Vec<u8>,
    began_at: Timestamp,
}

/// An answer, or in words why there is none.
pub type Answered = Result<Answer, String>;

impl SimHub {
    /// A process starts: it has a worker for each webhook.
    pub fn start_workers(&mut self) {
        let known = self.ask(ListWebhooks { account_id: None }).unwrap_or_default();
        known.iter().for_each(|webhook| self.wake_changed(webhook.id));
    }

    /// Its process ends, or its sockets are gone: nothing new is begun.
    pub fn stop_workers(&mut self) {
        self.desk.workers.clear();
    }

    /// Everybody looks: a notice that another node has written rings no bell here.
    pub fn wake_workers(&mut self) {
        let now = self.clock.elapsed_ms();
        self.desk.workers.values_mut().for_each(|worker| worker.looks_at = Some(now));
    }

    /// A notice waits.
    pub fn wake(&mut self, webhook: WebhookId) {
        let now = self.clock.elapsed_ms();
        if let Some(worker) = self.desk.workers.get_mut(&webhook) {
            worker.looks_at = Some(now);
        }
    }

    /// A webhook was made or changed.
    pub fn wake_changed(&mut self, webhook: WebhookId) {
        let new = || Worker { telling: Telling::new(webhook), looks_at: None };
        self.desk.workers.entry(webhook).or_insert_with(new).telling.changed();
        self.wake(webhook);
    }

    /// When a worker looks next.
    pub fn next_look_ms(&self) -> Option<u64> {
        self.desk.workers.values().filter_map(|worker| worker.looks_at).min()
    }

    /// Those whose time it is look.
    pub fn look(&mut self) {
        let now = self.clock.elapsed_ms();
        let ready =
            self.desk.workers.iter().filter(|(_, worker)| worker.looks_at.is_some_and(|at| at <= now));
        let ready: Vec<WebhookId> = ready.map(|(webhook, _)| *webhook).collect();
        for webhook in ready {
            let Some(mut worker) = self.desk.workers.remove(&webhook) else { continue };
            if let Some(until) = self.look_of(&mut worker) {
                worker.looks_at = until.map(|at| self.clock.ms_of(at).max(now + 1));
                self.desk.workers.insert(webhook, worker);
            }
        }
    }

    /// One worker looks: until when it waits then, or `None` when it is over.
    fn look_of(&mut self, worker: &mut Worker) -> Option<Option<Timestamp>> {
        let now = self.clock.now();
        let Room { least, most } = match worker.telling.room(now) {
            Ok(room) => room,
            Err(until) => return Some(until),
        };
        // Others have turns as well.
        let limit = self.dice.random_range(least..=most);
        let due = self.ask(worker.telling.question(limit, now))?;
        match worker.telling.answered(due, limit, now) {
            Next::Post(webhook, notices, until) => {
                for notice in notices {
                    self.desk.posts += 1;
                    let (number, webhook) = (self.desk.posts, (*webhook).clone());
                    worker.telling.began(number, notice.id);
                    let body = renderer(webhook.dialect).body(&notice);
                    self.plan(Due::Post(Post { number, webhook, notice, body, began_at: now }));
                }
                Some(until)
            }
            Next::Rest => Some(None),
            Next::Over => None,
        }
    }

    /// Takes the posts that are on their way to receivers.
    pub fn posts_under_way(&mut self) -> Vec<Post> {
        let (mut posts, due) = (Vec::new(), std::mem::take(&mut self.due));
        for (at, due) in due {
            match due {
                Due::Post(post) => posts.push(post),
                other => drop(self.due.insert(at, other)),
            }
        }
        posts
    }

    /// Nobody hears what comes of the posts that are under way.
    pub fn forget_posts(&mut self) {
        self.due.retain(|_, due| !matches!(due, Due::Post(_) | Due::Answered(..)));
    }

    /// A receiver answers, or nothing comes back at all: then the hub waits as long as it does.
    pub fn answer(&mut self, post: Post, answered: Option<Answered>) {
        match answered {
            Some(answered) => self.plan(Due::Answered(post, answered)),
            None => {
                let none = Err("no answer began".to_owned());
                self.plan_in_ms(POST_LASTS_MS, Due::Answered(post, none));
            }
        }
    }

    /// An answer has arrived: the attempt is recorded.
    pub fn record(&mut self, post: &Post, answered: Answered) {
        let now = self.clock.now();
        let (retry, dice) = (renderer(post.webhook.dialect).retry(), self.dice.random());
        let (attempt, outcome) = attempt::judge(answered, post.began_at, now.since(post.began_at), |asked| {
            retry.pause(post.notice.attempts + 1, dice, asked)
        });
        let url = post.webhook.url.clone();
        let recorded = self.commit(RecordAttempt { notice_id: post.notice.id, url, attempt, outcome });
        assert!(recorded.is_ok(), "an attempt is recorded: {recorded:?}");
        let end = if outcome == Outcome::Taken { End::Taken } else { End::NotTaken };
        if let Some(worker) = self.desk.workers.get_mut(&post.notice.webhook_id)
            && worker.telling.ended(&post.number, end, post.began_at, now)
        {
            worker.looks_at = Some(self.clock.elapsed_ms());
        }
    }
}
