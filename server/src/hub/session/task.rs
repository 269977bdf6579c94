//! The only loop: feeds the session's state from socket, mailbox, store and clock, and does what it asks for.
//!
//! It takes any stream of frames and any sink, and knows no codec.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use device_protocol::CloseCode;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use tokio::time::Instant;

use super::port::{Input, Output};
use super::state::Session;
use crate::hub::directory::Registration;
use crate::relay::Relay;
use crate::relay::ingest::CloseSession;

/// Frames that may wait behind those that are being written: the window, acknowledgements and pings, with room to spare.
/// Beyond it the phone is not reading.
const MAX_UNWRITTEN: usize = 128;
/// A closing session has this long to write its last frames.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// What a socket brings.
#[derive(Debug)]
pub enum Incoming {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary,
    /// A frame above the limit, or one that is no WebSocket frame.
    Broken(CloseCode),
    /// A ping, which the socket answers, or a pong that answers no ping of ours.
    Heartbeat,
    /// The answer to [`Outgoing::Ping`].
    Answer,
    /// The phone said good-bye.
    Close,
}

/// What a socket takes.
#[derive(Debug)]
pub enum Outgoing {
    /// A text frame.
    Text(String),
    /// A ping.
    Ping,
    /// A close frame; nothing follows.
    Close(CloseCode),
}

/// Writes to a socket.
pub trait Sink {
    /// Hands frames over, in their order. The future is ready when the kernel has taken them all.
    fn send(&self, frames: Vec<Outgoing>, within: Duration) -> Writing;
}

/// Frames on their way into the kernel.
pub type Writing = LocalBoxFuture<'static, Result<(), Unwritten>>;

/// Why frames were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// The socket is gone.
    Gone,
    /// It did not take them in time.
    Late,
}

/// Runs a session to its end, and marks the device offline.
pub async fn run(
    frames: impl Stream<Item = Incoming> + Unpin,
    sink: impl Sink,
    session: Box<Session>,
    relay: Relay,
    registration: Registration,
    write_timeout: Duration,
) {
    let device_id = registration.device_id();
    let mut conversation = Conversation {
        session,
        relay: Rc::new(relay),
        registration,
        unwritten: Vec::new(),
        write_timeout,
        work: FuturesUnordered::new(),
    };
    let why = conversation.converse(frames, &sink).await;
    tracing::info!(device = %device_id, why = why.word(), "session ended");
    // Whatever ended the conversation, the store learns that nobody speaks for the device any more.
    if let Some(epoch) = conversation.session.epoch() {
        let last_seen_at = conversation.session.last_frame_at();
        let closing = CloseSession { device_id, epoch, last_seen_at };
        if let Err(error) = conversation.relay.close_session(closing).await {
            tracing::debug!(device = %device_id, %error, "the end of a session was not stored; the next start does it");
        }
    }
}

/// How a conversation ended.
enum Ended {
    /// By a close of ours.
    Closed(CloseCode),
    /// The phone said good-bye.
    ByPhone,
    /// The stream ended: a phone that vanished is no error.
    Vanished,
}

impl Ended {
    fn word(&self) -> &'static str {
        match self {
            Ended::Closed(code) => code.word(),
            Ended::ByPhone => "closed by the phone",
            Ended::Vanished => "vanished",
        }
    }
}

struct Conversation {
    session: Box<Session>,
    /// Counted without atomics: each piece of work holds it.
    relay: Rc<Relay>,
    registration: Registration,
    unwritten: Vec<Outgoing>,
    /// Frames that the socket does not take for so long end the session. The kernel's own time-out is not
    /// enough while the phone talks: each of its segments puts it off.
    write_timeout: Duration,
    /// Changes and reads under way: one of each kind at most, and the results of commands.
    work: FuturesUnordered<LocalBoxFuture<'static, Option<Input<'static>>>>,
}

impl Conversation {
    async fn converse(
        &mut self,
        mut frames: impl Stream<Item = Incoming> + Unpin,
        sink: &impl Sink,
    ) -> Ended {
        let clock = Arc::clone(self.relay.clock());
        let mut writing: Option<Writing> = None;
        // One timer, set anew only when the instant changes: nearly every frame leaves it as it is.
        let mut next_tick = self.session.next_tick();
        let mut tick = pin!(tokio::time::sleep(next_tick.since(clock.now())));
        loop {
            if writing.is_none() {
                writing = self.write(sink);
            }
            if tick.is_elapsed() || next_tick != self.session.next_tick() {
                next_tick = self.session.next_tick();
                tick.as_mut().reset(Instant::now() + next_tick.since(clock.now()));
            }
            let outputs = tokio::select! {
                // A frame from the phone. Reading goes on whatever else waits, so that pings are answered.
                frame = frames.next() => match frame {
                    None => return Ended::Vanished,
                    Some(Incoming::Close) => return Ended::ByPhone,
                    Some(frame) => self.receive(frame),
                },
                // The store answered: only now may an acknowledgement leave.
                Some(answer) = self.work.next() => self.answer(answer),
                // Somebody else in the hub has a hint, or the order to end.
                mail = self.registration.mailbox().take() => self.session.step(Input::Mail(mail), clock.now()),
                // The socket took what it was given; then it is given the rest, so that a slow phone is noticed.
                Some(taken) = take(&mut writing) => match taken {
                    Ok(()) => continue,
                    Err(Unwritten::Gone) => return Ended::Vanished,
                    // It takes nothing any more, whatever the phone says meanwhile.
                    Err(Unwritten::Late) => return Ended::Closed(CloseCode::NotReading),
                },
                // The next token, ping or deadline.
                () = &mut tick => self.session.step(Input::Tick, clock.now()),
            };
            if let Some(code) = self.perform(outputs) {
                return self.part(code, writing, sink).await;
            }
            if self.unwritten.len() > MAX_UNWRITTEN {
                return Ended::Closed(CloseCode::NotReading);
            }
        }
    }

    fn receive(&mut self, frame: Incoming) -> Vec<Output> {
        let now = self.relay.clock().now();
        self.registration.frame_arrived(now);
        match frame {
            Incoming::Text(text) => self.session.step(Input::Text(&text), now),
            Incoming::Heartbeat => self.session.step(Input::Heartbeat, now),
            Incoming::Answer => self.session.step(Input::Answered, now),
            Incoming::Broken(code) => self.session.step(Input::Broken(code), now),
            Incoming::Binary | Incoming::Close => self.session.step(Input::Binary, now),
        }
    }

    fn answer(&mut self, answer: Option<Input<'static>>) -> Vec<Output> {
        let now = self.relay.clock().now();
        let Some(input) = answer else { return Vec::new() };
        let opened = matches!(input, Input::Opened(_));
        let outputs = self.session.step(input, now);
        if opened && let Some(epoch) = self.session.epoch() {
            self.registration.opened(epoch);
        }
        outputs
    }

    /// Does what the session asks for; the code when it closes.
    fn perform(&mut self, outputs: Vec<Output>) -> Option<CloseCode> {
        for output in outputs {
            let relay = Rc::clone(&self.relay);
            let device_id = self.registration.device_id();
            match output {
                Output::Text(text) => self.unwritten.push(Outgoing::Text(text)),
                Output::Ping => self.unwritten.push(Outgoing::Ping),
                Output::Telemetry(telemetry) => self.registration.telemetry(*telemetry),
                Output::Close(code) => return Some(code),
                Output::Open(change) => {
                    self.work(async move { Some(Input::Opened(relay.open_session(*change).await)) });
                }
                Output::Record(change) => {
                    self.work(async move { Some(Input::Recorded(relay.record_events(change).await)) });
                }
                Output::Next(change) => {
                    self.work(async move { Some(Input::Next(relay.dispatch_next(change).await)) });
                }
                Output::SetStalled(change) => {
                    self.work(async move { Some(Input::StalledSet(relay.set_stalled(change).await)) });
                }
                Output::ReadFrames(question) => {
                    self.work(async move { Some(Input::Frames(relay.frames_above(question).await)) });
                }
                Output::ReadCommands => self.work(async move {
                    let now = relay.clock().now();
                    Some(Input::Commands(relay.open_commands(device_id, now).await))
                }),
                Output::Attend(change) => self.work(async move {
                    if let Err(error) = relay.attend(change).await {
                        tracing::warn!(device = %device_id, %error, "what a person should look at was not stored");
                    }
                    None
                }),
                Output::Finish(change) => self.work(async move {
                    if let Err(error) = relay.finish_command(change).await {
                        tracing::warn!(device = %device_id, %error, "a command's result was not stored; it is asked again");
                    }
                    None
                }),
            }
        }
        None
    }

    fn work(&mut self, work: impl Future<Output = Option<Input<'static>>> + 'static) {
        self.work.push(work.boxed_local());
    }

    /// Begins to write what waits, if anything does.
    fn write(&mut self, sink: &impl Sink) -> Option<Writing> {
        let frames = std::mem::take(&mut self.unwritten);
        (!frames.is_empty()).then(|| sink.send(frames, self.write_timeout))
    }

    /// Writes what is left and the close frame, within a bound.
    async fn part(&mut self, code: CloseCode, mut writing: Option<Writing>, sink: &impl Sink) -> Ended {
        self.unwritten.push(Outgoing::Close(code));
        let last_words = async {
            if matches!(take(&mut writing).await, None | Some(Ok(()))) {
                writing = self.write(sink);
                // Nobody is there to hear that it failed.
                let _unheard = take(&mut writing).await;
            }
        };
        // A phone that does not read cannot be told why.
        let _late = tokio::time::timeout(CLOSING_TIME, last_words).await;
        Ended::Closed(code)
    }
}

/// The running write's outcome, leaving none behind; `None` at once when nothing is being written.
async fn take(writing: &mut Option<Writing>) -> Option<Result<(), Unwritten>> {
    let outcome = writing.as_mut()?.await;
    *writing = None;
    Some(outcome)
}
