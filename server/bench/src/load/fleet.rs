//! Phones in a process of their own, told by lines what to do.

use std::path::PathBuf;
use std::sync::Arc;

use android_bridge::PhoneHandle;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::clock;
use crate::load::phones::{self, Carrier, Stopwatch};
use crate::run::{Failed, tell};
use crate::seed;
use crate::stats::Latency;

/// Who sends the SMS that the phones receive.
const STRANGER: &str = "+436641234567";

#[derive(Debug, clap::Args)]
pub struct FleetOptions {
    #[arg(long)]
    hub: String,
    #[arg(long)]
    lines: PathBuf,
    /// Leave out so many lines,
    #[arg(long, default_value_t = 0)]
    skip: usize,
    /// and take so many.
    #[arg(long)]
    phones: usize,
    #[arg(long, value_enum, default_value = "instant")]
    carrier: Carrier,
}

/// When all phones were welcomed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Connected {
    pub phones: usize,
    pub at_us: u64,
}

/// What radios have seen.
#[derive(Debug, Serialize, Deserialize)]
pub struct Submitted {
    pub count: u64,
    /// The instant of the last one.
    pub last_us: u64,
    pub latency: Latency,
}

/// A number of things in a time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    pub count: u64,
    pub seconds: f64,
}

pub fn run(options: &FleetOptions) -> Result<bool, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failed::io("a runtime"))?.block_on(obey(options))?;
    Ok(true)
}

async fn obey(options: &FleetOptions) -> Result<(), Failed> {
    let lines = seed::read(&options.lines)?;
    let lines = lines
        .get(options.skip..options.skip + options.phones)
        .ok_or_else(|| Failed(format!("there are only {} lines", lines.len())))?;
    let watch = Stopwatch::new(None);
    let mut phones: Vec<PhoneHandle> = Vec::new();
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(order) = orders.next_line().await.map_err(Failed::io("standard input"))? {
        let words: Vec<&str> = order.split(' ').collect();
        match words.as_slice() {
            ["connect"] => {
                phones = phones::start(&options.hub, lines, options.carrier, &watch).await?;
                let at_us = phones::all(&phones, |phone| phone.connected).await?;
                tell(&Connected { phones: phones.len(), at_us })?;
            }
            ["settle"] => {
                let at_us = phones::all(&phones, android_bridge::PhoneState::settled).await?;
                tell(&Connected { phones: phones.len(), at_us })?;
            }
            ["submitted", count] => {
                let count: u64 = count.parse().map_err(Failed::because)?;
                while watch.submitted() < count {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                let latency = Latency::from(&*watch.latencies());
                tell(&Submitted { count: watch.submitted(), last_us: watch.last_submit_us(), latency })?;
            }
            ["forget-latencies"] => {
                watch.latencies().reset();
                tell(&0)?;
            }
            ["receive", each, under_way] => {
                let (each, under_way) =
                    (each.parse().map_err(Failed::because)?, under_way.parse().map_err(Failed::because)?);
                tell(&receive(&mut phones, each, under_way).await?)?;
            }
            ["write", path] => {
                watch.write(path.as_ref())?;
                tell(&0)?;
            }
            _ => return Err(Failed(format!("`{order}` is no order"))),
        }
    }
    Ok(())
}

/// Each phone receives so many SMS, and has at most so many of them unacknowledged.
async fn receive(phones: &mut Vec<PhoneHandle>, each: u64, under_way: u64) -> Result<Done, Failed> {
    let began = clock::now_us();
    let mut tasks = tokio::task::JoinSet::new();
    for phone in std::mem::take(phones).into_iter().map(Arc::new) {
        tasks.spawn(async move {
            let mut state = phone.state();
            let before = state.borrow().acked;
            for n in 1..=each {
                let room = |acked: u64| n - (acked - before) <= under_way;
                state.wait_for(|state| room(state.acked)).await.map_err(Failed::because)?;
                phone.receive_sms(0, STRANGER, &format!("{} {n}", crate::load::posts::TEXT)).await;
            }
            state.wait_for(|state| state.acked - before >= each).await.map_err(Failed::because)?;
            drop(state);
            Ok::<_, Failed>(phone)
        });
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        let phone = done.map_err(Failed::because)??;
        count += each;
        phones.extend(Arc::into_inner(phone));
    }
    Ok(Done { count, seconds: clock::since(began).as_secs_f64() })
}
