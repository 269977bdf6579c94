//! One webhook's worker: the only loop that posts to its endpoint.
//!
//! It sleeps until its bell rings, the next notice is due, the endpoint's rest is over, or a post has ended; then it asks
//! the store what may be told. What is under way is remembered here alone: a notice is posted by nobody else, and one
//! whose attempt was not recorded before the process died is told again.

use std::sync::Arc;
use std::time::Duration;

use relay_domain::notice::{Attempt, Notice, Outcome};
use relay_domain::webhook::Webhook;
use relay_domain::{NoticeId, Timestamp, WebhookId};
use relay_store::CommitError;
use relay_store::changes::RecordAttempt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{self, JoinError, JoinSet};

use super::bells::{Bell, Ring};
use super::client::Answer;
use super::parts::{Parts, Turns};
use super::render::Post;
use super::telling::{End, Next, Room, Telling};
use super::{attempt, signature};
use crate::secrets::WEBHOOK_SECRET;

/// A post without an answer for so long stands with the slow ones.
const SLOW_AFTER: Duration = Duration::from_millis(500);
/// After a store that did not answer.
const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    parts: Parts,
    turns: Turns,
    webhook: WebhookId,
    bell: Arc<Bell>,
    telling: Telling<task::Id>,
    posts: JoinSet<Done>,
}

/// A post that has ended and was recorded.
struct Done {
    began_at: Timestamp,
    end: End,
}

type Ended = Result<(task::Id, Done), JoinError>;

/// What there is to do.
enum Look {
    /// Wait: for the bell, for a post, or until this instant.
    Wait(Option<Timestamp>),
    /// Nothing more: there is no such webhook any more, or the hub stops.
    Over,
}

impl Worker {
    pub(super) fn new(parts: Parts, turns: Turns, webhook: WebhookId) -> Worker {
        let bell = parts.bells.hang(webhook);
        Worker { parts, turns, webhook, bell, telling: Telling::new(webhook), posts: JoinSet::new() }
    }

    pub(super) async fn run(mut self) {
        let bell = Arc::clone(&self.bell);
        let mut until = None;
        let mut wanted = true;
        loop {
            if wanted {
                until = match self.look().await {
                    Look::Wait(until) => until,
                    Look::Over => break,
                };
            }
            let pause = until.map(|at| at.since(self.parts.clock.now()));
            wanted = tokio::select! {
                // A ring during the look is kept for now.
                ring = bell.rung() => {
                    if ring == Ring::Changed {
                        self.telling.changed();
                    }
                    true
                }
                Some(ended) = self.posts.join_next_with_id(), if !self.posts.is_empty() => self.all_ended(ended),
                () = sleep(pause) => true,
            };
        }
        self.parts.bells.take_down(self.webhook);
        // What is under way is still recorded.
        while self.posts.join_next().await.is_some() {}
    }

    /// Begins what may begin.
    async fn look(&mut self) -> Look {
        if self.parts.bells.is_stopping() {
            return Look::Over;
        }
        let now = self.parts.clock.now();
        let room = match self.telling.room(now) {
            Ok(room) => room,
            Err(until) => return Look::Wait(until),
        };
        let Some(turns) = self.take_turns(room).await else { return Look::Over };
        let limit = turns.len();
        let due = match self.parts.reads.ask(self.telling.question(limit, now)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(webhook = %self.webhook, %error, "notices could not be read; they are in a moment");
                return Look::Wait(Some(now.plus(RETRY)));
            }
        };
        match self.telling.answered(due, limit, now) {
            Next::Post(webhook, notices, until) => {
                let webhook = Arc::from(webhook);
                for (notice, turn) in notices.into_iter().zip(turns) {
                    self.begin(Arc::clone(&webhook), notice, turn);
                }
                Look::Wait(until)
            }
            Next::Rest => Look::Wait(None),
            Next::Over => Look::Over,
        }
    }

    /// Waits for the least turns at once; then takes as many as are free, up to the most.
    async fn take_turns(&self, room: Room) -> Option<Vec<OwnedSemaphorePermit>> {
        let turns = if self.telling.is_troubled() { &self.turns.slow } else { &self.turns.healthy };
        let least = u32::try_from(room.least).unwrap_or(1);
        let mut together = Arc::clone(turns).acquire_many_owned(least).await.ok()?;
        let mut taken = Vec::with_capacity(room.most);
        taken.extend(std::iter::from_fn(|| together.split(1)));
        while taken.len() < room.most
            && let Ok(turn) = Arc::clone(turns).try_acquire_owned()
        {
            taken.push(turn);
        }
        Some(taken)
    }

    fn begin(&mut self, webhook: Arc<Webhook>, notice: Notice, turn: OwnedSemaphorePermit) {
        let told = notice.id;
        let (parts, slow) = (self.parts.clone(), Arc::clone(&self.turns.slow));
        let post = self.posts.spawn(async move {
            let mut turn = turn;
            let delivering = deliver(&parts, &webhook, &notice);
            tokio::pin!(delivering);
            tokio::select! {
                done = &mut delivering => return done,
                () = tokio::time::sleep(SLOW_AFTER) => {}
            }
            // Whoever waits for a turn gets this one.
            if let Ok(another) = slow.try_acquire_owned() {
                turn = another;
            }
            let done = delivering.await;
            drop(turn);
            done
        });
        self.telling.began(post.id(), told);
    }

    /// Whether it is worth a look now.
    fn ended(&mut self, ended: Ended) -> bool {
        let now = self.parts.clock.now();
        match ended {
            Ok((post, Done { end, began_at })) => self.telling.ended(&post, end, began_at, now),
            Err(error) => {
                tracing::error!(webhook = %self.webhook, %error, "a post ended in a panic");
                self.telling.ended(&error.id(), End::NotTaken, now, now)
            }
        }
    }

    /// The same for all that have ended by now: they were recorded together, and one look finds what follows.
    fn all_ended(&mut self, first: Ended) -> bool {
        let mut wanted = self.ended(first);
        while let Some(another) = self.posts.try_join_next_with_id() {
            wanted |= self.ended(another);
        }
        wanted
    }
}

async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Posts a notice once, and records what came of it.
async fn deliver(parts: &Parts, webhook: &Webhook, notice: &Notice) -> Done {
    let began_at = parts.clock.now();
    let answered = post(parts, webhook, notice, began_at).await;
    let took = parts.clock.now().since(began_at);
    let retry = (parts.renderers)(webhook.dialect).retry();
    let pause = |asked| retry.pause(notice.attempts + 1, rand::random(), asked);
    let (attempt, outcome) = attempt::judge(answered, began_at, took, pause);
    record(parts, notice.id, &webhook.url, attempt, outcome).await;
    let end = match outcome {
        Outcome::Taken if took >= SLOW_AFTER => End::TakenSlowly,
        Outcome::Taken => End::Taken,
        Outcome::Again(_) | Outcome::Gone => End::NotTaken,
    };
    Done { began_at, end }
}

async fn post(parts: &Parts, webhook: &Webhook, notice: &Notice, now: Timestamp) -> Result<Answer, String> {
    let owner = webhook.account_id.as_bytes();
    let open = |sealed: &[u8]| {
        let opened = parts.secrets.unseal(WEBHOOK_SECRET, owner, sealed);
        opened.ok_or_else(|| "its secret was sealed by another installation: rotate it".to_owned())
    };
    let (secret, next_secret) = webhook.signing(now);
    let secret = open(&secret.0)?;
    let next_secret = next_secret.map(|next| open(&next.0)).transpose()?;
    let render = (parts.renderers)(webhook.dialect);
    let body = render.body(notice);
    // What the receiver compares with its own clock.
    let wall = parts.wall.now();
    let unix_seconds = wall.millis().div_euclid(1_000);
    let secrets = std::iter::once(secret.as_str()).chain(next_secret.as_deref());
    let event_id = notice.event_id.to_string();
    let mut headers = vec![
        ("webhook-signature", signature::standard(secrets, &event_id, unix_seconds, &body)),
        ("webhook-timestamp", unix_seconds.to_string()),
        ("webhook-id", event_id),
    ];
    let next_secret = next_secret.as_deref();
    headers.extend(render.headers(&Post { notice, body: &body, secret: &secret, next_secret, unix_seconds }));
    parts.client.post(&webhook.url, headers, body, wall).await
}

/// Records an attempt, however long the store takes and however often it refuses: it is the one thing that keeps a
/// receiver from being told the same again at once.
async fn record(parts: &Parts, notice_id: NoticeId, url: &str, attempt: Attempt, outcome: Outcome) {
    loop {
        let change = RecordAttempt { notice_id, url: url.to_owned(), attempt: attempt.clone(), outcome };
        match parts.lane.patient(change).await {
            Ok(_) => return,
            // The process ends: the next one tells it again. This one tells nothing more, for it would forget what it told.
            Err(CommitError::Closed | CommitError::OutcomeUnknown) => return parts.bells.stop(),
            Err(error @ (CommitError::Busy | CommitError::Unavailable)) => {
                tracing::debug!(notice = %notice_id, %error, "an attempt waits to be recorded");
                tokio::time::sleep(RETRY).await;
            }
            Err(error @ CommitError::Refused) => {
                tracing::error!(notice = %notice_id, %error, "an attempt could not be recorded");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
