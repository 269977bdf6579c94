//! Who is connected to this process: device → session. It hands hints on and drains; it never blocks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use device_protocol::{RadioWait, Telemetry};
use relay_domain::allocate::Wait;
use relay_domain::{Clock, DeviceId, Timestamp};
use tokio::sync::Notify;

use super::session::{End, Identity, Mailbox};
use crate::relay::ingest::{Announce, Effect};
use crate::relay::presence::Presence;

/// A drain waits this long for sessions to write their last frames.
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// The live sessions.
pub struct Directory {
    clock: Arc<dyn Clock>,
    sessions: Mutex<HashMap<DeviceId, Arc<Entry>>>,
    connections: AtomicU64,
    draining: AtomicBool,
    /// Told whenever a session has left.
    left: Notify,
}

struct Entry {
    connection: u64,
    generation: u32,
    mailbox: Mailbox,
    last_frame_at: AtomicI64,
    /// The epoch that the store gave; zero before it has.
    epoch: AtomicU64,
    telemetry: Mutex<Telemetry>,
}

impl Directory {
    /// An empty directory.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Directory> {
        Arc::new(Directory {
            clock,
            sessions: Mutex::default(),
            connections: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            left: Notify::new(),
        })
    }

    /// Enters a session before its upgrade is answered, so that no hint is lost; a session of the same device
    /// that was there before is told to end. `None` while the hub drains.
    pub fn register(self: &Arc<Directory>, device_id: DeviceId, generation: u32) -> Option<Registration> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let entry = Arc::new(Entry {
            connection,
            generation,
            mailbox: Mailbox::default(),
            last_frame_at: AtomicI64::new(self.clock.now().nanos()),
            epoch: AtomicU64::new(0),
            telemetry: Mutex::default(),
        });
        let before = {
            let mut sessions = self.lock();
            // Looked at under the lock: a drain that began has either seen this session or refuses it.
            if self.draining.load(Ordering::SeqCst) {
                return None;
            }
            sessions.insert(device_id, Arc::clone(&entry))
        };
        if let Some(before) = before {
            before.mailbox.end(End::Replaced);
        }
        Some(Registration { directory: Arc::clone(self), device_id, entry })
    }

    /// Tells every session to end and waits until they have, within a bound.
    pub async fn drain(&self, spread: Duration) {
        {
            let sessions = self.lock();
            self.draining.store(true, Ordering::SeqCst);
            sessions.values().for_each(|entry| entry.mailbox.end(End::Draining(spread)));
        }
        let gone = async {
            loop {
                let left = self.left.notified();
                if self.lock().is_empty() {
                    return;
                }
                left.await;
            }
        };
        if tokio::time::timeout(DRAIN_TIME, gone).await.is_err() {
            tracing::warn!(sessions = self.lock().len(), "some phones did not read that the hub is stopping");
        }
    }

    /// The devices whose sessions the store has opened.
    pub fn open_sessions(&self) -> Vec<DeviceId> {
        let opened = |entry: &Arc<Entry>| entry.epoch.load(Ordering::Acquire) > 0;
        self.lock().iter().filter(|(_, entry)| opened(entry)).map(|(device, _)| *device).collect()
    }

    /// Ends the sessions that the store's rows have left behind; answers how many.
    pub fn end_fenced(&self, epochs: &[(DeviceId, u64)]) -> usize {
        let sessions = self.lock();
        let fenced = epochs.iter().filter_map(|(device, epoch)| {
            // An epoch that is given later than these were read is above them.
            let entry = sessions.get(device)?;
            (1..*epoch).contains(&entry.epoch.load(Ordering::Acquire)).then_some(entry)
        });
        fenced.map(|entry| entry.mailbox.end(End::Fenced)).count()
    }

    /// Live sessions.
    pub fn connected(&self) -> usize {
        self.lock().len()
    }

    /// The latest health that a connected phone told.
    pub fn telemetry(&self, device: DeviceId) -> Option<Telemetry> {
        self.entry(device).map(|entry| entry.telemetry.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn entry(&self, device: DeviceId) -> Option<Arc<Entry>> {
        self.lock().get(&device).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceId, Arc<Entry>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Announce for Directory {
    fn announce(&self, effect: Effect) {
        match effect {
            Effect::Dispatched { device_id, row } => {
                if let Some(entry) = self.entry(device_id) {
                    entry.mailbox.row(*row);
                }
            }
            Effect::Wake { device_id } => {
                if let Some(entry) = self.entry(device_id) {
                    entry.mailbox.wake();
                }
            }
            Effect::CommandWaits { device_id } => {
                if let Some(entry) = self.entry(device_id) {
                    entry.mailbox.command();
                }
            }
            Effect::EndSession { device_id, generation, why } => {
                // The phone that was just paired may be here already: its token lives.
                if let Some(entry) = self.entry(device_id).filter(|entry| entry.generation < generation) {
                    entry.mailbox.end(End::TokenDied(why));
                }
            }
            Effect::Reconnect { device_id } => {
                if let Some(entry) = self.entry(device_id) {
                    entry.mailbox.end(End::HelloAgain);
                }
            }
            Effect::KeyRevoked { .. }
            | Effect::Scheduled { .. }
            | Effect::NoticeWaits { .. }
            | Effect::WebhookChanged { .. } => {}
        }
    }
}

impl Presence for Directory {
    fn last_frame_at(&self, device: DeviceId) -> Option<Timestamp> {
        self.entry(device).map(|entry| Timestamp::from_nanos(entry.last_frame_at.load(Ordering::Relaxed)))
    }

    fn radio_wait(&self, device: DeviceId) -> Option<Wait> {
        match self.telemetry(device)?.radio_wait? {
            RadioWait::NoService => Some(Wait::NoService),
            RadioWait::RadioGuard => Some(Wait::RadioGuard),
            RadioWait::Other => None,
        }
    }
}

/// A session's place in the directory; dropping it leaves.
pub struct Registration {
    directory: Arc<Directory>,
    device_id: DeviceId,
    entry: Arc<Entry>,
}

impl Registration {
    /// Who the session is.
    pub fn identity(&self) -> Identity {
        Identity {
            device_id: self.device_id,
            generation: self.entry.generation,
            connection: self.entry.connection,
        }
    }

    /// The device.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// Where hints arrive.
    pub fn mailbox(&self) -> &Mailbox {
        &self.entry.mailbox
    }

    /// The store has opened the session.
    pub fn opened(&self, epoch: u64) {
        self.entry.epoch.store(epoch, Ordering::Release);
    }

    /// A complete frame arrived.
    pub fn frame_arrived(&self, now: Timestamp) {
        self.entry.last_frame_at.store(now.nanos(), Ordering::Relaxed);
    }

    /// The phone told its health.
    pub fn telemetry(&self, telemetry: Telemetry) {
        *self.entry.telemetry.lock().unwrap_or_else(PoisonError::into_inner) = telemetry;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sessions = self.directory.lock();
        // By connection: the session that replaced this one stays.
        if sessions.get(&self.device_id).is_some_and(|entry| entry.connection == self.entry.connection) {
            sessions.remove(&self.device_id);
        }
        drop(sessions);
        self.directory.left.notify_waiters();
    }
}
