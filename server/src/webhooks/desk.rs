//! A worker for each webhook: started when the hub starts and when one is made, gone when it is over.
//!
//! They run on threads of their own, which give way: a hub that has more to do than it can accepts first, and tells
//! afterwards what it has written down anyway.

use std::collections::HashMap;
use std::time::Duration;

use relay_domain::WebhookId;
use relay_store::queries::ListWebhooks;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::bells::Bells;
use super::parts::{Parts, Turns};
use super::worker::Worker;

/// After a store that did not answer.
const RETRY: Duration = Duration::from_secs(1);

/// How far the threads give way to all others of this machine, from 0 to 19.
const NICENESS: i32 = 10;

/// The workers. Dropping it cuts off what is under way: it is told again at the next start.
pub struct Desk {
    bells: Bells,
    working: JoinHandle<()>,
    /// Until it is dropped.
    threads: Option<Runtime>,
}

impl Desk {
    /// Starts the workers.
    pub fn start(parts: Parts) -> std::io::Result<Desk> {
        let threads = Builder::new_multi_thread()
            .thread_name("relay-webhooks")
            .on_thread_start(give_way)
            .enable_all()
            .build()?;
        let bells = parts.bells.clone();
        let working = threads.spawn(run(parts));
        Ok(Desk { bells, working, threads: Some(threads) })
    }

    /// Begins nothing more, and waits until what is under way has ended and was recorded.
    pub async fn stop(&mut self) {
        self.bells.stop();
        // A panic there was told of where it happened.
        let _ended = (&mut self.working).await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.working.abort();
        self.threads.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// On Linux each thread has a priority of its own. Without it webhooks are told all the same.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the webhooks' threads run like all others");
    }
}

/// Ends its workers with itself.
#[derive(Default)]
struct Workers(HashMap<WebhookId, JoinHandle<()>>);

impl Workers {
    fn start(&mut self, parts: &Parts, turns: &Turns, webhook: WebhookId) {
        if self.0.get(&webhook).is_some_and(|worker| !worker.is_finished()) {
            return;
        }
        let worker = Worker::new(parts.clone(), turns.clone(), webhook);
        self.0.insert(webhook, tokio::spawn(worker.run()));
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.values().for_each(JoinHandle::abort);
    }
}

async fn run(parts: Parts) {
    let turns = Turns::new();
    let mut workers = Workers::default();
    loop {
        match parts.reads.ask(ListWebhooks { account_id: None }).await {
            Ok(known) => {
                known.iter().for_each(|webhook| workers.start(&parts, &turns, webhook.id));
                break;
            }
            Err(error) => {
                tracing::warn!(%error, "the webhooks could not be read; they are in a moment");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
    while !parts.bells.is_stopping() {
        for webhook in parts.bells.changed().await {
            workers.start(&parts, &turns, webhook);
        }
        workers.0.retain(|_, worker| !worker.is_finished());
    }
    turns.close();
    for worker in workers.0.values_mut() {
        let _ended = worker.await;
    }
}
