//! What one webhook's worker knows, and what it does next. Pure: instants and the store's answers come in, notices to post
//! go out. The simulation goes by it as well.

use std::collections::HashMap;
use std::hash::Hash;

use relay_domain::notice::Notice;
use relay_domain::webhook::{Webhook, WebhookStatus};
use relay_domain::{NoticeId, Timestamp, WebhookId};
use relay_store::queries::{Due, DueNotices};

use super::circuit::Circuit;

/// What is under way to one webhook. `K` tells posts apart.
pub struct Telling<K> {
    webhook: WebhookId,
    circuit: Circuit,
    under_way: HashMap<K, NoticeId>,
    /// More may be due than there was room for.
    more: bool,
}

/// How many posts may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// It is worth waiting for so many turns: a look at the store costs as much for one notice as for a few.
    pub least: usize,
    /// No more than these.
    pub most: usize,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Post these to this webhook as it is now, and look again at the instant, if there is one.
    Post(Box<Webhook>, Vec<Notice>, Option<Timestamp>),
    /// Wait for the bell: whoever resumes it rings.
    Rest,
    /// Nothing more: there is no such webhook any more.
    Over,
}

impl<K: Hash + Eq> Telling<K> {
    /// Nothing is known of its endpoint yet.
    pub fn new(webhook: WebhookId) -> Telling<K> {
        Telling { webhook, circuit: Circuit::default(), under_way: HashMap::new(), more: false }
    }

    /// Somebody changed the webhook: what was learnt of its endpoint may be old.
    pub fn changed(&mut self) {
        self.circuit.forget();
    }

    /// Whether it is worth a look at the store now; else until when nothing may begin, if that is known.
    pub fn room(&mut self, now: Timestamp) -> Result<Room, Option<Timestamp>> {
        let most = self.circuit.room(self.under_way.len(), now);
        let backlog = std::mem::replace(&mut self.more, !self.circuit.is_roomy(self.under_way.len(), now));
        if self.more {
            return Err(self.circuit.opens_at(now));
        }
        Ok(Room { least: if backlog { most } else { 1 }, most })
    }

    /// Whether its endpoint is in trouble.
    pub fn is_troubled(&self) -> bool {
        self.circuit.is_troubled()
    }

    /// What to ask the store, for so many at most.
    pub fn question(&self, limit: usize, now: Timestamp) -> DueNotices {
        let under_way = self.under_way.values().copied().collect();
        DueNotices { webhook_id: self.webhook, now, limit, under_way }
    }

    /// The store's answer to a question for `limit`. Whoever posts says so with [`Telling::began`].
    pub fn answered(&mut self, due: Option<Due>, limit: usize, now: Timestamp) -> Next {
        let Some(Due { webhook, mut notices, next_at }) = due else { return Next::Over };
        match webhook.status {
            WebhookStatus::Active => {}
            WebhookStatus::Paused | WebhookStatus::Failing | WebhookStatus::Gone => return Next::Rest,
            WebhookStatus::Deleted => return Next::Over,
        }
        self.more = notices.len() == limit;
        // What gathered during a pause leaves one by one.
        let gathered = notices.iter().position(|notice| notice.created_at < webhook.status_at);
        let next_at = match gathered {
            Some(first) => {
                notices.truncate(first + 1);
                self.circuit.drained_one(now);
                self.circuit.opens_at(now)
            }
            None => next_at,
        };
        Next::Post(Box::new(webhook), notices, next_at)
    }

    /// A post began.
    pub fn began(&mut self, post: K, notice: NoticeId) {
        self.under_way.insert(post, notice);
    }

    /// A post that began at an instant has ended and was recorded. Whether it is worth a look now.
    pub fn ended(&mut self, post: &K, taken: bool, began_at: Timestamp, now: Timestamp) -> bool {
        self.under_way.remove(post);
        match taken {
            true => self.circuit.succeeded(),
            false => self.circuit.failed(began_at, now),
        }
        // What follows a success in its chain rings; when a failure is tried again only the store knows.
        self.more || !taken
    }
}
