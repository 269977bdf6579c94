//! The hub's own HTTP client, and nothing before or behind it: bodies as long as a webhook's, one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use relay_domain::Timestamp;
use relay_hub::webhooks::guard::PlainHttp;
use relay_hub::webhooks::{Client, Guard, TlsRoots};

use crate::clock;
use crate::load::fleet::Done;
use crate::load::posts::TEXT;
use crate::run::{Failed, tell};

const TIMEOUT: Duration = Duration::from_secs(15);

pub fn run(url: &str, count: u64, under_way: usize) -> Result<(), Failed> {
    let guard = Guard { plain_http: PlainHttp::Loopback, ..Guard::default() };
    let client = Client::new(Arc::new(guard), &TlsRoots::default(), TIMEOUT).map_err(Failed::because)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::io("a runtime"))?;
    let done = runtime.block_on(async {
        let (begun, began) = (Arc::new(AtomicU64::new(0)), clock::now_us());
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..under_way {
            callers.spawn(call(client.clone(), url.to_owned(), Arc::clone(&begun), count));
        }
        while let Some(done) = callers.join_next().await {
            done.map_err(Failed::because)??;
        }
        Ok::<_, Failed>(Done { count, seconds: clock::since(began).as_secs_f64() })
    })?;
    tell(&done)
}

async fn call(client: Client, url: String, begun: Arc<AtomicU64>, count: u64) -> Result<(), Failed> {
    while begun.fetch_add(1, Ordering::Relaxed) < count {
        let body = format!(
            "{{\"event\":\"outbound.queued\",\"timestamp\":\"2026-04-25T08:00:00Z\",\"data\":{{\"id\":\"{0}\",\
             \"deviceId\":\"{0}\",\"recipientNumber\":\"{1}\",\"body\":\"{TEXT}\",\"status\":\"queued\",\
             \"createdAt\":\"2026-04-25T08:00:00Z\"}}}}",
            uuid::Uuid::nil(),
            clock::stamped_number(clock::now_us()),
        );
        let signature = "0".repeat(64);
        let headers = vec![("x-relayion-signature", signature)];
        let answer = client.post(&url, headers, body.into_bytes(), Timestamp::EPOCH).await;
        match answer {
            Ok(answer) if answer.status == 200 => {}
            other => return Err(Failed(format!("a post: {other:?}"))),
        }
    }
    Ok(())
}
