//! Who is to look again: one bell a worker, rung by commits. Correctness never depends on a ring, for a worker looks at
//! the store when it starts, and whatever it does not know of is started when it is told of [`Bells::ring_changed`].

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Nothing new is begun.
    stopping: AtomicBool,
}

#[derive(Default)]
struct Known {
    bells: HashMap<WebhookId, Arc<Bell>>,
    changed: HashSet<WebhookId>,
}

/// One worker's.
#[derive(Default)]
pub(super) struct Bell {
    rung: Notify,
    changed: AtomicBool,
}

/// Why a bell rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ring {
    /// Something may be told, or everything stops.
    Look,
    /// Somebody changed the webhook.
    Changed,
}

impl Bell {
    /// Waits until it is rung; at once if it was while nobody waited.
    pub(super) async fn rung(&self) -> Ring {
        self.rung.notified().await;
        match self.changed.swap(false, Ordering::AcqRel) {
            true => Ring::Changed,
            false => Ring::Look,
        }
    }
}

impl Bells {
    /// A notice of this webhook may be told. Never blocks.
    pub fn ring(&self, webhook: WebhookId) {
        if let Some(bell) = self.known().bells.get(&webhook) {
            bell.rung.notify_one();
        }
    }

    /// A webhook was made or changed. Never blocks.
    pub fn ring_changed(&self, webhook: WebhookId) {
        let mut known = self.known();
        if let Some(bell) = known.bells.get(&webhook) {
            bell.changed.store(true, Ordering::Release);
            bell.rung.notify_one();
        }
        known.changed.insert(webhook);
        drop(known);
        self.0.desk.notify_one();
    }

    /// From now on nothing new is begun; everybody is woken to see it.
    pub(super) fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        self.known().bells.values().for_each(|bell| bell.rung.notify_one());
        self.0.desk.notify_one();
    }

    /// Whether nothing new is to be begun.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Acquire)
    }

    /// The bell of a worker that starts; the caller keeps one worker for each.
    pub(super) fn hang(&self, webhook: WebhookId) -> Arc<Bell> {
        Arc::clone(self.known().bells.entry(webhook).or_default())
    }

    /// The worker has ended: nobody hears its bell.
    pub(super) fn take_down(&self, webhook: WebhookId) {
        self.known().bells.remove(&webhook);
    }

    /// The webhooks that were made or changed since the last time. Waits for the first, unless all stops.
    pub(super) async fn changed(&self) -> HashSet<WebhookId> {
        loop {
            let rung = self.0.desk.notified();
            let changed = std::mem::take(&mut self.known().changed);
            if !changed.is_empty() || self.is_stopping() {
                return changed;
            }
            rung.await;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
