//! The end: phones and hub come to rest, everything is read back, and the ledger judges.
//!
//! Nothing is judged that was not seen: devices other than the demo's have radios that nobody watched, and what
//! a phone could not upload any more may still be on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use android_bridge::PhoneState;
use relay_domain::DeviceId;
use relay_domain::message::Outbound as Stored;
use relay_domain::state::Rank;
use relay_ledger::{Ledger, Options, Verdict};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Stage;
use super::cast::{CAST, Member};
use super::customer::{Customer, Inbound, Outbound, PAGE_ROWS};
use super::trouble::DemoError;
use crate::app::RunningApp;
use crate::cli::output::say;
use crate::relay::Window;
use crate::relay::lookup::OutboundFilter;

/// What is on its way on a simulated radio comes to its end within half a second.
const SETTLE_TIME: Duration = Duration::from_secs(2);
/// As far as the API pages.
const MOST_PAGES: u32 = 1000;

/// A member whose phone has stopped.
struct Rested {
    account_id: String,
    device_id: String,
    customer: Customer,
    quota: (u32, u32),
    /// Whether the hub has everything that the phone knew.
    told_all: bool,
}

/// What the hub shows in the end.
#[derive(Default)]
struct Last {
    ids: BTreeSet<String>,
    lines: Vec<Value>,
}

impl Stage {
    /// Comes to rest, judges, and stops the hub. There is nothing to judge where the cast is not whole.
    pub(super) async fn finish(mut self, hub: RunningApp) -> Result<Option<Judged>, DemoError> {
        // From here on the lists stand still.
        self.relay.stop_accepting();
        let mut rested = Vec::new();
        for member in std::mem::take(&mut self.members) {
            rested.push(rest(member).await);
        }
        let whole_cast = rested.len() == CAST.len();
        let read = if whole_cast { Some(self.read_back(&rested).await) } else { None };
        hub.stop().await;
        let Some(last) = read.transpose()? else { return Ok(None) };
        self.logs.write_final(&last.lines)?;
        let verdict = self.judge(&rested, &last)?;
        let Stage { logs, data_dir, .. } = self;
        Ok(Some(Judged { verdict, logs: logs.folder().to_owned(), since: logs.since().to_owned(), data_dir }))
    }

    /// Everything that the customers of the demo sent and received, by curl too.
    async fn read_back(&self, rested: &[Rested]) -> Result<Last, DemoError> {
        let mut last = Last::default();
        for member in rested {
            let (burst, refill_per_minute) = member.quota;
            last.lines.push(json!({
                "log": "client", "kind": "plan", "device": member.device_id, "burst": burst,
                "refill_per_minute": refill_per_minute, "at_ms": 0,
            }));
            let stored = self.stored(member).await?;
            for message in all_sent(member).await? {
                let Some(stored) = stored.get(&message.id) else { continue };
                if stored.created_at.millis() < self.logs.since_ms() {
                    continue;
                }
                self.logs.accepted(&message, &member.device_id)?;
                last.lines.push(observed(&message, stored));
                last.ids.insert(message.id);
            }
            for message in all_received(member).await? {
                let received_ms = super::instant::millis(&message.received_at).unwrap_or_default();
                if received_ms >= self.logs.since_ms() {
                    last.lines.push(json!({
                        "log": "client", "kind": "inbound", "id": message.id, "device": member.device_id,
                        "from": message.sender_number, "body": message.body,
                    }));
                }
            }
        }
        Ok(last)
    }

    /// The same messages as the hub holds them: the API tells neither at which stage a message failed nor the
    /// nanoseconds by which a bucket is judged.
    async fn stored(&self, member: &Rested) -> Result<BTreeMap<String, Stored>, DemoError> {
        let unknown = || DemoError::SetUp("the hub told an id that is none".to_owned());
        let account_id = member.account_id.parse().map_err(|_| unknown())?;
        let device_id: DeviceId = member.device_id.parse().map_err(|_| unknown())?;
        let mut stored = BTreeMap::new();
        for page in 0..MOST_PAGES {
            let filter = OutboundFilter { device_id: Some(device_id), ..OutboundFilter::default() };
            let (offset, limit) = (i64::from(page) * i64::from(PAGE_ROWS), i64::from(PAGE_ROWS));
            let listed = self.relay.list_outbound(account_id, filter, Window { offset, limit }).await;
            let rows = listed.map_err(|trouble| DemoError::SetUp(trouble.to_string()))?.rows;
            let full = rows.len() == PAGE_ROWS as usize;
            stored.extend(rows.into_iter().map(|message| (message.id.to_string(), message)));
            if !full {
                return Ok(stored);
            }
        }
        Err(DemoError::TooMany)
    }

    fn judge(&self, rested: &[Rested], last: &Last) -> Result<Verdict, DemoError> {
        let offline = rested.iter().filter(|member| !member.told_all);
        let offline_devices = offline.map(|member| member.device_id.clone()).collect();
        let mut ledger = Ledger::new(Options { offline_devices, ..Options::default() });
        let device_ids: Vec<&str> = rested.iter().map(|member| member.device_id.as_str()).collect();
        for (name, lines) in self.logs.to_judge(&device_ids, |id| last.ids.contains(id))? {
            ledger.read_lines(name, lines);
        }
        Ok(ledger.judge())
    }
}

/// The verdict, with what it was read from.
pub(super) struct Judged {
    verdict: Verdict,
    logs: PathBuf,
    since: String,
    data_dir: PathBuf,
}

impl Judged {
    pub(super) fn is_clean(&self) -> bool {
        self.verdict.is_clean()
    }

    pub(super) fn announce(&self) {
        say("");
        say(format!("The ledger's verdict on {}, every run since {}", self.logs.display(), self.since));
        for line in self.verdict.to_string().lines() {
            say(format!("  {line}"));
        }
        say("");
        if self.is_clean() {
            say(
                "Nothing that was accepted is lost, nothing was sent twice, no plan was overrun, every state is true.",
            );
        }
        if self.verdict.counts.pending > 0 {
            say("What is pending leaves in the next run.");
        }
        let data_dir = self.data_dir.display();
        say(format!("What this demo made stays in {data_dir}; the next run goes on with it."));
    }
}

/// Lets a phone end what it has begun, then stops it.
async fn rest(member: Member) -> Rested {
    let Member { account_id, device_id, phone, customer, quota, .. } = member;
    let mut state = phone.state();
    // One that is offline, or whose message gets no receipt, is not waited for longer.
    let at_rest = |state: &PhoneState| !state.connected || state.settled();
    // The guard that comes back is let go at once: it keeps the phone from telling more.
    drop(timeout(SETTLE_TIME, state.wait_for(at_rest)).await);
    phone.stop().await;
    let told_all = {
        let last = state.borrow();
        last.acked == last.head
    };
    Rested { account_id, device_id, customer, quota, told_all }
}

async fn all_sent(member: &Rested) -> Result<Vec<Outbound>, DemoError> {
    let mut all = Vec::new();
    for page in 1..=MOST_PAGES {
        let rows = member.customer.sent(&member.device_id, page).await?;
        let full = rows.len() == PAGE_ROWS as usize;
        all.extend(rows);
        if !full {
            return Ok(all);
        }
    }
    Err(DemoError::TooMany)
}

async fn all_received(member: &Rested) -> Result<Vec<Inbound>, DemoError> {
    let mut all = Vec::new();
    for page in 1..=MOST_PAGES {
        let rows = member.customer.received(&member.device_id, page).await?;
        let full = rows.len() == PAGE_ROWS as usize;
        all.extend(rows);
        if !full {
            return Ok(all);
        }
    }
    Err(DemoError::TooMany)
}

fn observed(message: &Outbound, stored: &Stored) -> Value {
    json!({
        "log": "client", "kind": "observed", "id": message.id, "device": stored.device_id.to_string(),
        "status": message.status,
        "dispatched_at_ns": stored.dispatch.as_ref().map(|dispatch| dispatch.at.nanos()),
        "failure_stage": failure_stage(stored.state.rank), "uncertain": stored.state.is_uncertain(),
    })
}

/// The judge's word for where a message failed.
fn failure_stage(rank: Rank) -> Option<&'static str> {
    match rank {
        Rank::Queued | Rank::Dispatched | Rank::Sent | Rank::Delivered => None,
        Rank::FailedUnknown => Some("unknown"),
        Rank::Expired => Some("expired"),
        Rank::Canceled => Some("canceled"),
        Rank::FailedHub => Some("hub"),
        Rank::FailedRadio => Some("radio"),
        Rank::FailedReceipt => Some("receipt"),
    }
}
