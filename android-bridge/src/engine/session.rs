//! One session: from hello to close, and what is said in between, in order.

use std::collections::VecDeque;

use device_protocol::{
    CloseClass, CloseCode, Closing, Hello, JournalFacts, PROTOCOL, Telemetry, UpFrame, Welcome,
    command::RefreshSims, limits,
};

use super::{COMPACT_EVEN_ONLINE, CloseWhy, Engine, Output, Redial};
use crate::{clock::Now, journal::Record};

/// What lives and dies with one socket.
#[derive(Debug)]
pub(super) struct Session {
    /// The hub answered hello.
    pub welcomed: bool,
    /// The highest event framed in this session.
    pub uploaded: u64,
    /// Last number of each `events` frame not yet acknowledged, oldest first.
    pub unacked: VecDeque<u64>,
    /// The down cursor rose, or the hub repeated itself: say D.
    pub ack_due: bool,
    /// Frames that answer commands and strange frames; they leave after the flush.
    pub replies: Vec<String>,
    /// The last complete frame from the hub, monotonic.
    pub last_life_ms: u64,
    /// When the next ping is due, monotonic.
    pub next_ping_ms: u64,
    /// Why the hub said that it closes.
    pub closing: Option<Closing>,
    /// The phone has asked for the close: nothing more is said.
    pub closed: bool,
    /// The telemetry last told.
    pub told: Option<Telemetry>,
}

impl Engine {
    /// Flushes, then says hello: the hello describes exactly the journal that a crash would leave.
    pub(super) fn connected(&mut self, now: Now) {
        self.compact_if_due(now);
        self.flush();
        let hello = UpFrame::Hello(Box::new(self.hello())).to_text();
        self.out.push(Output::SendFrame(hello));
        self.session = Some(Session {
            welcomed: false,
            uploaded: 0,
            unacked: VecDeque::new(),
            ack_due: false,
            replies: Vec::new(),
            last_life_ms: now.mono_ms,
            next_ping_ms: now.mono_ms.saturating_add(self.ping_interval_ms()),
            closing: None,
            closed: false,
            told: None,
        });
    }

    fn hello(&self) -> Hello {
        let front = &self.book.front;
        Hello {
            protocol: PROTOCOL,
            capabilities: vec![RefreshSims::CAPABILITY.into()],
            app: self.facts.app.clone(),
            os: self.facts.os.clone(),
            sims: self.sims.clone(),
            journal: JournalFacts {
                id: front.journal,
                virgin: front.virgin,
                lowest: self.book.lowest(),
                head: front.head,
                acked: front.acked,
                down: front.down,
            },
            unfinished: self.book.unfinished().take(limits::MAX_UNFINISHED).collect(),
            max_pending: self.facts.max_pending,
        }
    }

    pub(super) fn welcome(&mut self, welcome: Welcome) {
        let first = self.session.as_ref().is_some_and(|session| !session.welcomed);
        // A hub that has more of this journal than the journal itself is talking to a copy.
        if !first || welcome.acked > self.book.front.head || welcome.protocol != PROTOCOL {
            return self.close(CloseWhy::Protocol);
        }
        let Welcome { incarnation, epoch, acked, settings, .. } = welcome;
        self.record_durably(Record::Welcomed { incarnation, epoch, acked, settings });
        // What was pruned cannot be uploaded: the hub has raised U over it, or will say that there is a gap.
        let uploaded = acked.max(self.book.lowest() - 1);
        if let Some(session) = &mut self.session {
            session.welcomed = true;
            session.uploaded = uploaded;
        }
    }

    pub(super) fn up_acked(&mut self, up: u64) {
        let Some(session) = &mut self.session else { return };
        if up > session.uploaded {
            return self.close(CloseWhy::Protocol);
        }
        while session.unacked.front().is_some_and(|last| *last <= up) {
            session.unacked.pop_front();
        }
        if up > self.book.front.acked {
            // Not durable before anything: a crash forgets it, and the next welcome tells it again.
            self.record(Record::Acked { up });
        }
        let quiet = self.session.as_ref().is_some_and(|session| session.unacked.is_empty());
        if quiet && self.records_since_compaction >= COMPACT_EVEN_ONLINE {
            self.close(CloseWhy::Housekeeping);
        }
    }

    pub(super) fn closing(&mut self, closing: Closing) {
        if closing.reason == CloseCode::JournalWentBack {
            self.retire();
        }
        if let Some(session) = &mut self.session {
            session.closing = Some(closing);
        }
    }

    pub(super) fn disconnected(&mut self, code: Option<u16>, now: Now) {
        if code == Some(CloseCode::JournalWentBack.code()) {
            self.retire();
        }
        let session = self.session.take();
        let closing = session.and_then(|session| session.closing);
        self.out.push(Output::Redial(redial(closing, code)));
        self.compact_if_due(now);
    }

    fn retire(&mut self) {
        if !self.book.front.retired {
            self.record_durably(Record::Retired);
        }
    }

    pub(super) fn close(&mut self, why: CloseWhy) {
        if let Some(session) = &mut self.session
            && !std::mem::replace(&mut session.closed, true)
        {
            session.replies.clear();
            self.out.push(Output::Close(why));
        }
    }

    /// Everything that the hub is to hear now. Nothing leaves before what it rests on is durable: the flush
    /// stands before this in every finish.
    pub(super) fn speak(&mut self, now: Now) {
        self.keep_alive(now);
        let down = self.book.front.down;
        let telemetry = Telemetry { radio_wait: self.radio_wait, ..self.health.clone() };
        let Some(session) = self.session.as_mut().filter(|session| !session.closed) else { return };
        for reply in session.replies.drain(..) {
            self.out.push(Output::SendFrame(reply));
        }
        if !session.welcomed {
            return;
        }
        if std::mem::take(&mut session.ack_due) {
            self.out.push(Output::SendFrame(UpFrame::Ack { down }.to_text()));
        }
        if session.told.as_ref() != Some(&telemetry) {
            session.told = Some(telemetry.clone());
            self.out.push(Output::SendFrame(UpFrame::Telemetry(telemetry).to_text()));
        }
        self.upload(now);
    }
}

fn redial(closing: Option<Closing>, code: Option<u16>) -> Redial {
    let told = closing.as_ref().map(|closing| closing.reason.code());
    let class = told.or(code).map_or(CloseClass::Retry, CloseClass::of);
    let detail = closing.as_ref().map(|closing| format!("{}: {}", closing.reason.word(), closing.detail));
    match class {
        CloseClass::Retry => Redial::Retry,
        CloseClass::Replaced => Redial::Replaced,
        CloseClass::Draining => Redial::Spread {
            spread_ms: closing.and_then(|closing| closing.spread_ms).unwrap_or(DEFAULT_SPREAD_MS),
        },
        CloseClass::Stop => {
            Redial::Stop { why: detail.unwrap_or_else(|| format!("close code {}", code.unwrap_or_default())) }
        }
    }
}

/// A drain that names no spread.
const DEFAULT_SPREAD_MS: u64 = 5_000;
