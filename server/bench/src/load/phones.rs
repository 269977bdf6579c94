//! Phones of a fleet: real engines over real sockets, journals in memory, a carrier without latency, and a witness that
//! keeps the time.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use android_bridge::engine::BackoffLimits;
use android_bridge::handset::Paired;
use android_bridge::sim::{CarrierProfile, Chance, Rules, demo_sim};
use android_bridge::witness::{CarrierLine, Line as Seen, RadioLine, Witness};
use android_bridge::{Identity, Pairing, Phone, PhoneConfig, PhoneHandle};
use hdrhistogram::Histogram;
use tokio::sync::Semaphore;

use crate::clock;
use crate::run::Failed;
use crate::seed::{Line, MAX_PENDING};
use crate::stats::latencies;

/// Phones are back at once: what is measured is the hub, not their patience.
const BACKOFF: BackoffLimits = BackoffLimits { first_ms: 20, most_ms: 200 };

const CERTAIN: Chance = Chance(1_000_000);
/// Longer than any row.
const LATE_MS: u64 = 3_600_000;

/// How radio and carrier behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Carrier {
    /// Everything is sent and delivered at once.
    Instant,
    /// The radio does not answer while anybody looks: phones take messages, and report nothing.
    Silent,
}

impl Carrier {
    fn profile(self) -> CarrierProfile {
        CarrierProfile {
            rules: Rules::ChancesOnly,
            answer_ms: 0..=0,
            receipt_ms: 0..=0,
            reply_after_ms: None,
            late_answer: if self == Carrier::Silent { CERTAIN } else { Chance::NEVER },
            late_answer_ms: LATE_MS,
            ..CarrierProfile::default()
        }
    }
}

/// Counts, keeps the time, and keeps what the judge will read.
pub struct Stopwatch {
    submitted: AtomicU64,
    last_submit_us: AtomicU64,
    latencies: Mutex<Histogram<u64>>,
    log: Mutex<Vec<u8>>,
    /// Gets a permit back for each message that is delivered.
    under_way: Option<Arc<Semaphore>>,
}

impl Stopwatch {
    pub fn new(under_way: Option<Arc<Semaphore>>) -> Arc<Stopwatch> {
        Arc::new(Stopwatch {
            submitted: AtomicU64::new(0),
            last_submit_us: AtomicU64::new(0),
            latencies: Mutex::new(latencies()),
            log: Mutex::default(),
            under_way,
        })
    }

    pub fn submitted(&self) -> u64 {
        self.submitted.load(Ordering::Relaxed)
    }

    /// The instant of the last submit.
    pub fn last_submit_us(&self) -> u64 {
        self.last_submit_us.load(Ordering::Relaxed)
    }

    /// From the instant in the number to the radio.
    pub fn latencies(&self) -> MutexGuard<'_, Histogram<u64>> {
        lock(&self.latencies)
    }

    /// Appends everything that radios and carriers saw to a file.
    pub fn write(&self, path: &Path) -> Result<(), Failed> {
        use std::io::Write as _;
        let file = std::fs::File::options().create(true).append(true).open(path);
        let mut log = lock(&self.log);
        file.and_then(|mut file| file.write_all(&log)).map_err(Failed::io(path.display()))?;
        log.clear();
        Ok(())
    }
}

impl Witness for Stopwatch {
    fn note(&self, line: &Seen) {
        match line {
            Seen::Radio(RadioLine::Submit { to, .. }) => {
                self.submitted.fetch_add(1, Ordering::Relaxed);
                self.last_submit_us.store(clock::now_us(), Ordering::Relaxed);
                if let Some(age) = clock::age_us(to) {
                    lock(&self.latencies).saturating_record(age.max(1));
                }
            }
            Seen::Carrier(CarrierLine::Delivered { .. }) => {
                self.under_way.iter().for_each(|under_way| under_way.add_permits(1));
            }
            Seen::Radio(_) | Seen::Carrier(_) => {}
        }
        let mut log = lock(&self.log);
        // A vector takes all that is written to it, and the line has nothing that JSON cannot hold.
        let _whole = serde_json::to_writer(&mut *log, line);
        log.push(b'\n');
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts phones, all at once.
pub async fn start(
    hub: &str,
    lines: &[Line],
    carrier: Carrier,
    witness: &Arc<Stopwatch>,
) -> Result<Vec<PhoneHandle>, Failed> {
    let mut phones = Vec::with_capacity(lines.len());
    for (line, seed) in lines.iter().zip(1..) {
        let pairing = Pairing { device_id: line.device, token: line.token.clone() };
        let config = PhoneConfig {
            sims: vec![demo_sim(0, &line.number)],
            carrier: carrier.profile(),
            witness: Arc::clone(witness) as Arc<dyn Witness>,
            seed,
            backoff: BACKOFF,
            max_pending: MAX_PENDING,
            ..PhoneConfig::in_memory(hub, Identity::Paired(pairing, Paired::JustNow))
        };
        phones.push(Phone::start(config).await.map_err(Failed::because)?);
    }
    Ok(phones)
}

/// Waits until each phone is as it should be, and answers with when the last one was.
pub async fn all(
    phones: &[PhoneHandle],
    what: impl Fn(&android_bridge::PhoneState) -> bool + Copy,
) -> Result<u64, Failed> {
    for phone in phones {
        let mut state = phone.state();
        let met = state.wait_for(|state| what(state) || state.stopped.is_some()).await;
        let stopped = met.map_err(Failed::because)?.stopped.clone();
        if let Some(why) = stopped {
            return Err(Failed(format!("a phone stopped: {why}")));
        }
    }
    Ok(clock::now_us())
}
