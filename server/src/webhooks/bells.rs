//! Who is to look again: one bell a worker, rung by commits. Correctness never depends on a ring, for a worker looks at
//! the store when it starts, and whatever it does not know of is started when it is told of [`Bells::ring_changed`].

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use relay_domain::WebhookId;
use tokio::sync::Notify;

/// The bells. Cheap to clone.
#[derive(Clone, Default)]
pub struct Bells(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: Mutex<Known>,
    /// Rung when a webhook was made or changed.
    desk: Notify,
}

#[derive(Default)]
struct Known {
    bells: HashMap<WebhookId, Arc<Notify>>,
    changed: HashSet<WebhookId>,
}

impl Bells {
    /// A notice of this webhook may be told. Never blocks.
    pub fn ring(&self, webhook: WebhookId) {
        if let Some(bell) = self.known().bells.get(&webhook) {
            bell.notify_one();
        }
    }

    /// A webhook was made or changed. Never blocks.
    pub fn ring_changed(&self, webhook: WebhookId) {
        self.ring(webhook);
        self.known().changed.insert(webhook);
        self.0.desk.notify_one();
    }

    /// The bell of a worker that starts; the caller keeps one worker for each.
    pub(super) fn hang(&self, webhook: WebhookId) -> Arc<Notify> {
        Arc::clone(self.known().bells.entry(webhook).or_default())
    }

    /// The worker has ended: nobody hears its bell.
    pub(super) fn take_down(&self, webhook: WebhookId) {
        self.known().bells.remove(&webhook);
    }

    /// The webhooks that were made or changed since the last time. Waits for the first.
    pub(super) async fn changed(&self) -> HashSet<WebhookId> {
        loop {
            let rung = self.0.desk.notified();
            let changed = std::mem::take(&mut self.known().changed);
            if !changed.is_empty() {
                return changed;
            }
            rung.await;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
