//! The changes of whole lives, by callers in the hub's own process: no HTTP, no socket, no phone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use relay_domain::DeviceId;
use relay_domain::report::Report;
use relay_domain::state::FactKind;
use relay_hub::relay::Relay;
use relay_hub::relay::ingest::{OpenVerdict, RecordEvents};
use relay_hub::relay::intake::{Accepted, Options};

use crate::clock;
use crate::load::fleet::Done;
use crate::load::posts::TEXT;
use crate::run::{Failed, tell};
use crate::seed::{self, Line};

pub fn run(lines: &Path, data_dir: &Path, count: u64, under_way: usize) -> Result<(), Failed> {
    let lines = seed::read(lines)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::io("a runtime"))?;
    let done = runtime.block_on(async {
        let running = seed::start(data_dir).await?;
        let done = live(running.relay(), &lines, count, under_way).await;
        running.stop().await;
        done
    })?;
    tell(&done)
}

async fn live(relay: &Relay, lines: &[Line], count: u64, under_way: usize) -> Result<Done, Failed> {
    let mut sessions = Vec::new();
    for line in lines.iter().take(under_way) {
        let device_id = DeviceId::from(line.device);
        let opened = relay.open_session(seed::session(device_id, line.number.clone())).await;
        match opened.map_err(Failed::because)? {
            OpenVerdict::Opened(opened) => sessions.push((line.clone(), device_id, opened.epoch)),
            other => return Err(Failed(format!("a session: {other:?}"))),
        }
    }
    let left = Arc::new(AtomicU64::new(count));
    let began = clock::now_us();
    let mut callers = tokio::task::JoinSet::new();
    for (line, device_id, epoch) in sessions {
        callers.spawn(call(relay.clone(), line, device_id, epoch, Arc::clone(&left)));
    }
    while let Some(done) = callers.join_next().await {
        done.map_err(Failed::because)??;
    }
    Ok(Done { count, seconds: clock::since(began).as_secs_f64() })
}

async fn call(
    relay: Relay,
    line: Line,
    device_id: DeviceId,
    epoch: u64,
    left: Arc<AtomicU64>,
) -> Result<(), Failed> {
    let principal = relay.authenticate(&line.secret).await.map_err(Failed::because)?;
    let one_less = |left: u64| left.checked_sub(1);
    let mut first = 1;
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
        let to = clock::stamped_number(clock::now_us());
        let draft = relay.draft(&to, TEXT.to_owned(), Options::default()).map_err(Failed::because)?;
        let accepted = relay.accept(&principal, vec![draft], None).await.map_err(Failed::because)?;
        let Accepted::New(verdicts) = accepted else { return Err(Failed("a replay".to_owned())) };
        let message = verdicts.into_iter().next().and_then(Result::ok);
        let message_id = message.ok_or_else(|| Failed("refused".to_owned()))?.id;
        for kind in [FactKind::Sent, FactKind::Delivered] {
            let report = Report::Fact { message_id, kind, at: relay.clock().now(), raw: String::new() };
            let change = RecordEvents { device_id, epoch, first, reports: vec![report] };
            relay.record_events(change).await.map_err(Failed::because)?;
            first += 1;
        }
    }
    Ok(())
}
