//! One phone's loop: the only `select!` of this crate.
//!
//! Flow: whatever is ready (orders, frames, what the world has due, time) becomes inputs; all inputs that are
//! ready together go through the handset in one step and share a flush; the effects go out in order.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use device_protocol::{Sim, Telemetry};
use futures_util::{FutureExt, SinkExt, StreamExt};
use rand::{SeedableRng, rngs::StdRng};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::{PhoneConfig, PhoneState};
use crate::{
    clock::SystemClock,
    engine::{Backoff, Input, Redial, Service},
    handset::{Effect, Handset},
    journal::{Doomed, Journal, JournalError},
    link::{DialError, Socket, dial},
    sim::World,
};

/// Frames taken in before their common flush: bounds what one step holds in memory.
const MAX_FRAMES_A_STEP: usize = 64;
/// A hub that takes nothing for this long is as gone as a silent one.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest sleep: a clock that jumps is noticed within this time.
const LONGEST_SLEEP_MS: u64 = 60_000;

/// What a handle asks of its phone.
#[derive(Debug)]
pub(super) enum Order {
    Offline,
    Online,
    HalfOpen,
    Heal,
    ReceiveSms { slot: u8, from: String, body: String },
    SwapSim { slot: u8, sim: Option<Sim> },
    SetService(Service),
    SetHealth(Box<Telemetry>),
    SilentRadio(bool),
    Stop,
}

/// The link, as the loop knows it.
enum Link {
    /// No socket; the next try at this monotonic instant, or never.
    Down { dial_at_ms: Option<u64> },
    /// A try is under way.
    Dialling(JoinHandle<Result<Box<Socket>, DialError>>),
    /// Open.
    Up(Box<Socket>),
    /// Open and swallowing: for tests.
    HalfOpen(Box<Socket>),
}

/// What woke the loop.
enum Woken {
    Order(Option<Order>),
    Dialled(Result<Box<Socket>, DialError>),
    Socket(Option<Result<Message, SocketError>>),
    Time,
}

type AnyJournal = Doomed<Box<dyn Journal + Send>>;

/// A running phone.
pub(super) struct Task {
    hub_url: String,
    token: String,
    clock: SystemClock,
    handset: Handset<AnyJournal>,
    world: Arc<Mutex<World>>,
    inbox: mpsc::Receiver<Order>,
    told: watch::Sender<PhoneState>,
    state: PhoneState,
    backoff: Backoff,
    dice: StdRng,
    link: Link,
    /// Told to stay away: no dialling until told otherwise.
    away: bool,
    /// The hub or a person ended this phone's connecting for good.
    stopped: bool,
    inputs: Vec<Input>,
}

impl Task {
    pub(super) fn new(
        config: &PhoneConfig,
        clock: SystemClock,
        handset: Handset<AnyJournal>,
        world: Arc<Mutex<World>>,
        token: String,
        inbox: mpsc::Receiver<Order>,
        told: watch::Sender<PhoneState>,
    ) -> Task {
        let state = PhoneState::new(handset.engine().book());
        Task {
            hub_url: config.hub_url.clone(),
            token,
            clock,
            handset,
            world,
            inbox,
            told,
            state,
            backoff: Backoff::new(config.backoff),
            // Another stream of dice than the world's: how often the link fails must not change the carrier.
            dice: StdRng::seed_from_u64(config.seed ^ 0x5eed_0f11),
            link: Link::Down { dial_at_ms: Some(0) },
            away: false,
            stopped: false,
            inputs: Vec::new(),
        }
    }

    pub(super) async fn run(mut self, effects: Vec<Effect>) {
        let ended = match self.perform(effects).await {
            Ok(()) => self.turn_until_stopped().await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            tracing::error!(device = %self.state.device, %error, "the phone ends: its journal failed");
            self.state.stopped = Some(error.to_string());
        } else {
            self.state.stopped.get_or_insert_with(|| "stopped".into());
        }
        self.state.connected = false;
        self.told.send_replace(self.state.clone());
    }

    async fn turn_until_stopped(&mut self) -> Result<(), JournalError> {
        // The first sweep's answer is there already.
        self.take_what_performing_brought().await?;
        loop {
            match self.wait().await {
                Woken::Order(None | Some(Order::Stop)) => {
                    self.hang_up().await;
                    return Ok(());
                }
                Woken::Order(Some(order)) => self.obey(order).await,
                Woken::Dialled(dialled) => self.dialled(dialled),
                Woken::Socket(message) => self.read(message),
                Woken::Time => {}
            }
            let now = self.clock.now();
            self.inputs.extend(lock(&self.world).due(now));
            let inputs = std::mem::take(&mut self.inputs);
            let effects = self.handset.steps(inputs, now)?;
            self.perform(effects).await?;
            self.take_what_performing_brought().await?;
            self.tell();
        }
    }

    /// Performing may bring the end of a session with it, or the rows of the inbox: those are inputs too.
    async fn take_what_performing_brought(&mut self) -> Result<(), JournalError> {
        while !self.inputs.is_empty() {
            let inputs = std::mem::take(&mut self.inputs);
            let effects = self.handset.steps(inputs, self.clock.now())?;
            self.perform(effects).await?;
        }
        Ok(())
    }

    /// Sleeps until there is something to do, and not longer.
    async fn wait(&mut self) -> Woken {
        let now = self.clock.now();
        if let Link::Down { dial_at_ms: Some(at) } = self.link
            && at <= now.mono_ms
            && !self.away
        {
            let (hub_url, token) = (self.hub_url.clone(), self.token.clone());
            self.link =
                Link::Dialling(tokio::spawn(async move { dial(&hub_url, &token).await.map(Box::new) }));
        }
        let dial_at = match self.link {
            Link::Down { dial_at_ms } if !self.away => dial_at_ms,
            _ => None,
        };
        let due = lock(&self.world).next_due_ms();
        let wake = [dial_at, due, self.handset.wakes_at_ms(now)].into_iter().flatten().min();
        let pause = wake.map_or(LONGEST_SLEEP_MS, |at| at.saturating_sub(now.mono_ms).min(LONGEST_SLEEP_MS));
        tokio::select! {
            // Orders first: a test that says "offline" means now, whatever else is ready.
            biased;
            order = self.inbox.recv() => Woken::Order(order),
            woken = Self::link_event(&mut self.link) => woken,
            () = sleep(Duration::from_millis(pause)) => Woken::Time,
        }
    }

    async fn link_event(link: &mut Link) -> Woken {
        match link {
            Link::Down { .. } | Link::HalfOpen(_) => std::future::pending().await,
            Link::Dialling(dialling) => Woken::Dialled(match dialling.await {
                Ok(dialled) => dialled,
                Err(error) => Err(DialError::Unreachable(error.to_string())),
            }),
            Link::Up(socket) => Woken::Socket(socket.next().await),
        }
    }

    async fn obey(&mut self, order: Order) {
        let now = self.clock.now();
        match order {
            Order::Offline => {
                self.away = true;
                self.state.last_close = Some("told to stay away".into());
                self.drop_link();
            }
            Order::Online => {
                self.away = false;
                if let Link::Down { dial_at_ms } = &mut self.link
                    && !self.stopped
                {
                    *dial_at_ms = Some(0);
                }
            }
            Order::HalfOpen => self.swap_link(|link| match link {
                Link::Up(socket) => Link::HalfOpen(socket),
                other => other,
            }),
            Order::Heal => self.swap_link(|link| match link {
                Link::HalfOpen(socket) => Link::Up(socket),
                other => other,
            }),
            Order::ReceiveSms { slot, from, body } => lock(&self.world).receive_sms(slot, &from, &body, now),
            Order::SwapSim { slot, sim } => lock(&self.world).swap_sim(slot, sim),
            Order::SetService(state) => {
                let mut world = lock(&self.world);
                for sim in world.hardware().sims {
                    world.set_service(sim.slot, state);
                }
            }
            Order::SetHealth(health) => lock(&self.world).set_health(*health),
            Order::SilentRadio(silent) => lock(&self.world).set_silent(silent),
            Order::Stop => {}
        }
    }

    fn swap_link(&mut self, turn: impl FnOnce(Link) -> Link) {
        let link = std::mem::replace(&mut self.link, Link::Down { dial_at_ms: None });
        self.link = turn(link);
    }

    fn dialled(&mut self, dialled: Result<Box<Socket>, DialError>) {
        match dialled {
            Ok(socket) => {
                self.link = Link::Up(socket);
                self.inputs.push(Input::Connected);
            }
            Err(error) => {
                self.state.last_close = Some(error.to_string());
                let redial = match error {
                    DialError::Unreachable(_) => Redial::Retry,
                    DialError::Refused(why) | DialError::Address(why) => Redial::Stop { why },
                };
                self.redial(&redial);
            }
        }
    }

    /// Takes in a frame, and whatever other frames are there already: they share a flush.
    fn read(&mut self, message: Option<Result<Message, SocketError>>) {
        let mut next = Some(message);
        while let Some(message) = next {
            if !self.take_in(message) || self.inputs.len() >= MAX_FRAMES_A_STEP {
                return;
            }
            next = match &mut self.link {
                Link::Up(socket) => socket.next().now_or_never(),
                _ => None,
            };
        }
    }

    /// Answers whether the socket lives on.
    fn take_in(&mut self, message: Option<Result<Message, SocketError>>) -> bool {
        match message {
            Some(Ok(Message::Text(text))) => self.inputs.push(Input::Frame(text.as_str().to_owned())),
            Some(Ok(Message::Close(frame))) => {
                let code = frame.as_ref().map(|frame| u16::from(frame.code));
                self.state.last_close = Some(match frame {
                    Some(frame) => format!("{} {}", u16::from(frame.code), frame.reason),
                    None => "closed without a code".into(),
                });
                self.gone(code);
                return false;
            }
            Some(Ok(_)) => self.inputs.push(Input::Alive),
            Some(Err(error)) => {
                self.state.last_close = Some(error.to_string());
                self.gone(None);
                return false;
            }
            None => {
                self.gone(None);
                return false;
            }
        }
        true
    }

    async fn perform(&mut self, effects: Vec<Effect>) -> Result<(), JournalError> {
        for effect in effects {
            match effect {
                Effect::SendFrame(text) => self.write(Message::text(text)).await,
                Effect::Ping => self.write(Message::Ping(Vec::new().into())).await,
                Effect::SweepInbox => {
                    let now = self.clock.now();
                    self.inputs.push(Input::Inbox(lock(&self.world).inbox(now)));
                }
                Effect::Submit(submission) => {
                    self.state.counts.submitted += 1;
                    let journal = self.handset.engine().book().front.journal;
                    lock(&self.world).submit(submission, journal, self.clock.now());
                }
                Effect::Close(why) => {
                    self.state.last_close = Some(why.to_string());
                    self.hang_up().await;
                    self.gone(None);
                }
                Effect::Redial(redial) => self.redial(&redial),
                Effect::InboundKept(inbound) => lock(&self.world).inbound_kept(&inbound, self.clock.now()),
            }
        }
        Ok(())
    }

    async fn write(&mut self, message: Message) {
        // A half-open link swallows: what is written there is lost without a word.
        let Link::Up(socket) = &mut self.link else { return };
        let failed = match timeout(WRITE_TIMEOUT, socket.send(message)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "the hub does not read".into(),
        };
        self.state.last_close = Some(failed);
        self.gone(None);
    }

    async fn hang_up(&mut self) {
        if let Link::Up(socket) = &mut self.link {
            // A courtesy: the hub sees the end of the stream in any case.
            // Named through the box: a box of a sink is a sink too, with a `close` of its own.
            let _told = timeout(Duration::from_secs(1), (**socket).close(None)).await;
        }
    }

    /// The session is over: the engine hears it once, and then says what to do.
    fn gone(&mut self, code: Option<u16>) {
        if matches!(self.link, Link::Up(_) | Link::HalfOpen(_)) {
            // The old socket is closed before a new one is opened: dropping it here is what closes it.
            self.link = Link::Down { dial_at_ms: None };
            self.inputs.push(Input::Disconnected { code });
        }
    }

    fn drop_link(&mut self) {
        if let Link::Dialling(dialling) = &self.link {
            dialling.abort();
            self.link = Link::Down { dial_at_ms: Some(0) };
        }
        self.gone(None);
    }

    fn redial(&mut self, redial: &Redial) {
        let wait = self.backoff.wait_ms(redial, &mut self.dice);
        match redial {
            Redial::Stop { why } => self.stop_connecting(why.clone()),
            Redial::Replaced => self.stop_connecting("a newer connection of this device took over".into()),
            Redial::Retry | Redial::Spread { .. } => {}
        }
        let now = self.clock.now().mono_ms;
        self.link = Link::Down { dial_at_ms: wait.map(|wait| now.saturating_add(wait)) };
    }

    fn stop_connecting(&mut self, why: String) {
        tracing::warn!(device = %self.state.device, why, "the phone does not connect any more");
        self.stopped = true;
        self.state.last_close = Some(why.clone());
        self.state.stopped = Some(why);
    }

    fn tell(&mut self) {
        let connected = self.handset.engine().welcomed();
        if connected && !self.state.connected {
            self.backoff.welcomed();
            self.state.sessions += 1;
        }
        self.state.connected = connected;
        self.state.catch_up(self.handset.engine().book());
        self.told.send_if_modified(|told| {
            let changed = *told != self.state;
            if changed {
                told.clone_from(&self.state);
            }
            changed
        });
    }
}

fn lock(world: &Mutex<World>) -> std::sync::MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
