//! The thread round the writer, and the handle that callers hold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use super::batch::{API_INBOX, Batch, DEVICE_INBOX, Inboxes, Origin};
use super::job::{Change, CommitError, Job, Waiting};
use super::writer::{Fatal, Writer};
use crate::effect::Announce;

/// For how long the patient wait for a batch to ride on. A flush costs the same for one of them as for fifty.
const PATIENCE: Duration = Duration::from_millis(5);

/// A caller's end of the lane.
#[derive(Clone)]
pub struct Lane(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Told when something was pushed or the lane was closed.
    pushed: Condvar,
    api_room: Semaphore,
    device_room: Semaphore,
}

#[derive(Default)]
struct State {
    inboxes: Inboxes<Box<dyn Job>>,
    /// When the patient have waited long enough.
    patient_until: Option<Instant>,
    closed: bool,
}

impl State {
    /// Whether the lane has to be told: of the patient it knows once the first of them waits.
    fn push(&mut self, origin: Origin, weight: usize, job: Box<dyn Job>) -> bool {
        self.inboxes.push(origin, weight, job);
        let first = self.patient_until.is_none();
        if origin == Origin::Patient {
            self.patient_until.get_or_insert_with(|| Instant::now() + PATIENCE);
        }
        origin != Origin::Patient || first
    }
}

impl Lane {
    /// Commits a change of the API. A full inbox answers [`CommitError::Busy`] at once.
    pub async fn api<C: Change>(&self, change: C) -> Result<C::Verdict, CommitError> {
        // Given back by the lane when it takes the change out of the inbox.
        let rows = room(change.weight());
        self.0.api_room.try_acquire_many(rows).map_err(|_| CommitError::Busy)?.forget();
        self.push(Origin::Api, change).await
    }

    /// Commits a change of a phone's session. A full inbox makes the session wait: phones have nowhere else to go.
    pub async fn device<C: Change>(&self, change: C) -> Result<C::Verdict, CommitError> {
        self.0.device_room.acquire().await.map_err(|_| CommitError::Closed)?.forget();
        self.push(Origin::Device, change).await
    }

    /// Commits a change that nobody waits for in haste: it rides on the next batch, or makes one soon.
    /// There is no bound here: who calls it has one of its own, as webhooks have by their turns at posting.
    pub async fn patient<C: Change>(&self, change: C) -> Result<C::Verdict, CommitError> {
        self.push(Origin::Patient, change).await
    }

    /// Commits a sweep of at most 200 rows; one rides on each batch.
    pub async fn sweep<C: Change>(&self, change: C) -> Result<C::Verdict, CommitError> {
        self.push(Origin::Sweep, change).await
    }

    async fn push<C: Change>(&self, origin: Origin, change: C) -> Result<C::Verdict, CommitError> {
        let (reply, answer) = oneshot::channel();
        let tell = {
            let mut state = self.0.lock();
            if state.closed {
                return Err(CommitError::Closed);
            }
            let weight = room(change.weight()) as usize;
            state.push(origin, weight, Box::new(Waiting::new(change, reply)))
        };
        if tell {
            self.0.pushed.notify_one();
        }
        answer.await.unwrap_or(Err(CommitError::OutcomeUnknown))
    }

    /// Refuses what comes from now on; what waits is still committed.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.device_room.close();
        self.0.pushed.notify_one();
    }
}

/// The places that a change takes in the inbox: no more than there are.
fn room(weight: usize) -> u32 {
    u32::try_from(weight.clamp(1, API_INBOX)).unwrap_or(1)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock, so a poisoned one is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_batch(&self) -> Option<Batch<Box<dyn Job>>> {
        let mut state = self.lock();
        while !state.inboxes.is_hurried() {
            if state.closed {
                if state.inboxes.has_patient() {
                    break;
                }
                return None;
            }
            state = match state.patient_until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.pushed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => self.pushed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        let batch = state.inboxes.take();
        if !state.inboxes.has_patient() {
            state.patient_until = None;
        }
        drop(state);
        self.api_room.add_permits(batch.from_api);
        self.device_room.add_permits(batch.from_device);
        Some(batch)
    }

    /// Nothing is committed any more. Those in the inboxes are told so: nobody else would answer them before the
    /// process ends, and nothing of theirs was tried.
    fn give_up(&self) {
        let waiting = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.inboxes)
        };
        self.device_room.close();
        waiting.into_jobs().for_each(|job| job.finish(Err(CommitError::Closed)));
    }
}

/// A panic on the lane's thread ends the hub like a failed commit: without its lane it can promise nothing.
struct PanicAlarm<'a> {
    shared: &'a Shared,
    on_fatal: &'a (dyn Fn(&str) + Send + Sync),
}

impl Drop for PanicAlarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shared.give_up();
            (self.on_fatal)("the lane's thread panicked");
        }
    }
}

/// The running thread.
pub(crate) struct LaneThread {
    pub(crate) lane: Lane,
    thread: thread::JoinHandle<()>,
}

impl LaneThread {
    /// Starts it. `on_fatal` is called once, from the thread, when nothing more can be promised.
    pub(crate) fn start(
        mut writer: Writer,
        announce: Arc<dyn Announce>,
        on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
        committed: Arc<AtomicBool>,
    ) -> std::io::Result<LaneThread> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            pushed: Condvar::new(),
            api_room: Semaphore::new(API_INBOX),
            device_room: Semaphore::new(DEVICE_INBOX),
        });
        let lane = Lane(Arc::clone(&shared));
        let thread = thread::Builder::new().name("relay-lane".into()).spawn(move || {
            let _alarm = PanicAlarm { shared: &shared, on_fatal: &*on_fatal };
            let mut effects = Vec::new();
            while let Some(batch) = shared.wait_for_batch() {
                if let Err(Fatal(why)) = writer.commit(batch.jobs, &mut effects) {
                    shared.give_up();
                    on_fatal(&why);
                    return;
                }
                committed.store(true, Ordering::Relaxed);
                effects.drain(..).for_each(|effect| announce.announce(effect));
            }
            writer.checkpoint();
        })?;
        Ok(LaneThread { lane, thread })
    }

    /// Commits what waits and ends the thread.
    pub(crate) fn stop(self) {
        self.lane.close();
        if self.thread.join().is_err() {
            tracing::error!("the lane's thread panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Poll;

    use diesel::QueryResult;
    use diesel::result::{DatabaseErrorKind, Error};

    use super::*;
    use crate::backend::Durability;
    use crate::changes::MarkAlive;
    use crate::lane::{Still, Tx};

    /// Says that it runs, waits for the word, and finds the disk broken or the thread's end.
    struct LastOne {
        runs: mpsc::Sender<()>,
        go: Mutex<mpsc::Receiver<()>>,
        end: fn() -> QueryResult<()>,
    }

    impl Change for LastOne {
        type Verdict = ();

        fn apply(&self, _: &mut Tx<'_>) -> QueryResult<()> {
            self.runs.send(()).unwrap();
            self.go.lock().unwrap().recv().unwrap();
            (self.end)()
        }
    }

    fn broken_disk() -> QueryResult<()> {
        Err(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new("disk I/O error".to_owned())))
    }

    fn panics() -> QueryResult<()> {
        panic!("on purpose")
    }

    async fn who_waits_behind_the_end_is_told(end: fn() -> QueryResult<()>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.db");
        let writer = Writer::open(&path, Durability::Full, Arc::new(Still), 1).unwrap();
        let (fatal, was_fatal) = mpsc::channel();
        let on_fatal = move |why: &str| fatal.send(why.to_owned()).unwrap();
        let thread = LaneThread::start(writer, Arc::new(Still), Arc::new(on_fatal), Arc::default()).unwrap();
        let (runs, running) = mpsc::channel();
        let (go, gone) = mpsc::channel();
        let change = || {
            let (_, never) = mpsc::channel();
            LastOne { runs: runs.clone(), go: Mutex::new(never), end }
        };
        let lane = thread.lane.clone();
        let mut last = Box::pin(lane.api(LastOne { go: Mutex::new(gone), ..change() }));
        assert!(futures_now(&mut last).is_none());
        running.recv().unwrap();
        // Pushed while the batch runs: they wait in their inboxes.
        let mut api = Box::pin(lane.api(change()));
        let mut device = Box::pin(lane.device(change()));
        let mut sweep = Box::pin(lane.sweep(change()));
        let mut patient = Box::pin(lane.patient(change()));
        assert!(futures_now(&mut api).is_none() && futures_now(&mut patient).is_none());
        assert!(futures_now(&mut device).is_none() && futures_now(&mut sweep).is_none());
        go.send(()).unwrap();
        assert!(last.await.is_err());
        for waited in [api.await, device.await, sweep.await, patient.await] {
            assert_eq!(waited, Err(CommitError::Closed));
        }
        assert_eq!(lane.device(change()).await, Err(CommitError::Closed), "and so is who comes later");
        was_fatal.recv().unwrap();
    }

    /// What a future has now.
    fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn the_patient_need_no_batch_of_others_and_are_committed_when_the_lane_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.db");
        let writer = Writer::open(&path, Durability::Full, Arc::new(Still), 1).unwrap();
        let thread =
            LaneThread::start(writer, Arc::new(Still), Arc::new(|_: &str| {}), Arc::default()).unwrap();
        let lane = thread.lane.clone();
        assert!(lane.patient(MarkAlive).await.is_ok());
        let mut waits = Box::pin(lane.patient(MarkAlive));
        assert!(futures_now(&mut waits).is_none());
        thread.stop();
        assert!(waits.await.is_ok());
    }

    #[tokio::test]
    async fn those_who_wait_behind_a_failed_flush_are_told() {
        who_waits_behind_the_end_is_told(broken_disk).await;
    }

    #[tokio::test]
    async fn those_who_wait_behind_a_panic_are_told() {
        who_waits_behind_the_end_is_told(panics).await;
    }
}
