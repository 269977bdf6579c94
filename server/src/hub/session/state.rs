//! A session without any I/O: inputs in, outputs out, in order.
//!
//! It keeps no message and no bucket: what is durable is the store's. It asks for at most one of each kind of
//! change or read at a time, so its memory is bounded by the windows.

use std::time::Duration;

use device_protocol::{
    CloseCode, Closing, CommandOutcome, CommandResult, DownFrame, ErrorCode, ErrorFrame, FrameError, Hello,
    PROTOCOL, Telemetry, UpFrame, Welcome,
};
use relay_domain::Timestamp;
use relay_domain::allocate::Wait;

use super::health::Health;
use super::hello::{self, Greeting};
use super::mailbox::{End, Mail};
use super::ping::{Beat, Pulse};
use super::port::{Input, Output};
use super::uplink::{Batch, Uplink};
use super::window::{READ_ROWS, Window};
use super::{Identity, report};
use crate::commands;
use crate::hub::HubSettings;
use crate::relay::ingest::{
    Attend, CommandRow, CommitError, Course, DispatchNext, EndReason, FinishCommand, FrameRow, Frames,
    FramesAbove, NextVerdict, OpenVerdict, OpenedSession, ReadError, RecordEvents, RecordVerdict, SetStalled,
    Stalled,
};

/// How long a change or read that the store could not take now waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// Characters of a phone's own words that are said back to it: an answer fits its frame whatever it repeats.
const REPEATED_CHARACTERS: usize = 200;
/// Told to a phone that has nothing left to tell.
const LEFT: &str = "the device was unpaired, and everything is stored: pair the phone again to use it";

enum Phase {
    /// Nothing but a hello may come.
    AwaitingHello { until: Timestamp },
    /// The store decides about the hello.
    Opening(Greeting),
    /// The conversation.
    Open(Box<Open>),
    /// Nothing matters any more.
    Closed,
}

struct Open {
    epoch: u64,
    /// All that the hello announced is stored: messages may be allocated.
    live: bool,
    /// A phone that leaves only tells: nothing is framed to it, and no message allocated.
    course: Course,
    window: Window,
    /// The store believes the session stalled.
    stalled: bool,
    setting_stalled: bool,
    asking_next: bool,
    /// Ask the store for the queue's head when the running question is answered.
    ask_again: bool,
    /// When the next token exists.
    token_at: Option<Timestamp>,
    knows_refresh_sims: bool,
}

/// The conversation with one phone.
pub struct Session {
    identity: Identity,
    settings: HubSettings,
    phase: Phase,
    /// The epoch that the store gave, from the welcome on.
    epoch: Option<u64>,
    pulse: Pulse,
    uplink: Uplink,
    health: Health,
    /// Something that the store refused for now is tried again at this instant.
    retry_at: Option<Timestamp>,
    outputs: Vec<Output>,
}

impl Session {
    /// A session whose socket was just opened.
    pub fn new(identity: Identity, settings: HubSettings, now: Timestamp) -> Session {
        Session {
            identity,
            phase: Phase::AwaitingHello { until: now.plus(settings.hello_timeout) },
            epoch: None,
            pulse: Pulse::new(settings.ping_interval, now),
            uplink: Uplink::new(now),
            health: Health::default(),
            settings,
            retry_at: None,
            outputs: Vec::new(),
        }
    }

    /// Takes an input and answers with what is to be done.
    pub fn step(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Output> {
        match input {
            Input::Text(text) => self.text(text, now),
            Input::Binary => {
                self.close(CloseCode::FrameTooLarge, "binary frames are not part of this protocol")
            }
            Input::Broken(code) => self.close(code, "the frame is larger than a phone's may be, or is none"),
            Input::Heartbeat => self.heartbeat(now),
            Input::Answered => {
                self.pulse.answered();
                self.heartbeat(now);
            }
            Input::Opened(verdict) => self.opened(verdict, now),
            Input::Recorded(verdict) => self.recorded(verdict, now),
            Input::Next(verdict) => self.next(verdict, now),
            Input::StalledSet(verdict) => self.stalled_set(verdict, now),
            Input::Frames(frames) => self.frames(frames, now),
            Input::Commands(commands) => self.commands(commands, now),
            Input::Mail(mail) => self.mail(mail),
            Input::Tick => self.tick(now),
        }
        self.pump(now);
        std::mem::take(&mut self.outputs)
    }

    /// When to call [`Session::step`] with [`Input::Tick`] at the latest.
    pub fn next_tick(&self) -> Timestamp {
        let mut next = self.pulse.next();
        let mut sooner = |at: Option<Timestamp>| next = at.map_or(next, |at| at.min(next));
        sooner(self.retry_at);
        match &self.phase {
            Phase::AwaitingHello { until } => sooner(Some(*until)),
            Phase::Open(open) => {
                sooner(open.token_at);
                if !open.stalled && !open.setting_stalled {
                    sooner(open.window.overdue_at(self.settings.stalled_after));
                }
            }
            Phase::Opening(_) | Phase::Closed => {}
        }
        next
    }

    /// When the last complete frame arrived.
    pub fn last_frame_at(&self) -> Timestamp {
        self.pulse.last_frame_at()
    }

    /// The epoch, if the session was ever open: what is closed in the store when it ends.
    pub fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    fn text(&mut self, text: &str, now: Timestamp) {
        if !self.heartbeat_admits(now) {
            return;
        }
        let frame = match UpFrame::parse(text) {
            Ok(frame) => frame,
            Err(FrameError::UnknownType(name)) => {
                let detail = format!("this hub does not know frames of type `{}`", short(&name));
                return self.write(&DownFrame::Error(ErrorFrame { code: ErrorCode::UnknownType, detail }));
            }
            Err(error @ FrameError::TooLarge(_)) => {
                return self.close(CloseCode::FrameTooLarge, &error.to_string());
            }
            Err(error @ FrameError::Malformed(_)) => {
                return self.close(CloseCode::MalformedFrame, &error.to_string());
            }
        };
        match (&mut self.phase, frame) {
            (Phase::Closed, _) => {}
            (Phase::AwaitingHello { .. }, UpFrame::Hello(hello)) => self.hello(*hello),
            (Phase::AwaitingHello { .. }, _) => {
                self.close(CloseCode::HelloExpected, "the first frame must be a hello");
            }
            (_, UpFrame::Hello(_)) => self.close(CloseCode::SecondHello, "a session has one hello"),
            (_, UpFrame::Events { first, lines }) => {
                let reports = lines.iter().map(|line| report::read(line, now)).collect();
                if !self.uplink.hold(Batch::new(first, reports, text)) {
                    self.close(CloseCode::Flood, "more than two unacknowledged events frames");
                }
            }
            (Phase::Open(open), UpFrame::Ack { down }) => {
                if !open.window.acknowledge(down) {
                    self.close(CloseCode::MalformedFrame, "an acknowledgement of what was never framed");
                }
            }
            (Phase::Opening(_), UpFrame::Ack { .. }) => {
                self.close(CloseCode::MalformedFrame, "an acknowledgement before the welcome");
            }
            (_, UpFrame::Telemetry(telemetry)) => self.hear_health(telemetry),
            (_, UpFrame::CommandResult(result)) => self.finish(result),
            (_, UpFrame::Error(error)) => {
                tracing::info!(device = %self.identity.device_id, code = ?error.code, "the phone did not understand a frame");
            }
        }
    }

    fn hear_health(&mut self, telemetry: Telemetry) {
        if let Some(epoch) = self.epoch {
            let device_id = self.identity.device_id;
            let troubles = self.health.hear(&telemetry).into_iter();
            self.outputs.extend(
                troubles.map(|(kind, detail)| Output::Attend(Attend { device_id, epoch, kind, detail })),
            );
        }
        self.outputs.push(Output::Telemetry(Box::new(telemetry)));
    }

    fn heartbeat(&mut self, now: Timestamp) {
        self.heartbeat_admits(now);
    }

    fn heartbeat_admits(&mut self, now: Timestamp) -> bool {
        self.pulse.alive(now);
        let admitted = self.uplink.admit(now);
        if !admitted {
            self.close(CloseCode::Flood, "too many frames a second");
        }
        admitted
    }

    fn hello(&mut self, hello: Hello) {
        match hello::read(hello, self.identity) {
            Ok((greeting, change)) => {
                self.phase = Phase::Opening(greeting);
                self.outputs.push(Output::Open(Box::new(change)));
            }
            Err((code, detail)) => self.close(code, &detail),
        }
    }

    fn opened(&mut self, verdict: Result<OpenVerdict, CommitError>, now: Timestamp) {
        let Phase::Opening(greeting) = self.phase else { return };
        match verdict {
            Ok(OpenVerdict::Opened(opened)) => self.welcome(&opened, greeting, now),
            Ok(OpenVerdict::Revoked) => {
                self.close(CloseCode::Revoked, "the token was revoked: pair the phone again");
            }
            Ok(OpenVerdict::Replaced) => self.close(CloseCode::Replaced, "a newer connection of this device"),
            Ok(OpenVerdict::WentBack) => self.close(
                CloseCode::JournalWentBack,
                "the journal is older than what the hub has stored from it: pair the phone again",
            ),
            Ok(OpenVerdict::Left) => self.close(CloseCode::Revoked, LEFT),
            Ok(OpenVerdict::Bad) => {
                self.close(CloseCode::BadHello, "the hello's numbers contradict each other")
            }
            Err(error) => self.close(CloseCode::Internal, &error.to_string()),
        }
    }

    fn welcome(&mut self, opened: &OpenedSession, greeting: Greeting, now: Timestamp) {
        self.epoch = Some(opened.epoch);
        self.phase = Phase::Open(Box::new(Open {
            epoch: opened.epoch,
            live: opened.live,
            course: opened.course,
            window: Window::new(greeting.journal, greeting.down),
            stalled: false,
            setting_stalled: false,
            asking_next: false,
            ask_again: true,
            token_at: None,
            knows_refresh_sims: greeting.knows_refresh_sims,
        }));
        self.write(&DownFrame::Welcome(Welcome {
            protocol: PROTOCOL,
            incarnation: opened.incarnation,
            epoch: opened.epoch,
            acked: opened.up,
            server_time_ms: now.millis(),
            settings: self.settings.for_phones(),
        }));
        self.outputs.push(Output::ReadCommands);
    }

    fn recorded(&mut self, verdict: Result<RecordVerdict, CommitError>, now: Timestamp) {
        match verdict {
            Ok(RecordVerdict::Recorded { up, live }) => {
                self.uplink.stored();
                self.write(&DownFrame::Ack { up });
                if let Phase::Open(open) = &mut self.phase {
                    open.ask_again |= live && !open.live;
                    open.live = live;
                }
            }
            Ok(RecordVerdict::Left { up }) => {
                self.write(&DownFrame::Ack { up });
                self.close(CloseCode::Revoked, LEFT);
            }
            Ok(RecordVerdict::Fenced) => self.fenced(),
            Ok(RecordVerdict::Gap { expected }) => {
                self.close(CloseCode::Gap, &format!("event {expected} was expected next"));
            }
            Err(CommitError::Closed | CommitError::OutcomeUnknown) => {
                self.close(CloseCode::Internal, "the hub cannot store events now");
            }
            Err(CommitError::Refused) => self.uplink.refused(),
            // The frame stays held and unacknowledged; the phone keeps it as well.
            Err(CommitError::Busy | CommitError::Unavailable) => {
                self.uplink.not_stored();
                self.retry_at = Some(now.plus(RETRY_AFTER));
            }
        }
    }

    fn next(&mut self, verdict: Result<NextVerdict, CommitError>, now: Timestamp) {
        let Phase::Open(open) = &mut self.phase else { return };
        open.asking_next = false;
        match verdict {
            Ok(NextVerdict::Dispatched { rows, wait, more }) => {
                rows.into_iter().for_each(|row| open.window.offer(row));
                open.ask_again |= more;
                // Every other reason to wait ends with a hint from whoever ends it.
                if let Some(Wait::BucketEmpty { until }) = wait {
                    open.token_at = Some(until);
                }
            }
            Ok(NextVerdict::Fenced) => self.fenced(),
            Err(_) => {
                open.ask_again = true;
                self.retry_at = Some(now.plus(RETRY_AFTER));
            }
        }
    }

    fn stalled_set(&mut self, verdict: Result<bool, CommitError>, now: Timestamp) {
        let Phase::Open(open) = &mut self.phase else { return };
        open.setting_stalled = false;
        match verdict {
            Ok(true) => open.stalled = !open.stalled,
            Ok(false) => self.fenced(),
            Err(_) => self.retry_at = Some(now.plus(RETRY_AFTER)),
        }
    }

    fn frames(&mut self, frames: Result<Frames, ReadError>, now: Timestamp) {
        let Phase::Open(open) = &mut self.phase else { return };
        match frames {
            Ok(frames) => open.window.take_read(frames),
            Err(_) => {
                open.window.read_failed();
                self.retry_at = Some(now.plus(RETRY_AFTER));
            }
        }
    }

    fn commands(&mut self, waiting: Result<Vec<CommandRow>, ReadError>, now: Timestamp) {
        let Phase::Open(open) = &self.phase else { return };
        let knows = open.knows_refresh_sims;
        // A read that failed is made good by the next session: commands wait for their deadline.
        for row in waiting.unwrap_or_default() {
            let known = row.kind == commands::REFRESH_SIMS && knows;
            match commands::frame(row.id, &row.kind, row.deadline_at, now).filter(|_| known) {
                Some(command) => self.write(&DownFrame::Command(command)),
                None => self.finish(CommandResult { id: row.id, outcome: CommandOutcome::Unknown }),
            }
        }
    }

    fn mail(&mut self, mail: Mail) {
        match mail.end {
            Some(End::Replaced) => {
                return self.close(CloseCode::Replaced, "a newer connection of this device");
            }
            Some(End::TokenDied(EndReason::Revoked)) => {
                return self.close(CloseCode::Revoked, "the device was revoked: pair the phone again");
            }
            Some(End::TokenDied(EndReason::PairedAnew)) => {
                return self.close(CloseCode::Revoked, "the device was paired anew: this token is old");
            }
            Some(End::HelloAgain) => {
                let detail = "say hello again: the hub wants to hear how far the journal goes";
                return self.close(CloseCode::Fenced, detail);
            }
            Some(End::Fenced) => return self.fenced(),
            Some(End::Draining(spread)) => return self.drain(spread),
            None => {}
        }
        let Phase::Open(open) = &mut self.phase else { return };
        mail.rows.into_iter().for_each(|row: FrameRow| open.window.offer(row));
        if mail.behind {
            open.window.fall_behind();
        }
        open.ask_again |= mail.wake;
        if mail.command {
            self.outputs.push(Output::ReadCommands);
        }
    }

    fn tick(&mut self, now: Timestamp) {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
        }
        match self.pulse.beat(now) {
            Beat::Wait => {}
            Beat::Ping => self.outputs.push(Output::Ping),
            Beat::Dead => return self.close(CloseCode::Silent, "nothing was heard for too long"),
            Beat::Deaf => return self.close(CloseCode::NotReading, "pings were not answered for too long"),
        }
        match &mut self.phase {
            Phase::AwaitingHello { until } if *until <= now => {
                self.close(CloseCode::HelloTimeout, "no hello came");
            }
            Phase::Open(open) if open.token_at.is_some_and(|at| at <= now) => {
                open.token_at = None;
                open.ask_again = true;
            }
            _ => {}
        }
    }

    /// Does what can be done now: store events, read frames, write frames, ask for the queue's head.
    fn pump(&mut self, now: Timestamp) {
        let Phase::Open(open) = &mut self.phase else { return };
        let (device_id, epoch) = (self.identity.device_id, open.epoch);
        let serves = open.course != Course::Leaving;
        while serves && let Some(text) = open.window.next_frame(now) {
            self.outputs.push(Output::Text(text));
        }
        if self.retry_at.is_some() {
            return;
        }
        if let Some((first, reports)) = self.uplink.next() {
            self.outputs.push(Output::Record(RecordEvents { device_id, epoch, first, reports }));
        }
        if serves && let Some(cursor) = open.window.wants_read() {
            let journal_id = open.window.journal();
            self.outputs.push(Output::ReadFrames(FramesAbove {
                device_id,
                journal_id,
                cursor,
                limit: READ_ROWS,
            }));
        }
        if serves && open.ask_again && open.live && !open.asking_next {
            open.ask_again = false;
            open.asking_next = true;
            self.outputs.push(Output::Next(DispatchNext { device_id, epoch }));
        }
        let overdue = open.window.overdue_at(self.settings.stalled_after).is_some_and(|at| at <= now);
        if overdue != open.stalled && !open.setting_stalled {
            open.setting_stalled = true;
            let stalled = if overdue { Stalled::Stalls } else { Stalled::Moves };
            self.outputs.push(Output::SetStalled(SetStalled { device_id, epoch, stalled }));
        }
    }

    fn finish(&mut self, result: CommandResult) {
        let outcome = match result.outcome {
            CommandOutcome::Done => "done".to_owned(),
            CommandOutcome::Unknown => "unknown".to_owned(),
            CommandOutcome::Failed { reason } => format!("failed: {reason}"),
        };
        let device_id = self.identity.device_id;
        self.outputs.push(Output::Finish(FinishCommand { device_id, command_id: result.id, outcome }));
    }

    fn fenced(&mut self) {
        self.close(CloseCode::Fenced, "another session speaks for this device");
    }

    fn drain(&mut self, spread: Duration) {
        let spread_ms = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
        self.say_and_close(CloseCode::Draining, "the hub is stopping", Some(spread_ms));
    }

    fn close(&mut self, code: CloseCode, detail: &str) {
        self.say_and_close(code, detail, None);
    }

    fn say_and_close(&mut self, reason: CloseCode, detail: &str, spread_ms: Option<u64>) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        self.write(&DownFrame::Closing(Closing { reason, detail: short(detail), spread_ms }));
        self.outputs.push(Output::Close(reason));
        self.phase = Phase::Closed;
    }

    fn write(&mut self, frame: &DownFrame) {
        self.outputs.push(Output::Text(frame.to_text()));
    }
}

fn short(text: &str) -> String {
    text.chars().take(REPEATED_CHARACTERS).collect()
}
