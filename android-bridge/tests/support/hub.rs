//! A hub that remembers what it sent and what it was told, and fails the test when a phone breaks the protocol.

use std::collections::BTreeMap;

use device_protocol::{
    DownFrame, Event, Hello, PROTOCOL, Send, Settings, UpFrame, Welcome,
    limits::{MAX_UNACKED_UP_FRAMES, MAX_UP_FRAME_BYTES},
};
use uuid::Uuid;

#[derive(Debug, Default)]
pub struct FakeHub {
    /// Every event stored, by its number.
    pub events: BTreeMap<u64, Event>,
    /// Messages dispatched, by their number in the down stream.
    pub dispatched: BTreeMap<u64, Send>,
    /// Frames to send once, after the next welcome.
    pub extra: Vec<DownFrame>,
    pub settings: Settings,
    pub journal: Option<Uuid>,
    pub hellos: Vec<Hello>,
    pub acked_down: u64,
    /// Frames of the phone that are neither hello, ack nor events.
    pub heard: Vec<String>,
    epoch: u64,
    unacked: usize,
    /// While set, events are stored and not acknowledged.
    pub withhold_acks: bool,
}

impl FakeHub {
    pub fn dispatch(&mut self, send: Send) -> DownFrame {
        self.dispatched.insert(send.down_seq, send.clone());
        DownFrame::Send(send)
    }

    pub fn upto(&self) -> u64 {
        self.events.keys().next_back().copied().unwrap_or(0)
    }

    /// Takes one frame of the phone, answers with frames.
    pub fn hear(&mut self, text: &str) -> Vec<DownFrame> {
        assert!(text.len() <= MAX_UP_FRAME_BYTES, "a frame of {} bytes", text.len());
        match UpFrame::parse(text).expect("the phone sends frames") {
            UpFrame::Hello(hello) => self.welcome(*hello),
            UpFrame::Ack { down } => {
                self.acked_down = self.acked_down.max(down);
                vec![]
            }
            UpFrame::Events { first, lines } => self.store(first, &lines),
            UpFrame::Telemetry(_) | UpFrame::CommandResult(_) | UpFrame::Error(_) => {
                self.heard.push(text.to_owned());
                vec![]
            }
        }
    }

    fn welcome(&mut self, hello: Hello) -> Vec<DownFrame> {
        let journal = hello.journal;
        assert!(self.journal.is_none_or(|known| known == journal.id), "the journal stays the same");
        assert!(journal.head >= self.upto(), "the hub has nothing that the phone forgot");
        assert!(journal.down >= self.acked_down, "what was acknowledged is journalled");
        assert!(journal.lowest <= self.upto() + 1, "nothing unacknowledged was pruned");
        self.journal = Some(journal.id);
        self.epoch += 1;
        self.unacked = 0;
        let mut frames = vec![DownFrame::Welcome(Welcome {
            protocol: PROTOCOL,
            incarnation: 1,
            epoch: self.epoch,
            acked: self.upto(),
            server_time_ms: 0,
            settings: self.settings.clone(),
        })];
        frames
            .extend(self.dispatched.range(journal.down + 1..).map(|(_, send)| DownFrame::Send(send.clone())));
        frames.append(&mut self.extra);
        self.hellos.push(hello);
        frames
    }

    fn store(&mut self, first: u64, lines: &[&str]) -> Vec<DownFrame> {
        assert_eq!(first, self.upto() + 1, "no gap and no repeat");
        for (number, line) in (first..).zip(lines) {
            let event = Event::parse(line).expect("every line is an event");
            assert!(self.events.insert(number, event).is_none());
        }
        self.unacked += 1;
        assert!(self.unacked <= MAX_UNACKED_UP_FRAMES, "a flood");
        if self.withhold_acks {
            return vec![];
        }
        self.ack()
    }

    pub fn ack(&mut self) -> Vec<DownFrame> {
        self.unacked = 0;
        vec![DownFrame::Ack { up: self.upto() }]
    }

    /// The words of the facts of one message, in order.
    pub fn facts_of(&self, id: Uuid) -> Vec<&'static str> {
        self.events.values().filter(|event| event.message_id() == Some(id)).map(word).collect()
    }
}

pub fn word(event: &Event) -> &'static str {
    match event {
        Event::Sent(_) => "sent",
        Event::Delivered(_) => "delivered",
        Event::Failed(_) => "failed",
        Event::Expired(_) => "expired",
        Event::Canceled(_) => "canceled",
        Event::TooLate(_) => "too_late",
        Event::Uncertain(_) => "uncertain",
        Event::Inbound(_) => "inbound",
        Event::SimChanged(_) => "sim_changed",
    }
}
