//! When a journal is compacted: between sessions, when it has grown or when a day has passed, and else never.

mod support;

use android_bridge::{
    book::Book,
    clock::Now,
    engine::{Engine, Hardware, InboxRow, Input, Output, PhoneFacts},
};
use device_protocol::{CloseCode, DownFrame, PROTOCOL, Settings, Welcome};
use support::{
    id,
    inbox::{row, told},
    message,
    rig::sms,
    sims, start_of_time,
};

const DAY_MS: u64 = 86_400_000;

struct Life {
    engine: Engine,
    now: Now,
}

impl Life {
    /// A phone whose journal has so many records when it starts, and knows its SIMs.
    fn begin(records: usize) -> (Life, usize) {
        let now = start_of_time();
        let mut book = Book::new(id(0xa), id(0xd));
        book.front.sims = Some(sims());
        let hardware = Hardware { sims: sims(), ..Hardware::default() };
        let mut engine = Engine::new(book, records, PhoneFacts::default(), hardware, now);
        let compactions = compactions(&engine.start(now));
        (Life { engine, now }, compactions)
    }

    /// Feeds inputs in one step; how often the journal was compacted.
    fn live(&mut self, inputs: impl IntoIterator<Item = Input>) -> usize {
        for input in inputs {
            self.engine.push(input, self.now);
        }
        compactions(&self.engine.finish(self.now))
    }

    /// A session comes and goes: this is when it is looked at.
    fn reconnect(&mut self) -> usize {
        self.live([Input::Connected]) + self.live([Input::Disconnected { code: None }])
    }
}

fn compactions(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| matches!(output, Output::Compact(_))).count()
}

/// Records that these inputs append.
fn records_of(inputs: Vec<Input>) -> usize {
    let (mut life, _) = Life::begin(0);
    inputs.into_iter().for_each(|input| life.engine.push(input, life.now));
    let outputs = life.engine.finish(life.now);
    outputs.iter().filter(|output| matches!(output, Output::Append(_))).count()
}

#[test]
fn a_journal_of_two_thousand_records_is_compacted_at_the_start() {
    assert_eq!([0, 1_999, 2_000, 2_001].map(|records| Life::begin(records).1), [0, 0, 1, 1]);
}

#[test]
fn each_record_counts_and_a_compaction_begins_the_count_anew() {
    let a_text = records_of(vec![sms("one")]);
    assert!(a_text > 0);
    let (mut life, _) = Life::begin(2_000 - 3 * a_text);
    for (text, compacted) in [("first", 0), ("second", 0), ("third", 1), ("fourth", 0)] {
        assert_eq!(life.live([sms(text)]), 0, "only between sessions");
        assert_eq!(life.reconnect(), compacted, "after the {text}");
    }
}

#[test]
fn a_journal_that_remembers_something_is_looked_through_once_a_day() {
    let (mut life, _) = Life::begin(0);
    life.live([sms("remembered")]);
    life.now = life.now.plus(DAY_MS);
    assert_eq!(life.reconnect(), 0, "exactly a day is not more than one");
    life.now = life.now.plus(1);
    assert_eq!(life.reconnect(), 1);
    life.now = life.now.plus(DAY_MS);
    assert_eq!(life.reconnect(), 0, "a day counts from the last time");
}

#[test]
fn an_empty_journal_is_left_alone() {
    let (mut life, _) = Life::begin(0);
    life.now = life.now.plus(3 * DAY_MS);
    assert_eq!(life.reconnect(), 0);
}

#[test]
fn nothing_is_written_that_the_journal_says_already() {
    let frame = |frame: DownFrame| Input::Frame(frame.to_text());
    let (protocol, settings) = (PROTOCOL, Settings::default());
    let welcome = Welcome { protocol, incarnation: 1, epoch: 1, acked: 0, server_time_ms: 0, settings };
    let send = || frame(DownFrame::Send(message(1, 1)));
    let answer = Input::RadioAnswer { id: id(1), attempt: 1, part: 0, answer: Ok(()) };
    let (mut life, _) = Life::begin(0);
    let mut records = |inputs: Vec<Input>| {
        inputs.into_iter().for_each(|input| life.engine.push(input, life.now));
        let outputs = life.engine.finish(life.now);
        outputs.iter().filter(|output| matches!(output, Output::Append(_))).count()
    };
    records(vec![Input::Connected, frame(DownFrame::Welcome(welcome))]);
    assert_eq!(records(vec![send()]), 2, "taken, and submitting");
    assert_eq!(records(vec![send()]), 0, "the cursor stands there already");
    assert_eq!(records(vec![answer]), 1, "the only part's answer is the fact");
    let acked = || frame(DownFrame::Ack { up: 1 });
    assert_eq!([records(vec![acked()]), records(vec![acked()])], [1, 0], "it is acknowledged already");
    let back = || Input::Disconnected { code: Some(CloseCode::JournalWentBack.code()) };
    assert_eq!([records(vec![back()]), records(vec![back()])], [1, 0], "it is retired already");
}

#[test]
fn what_a_sweep_finds_is_flushed_in_groups() {
    let (mut life, _) = Life::begin(0);
    let rows = (0..70).map(|n| row(&format!("no. {n}"), life.now)).collect();
    life.engine.push(Input::Inbox(rows), life.now);
    let outputs = life.engine.finish(life.now);
    let mut groups = vec![0];
    for output in &outputs {
        match output {
            Output::Append(_) => *groups.last_mut().unwrap() += 1,
            Output::Flush => groups.push(0),
            _ => {}
        }
    }
    assert_eq!(groups, [1, 32, 32, 6, 0], "the horizon first");
}

#[test]
fn a_row_that_agrees_with_its_broadcast_to_the_minute_costs_nothing() {
    for (apart_ms, records) in [(0, 0), (60_000, 0), (60_001, 1)] {
        let (mut life, _) = Life::begin(0);
        let arrived = row("hello", life.now);
        life.live([told(&arrived), Input::Inbox(vec![])]);
        let late = InboxRow { received_wall_ms: arrived.received_wall_ms + apart_ms, ..arrived };
        life.engine.push(Input::Inbox(vec![late]), life.now);
        let outputs = life.engine.finish(life.now);
        let appended = outputs.iter().filter(|output| matches!(output, Output::Append(_))).count();
        assert_eq!(appended, records, "{apart_ms} ms apart");
    }
}
