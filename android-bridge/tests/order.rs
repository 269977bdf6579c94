//! The order of an engine's outputs: nothing leaves before what it rests on is flushed.
//!
//! The handset performs a step's journal work before any of its effects, which hides a wrong order; the app on
//! a phone need not. So the outputs themselves are judged here.

mod support;

use std::collections::BTreeSet;

use android_bridge::{
    book::Book,
    clock::Now,
    engine::{Engine, Hardware, Input, Output, PhoneFacts, Service},
    journal::Record,
    radio::Failure,
};
use device_protocol::{Cancel, DownFrame, PROTOCOL, UpFrame, Welcome};
use support::{id, message, sims, start_of_time};
use uuid::Uuid;

#[derive(Default)]
struct Durable {
    /// Appended and not flushed.
    pending: Vec<Record>,
    down: u64,
    head: u64,
    submitting: BTreeSet<(Uuid, u32)>,
}

impl Durable {
    fn judge(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Append(record) => self.pending.push(*record),
                Output::Flush | Output::Compact(_) => self.flush(),
                Output::SendFrame(text) => match UpFrame::parse(&text).expect("a frame") {
                    UpFrame::Hello(_) => assert!(self.pending.is_empty(), "hello before flush"),
                    UpFrame::Ack { down } => assert!(down <= self.down, "ack before flush"),
                    UpFrame::Events { first, lines } => {
                        assert!(first + lines.len() as u64 - 1 <= self.head, "events before flush");
                    }
                    UpFrame::CommandResult(_) => assert!(self.pending.is_empty(), "result before flush"),
                    UpFrame::Telemetry(_) | UpFrame::Error(_) => {}
                },
                Output::Submit(one) => {
                    assert!(self.submitting.contains(&(one.id, one.attempt)), "radio before flush");
                }
                Output::Ping | Output::Close(_) | Output::Redial(_) | Output::SweepInbox => {}
            }
        }
        let weighty = |record: &Record| !matches!(record, Record::Acked { .. });
        assert!(!self.pending.iter().any(weighty), "a step ends with something unflushed");
    }

    fn flush(&mut self) {
        for record in self.pending.drain(..) {
            match record {
                Record::Taken { send, .. } => self.down = self.down.max(send.down_seq),
                Record::Down { down } => self.down = self.down.max(down),
                Record::Fact(fact) => self.head = fact.number,
                Record::Submitting { id, attempt, .. } => {
                    self.submitting.insert((id, attempt));
                }
                _ => {}
            }
        }
    }
}

fn frame(frame: DownFrame) -> Input {
    Input::Frame(frame.to_text())
}

fn welcome(acked: u64) -> Input {
    frame(DownFrame::Welcome(Welcome {
        protocol: PROTOCOL,
        incarnation: 1,
        epoch: 1,
        acked,
        server_time_ms: 0,
        settings: device_protocol::Settings::default(),
    }))
}

fn script() -> Vec<Input> {
    let answer = |n, answer| Input::RadioAnswer { id: id(n), attempt: 1, part: 0, answer };
    vec![
        Input::Connected,
        welcome(0),
        frame(DownFrame::Send(message(1, 1))),
        frame(DownFrame::Send(message(2, 2))),
        answer(1, Ok(())),
        frame(DownFrame::Ack { up: 1 }),
        answer(2, Err(Failure::of("no_service"))),
        Input::Service { slot: 0, state: Service::Missing },
        frame(DownFrame::Send(message(3, 3))),
        frame(DownFrame::Cancel(Cancel { id: id(3) })),
        frame(DownFrame::Send(message(1, 9))),
        support::rig::sms("hello"),
        Input::Disconnected { code: None },
        support::rig::sms("offline"),
        Input::Connected,
        welcome(2),
        Input::Service { slot: 0, state: Service::Available },
        Input::Tick,
    ]
}

fn engine(now: Now) -> Engine {
    let hardware = Hardware { sims: sims(), ..Hardware::default() };
    Engine::new(Book::new(id(0xa), id(0xd)), 1, PhoneFacts::default(), hardware, now)
}

#[test]
fn nothing_leaves_before_what_it_rests_on_is_flushed() {
    // Each input alone, then more and more of them in one step, as a group commit has them.
    for together in 1..=script().len() {
        let mut now = start_of_time();
        let (mut engine, mut durable) = (engine(now), Durable::default());
        durable.judge(engine.start(now));
        for inputs in script().chunks(together) {
            now = now.plus(15_000);
            for input in inputs {
                engine.push(input.clone(), now);
            }
            durable.judge(engine.finish(now));
        }
        assert!(engine.book().front.down >= 3 || together > 1);
    }
}
