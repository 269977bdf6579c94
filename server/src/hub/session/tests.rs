//! What a session answers, input by input: without a socket, a store or a clock.

use std::time::Duration;

use device_protocol::limits::MAX_UP_FRAMES_PER_SECOND;
use device_protocol::{
    AppFacts, CloseCode, CommandOutcome, CommandResult, DownFrame, Hello, JournalFacts, OsFacts, PROTOCOL,
    UpFrame,
};
use relay_domain::allocate::Wait;
use relay_domain::device::Course;
use relay_domain::resume::Case;
use relay_domain::sim::SimFacts;
use relay_domain::{DeviceId, JournalId, MessageId, Timestamp};
use uuid::Uuid;

use super::{End, Identity, Input, Mail, Output, Session};
use crate::hub::HubSettings;
use crate::relay::ingest::{
    CommandRow, CommitError, FrameRow, Frames, NextVerdict, OpenVerdict, OpenedSession, RecordVerdict,
    Stalled,
};

/// The journal of every hello and row here.
pub(super) const JOURNAL: Uuid = Uuid::from_u128(7);

fn second(number: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + number * 1_000)
}

/// A session and its clock.
struct Talk {
    session: Session,
    now: Timestamp,
}

impl Talk {
    fn begin() -> Talk {
        let device_id = DeviceId::from(Uuid::from_u128(1));
        let identity = Identity { device_id, generation: 1, connection: 1 };
        Talk { session: Session::new(identity, HubSettings::default(), second(0)), now: second(0) }
    }

    /// Welcomed, with nothing left to do.
    fn open(live: bool) -> Talk {
        let mut talk = Talk::begin();
        talk.say(&hello());
        let opened = talk.take(Input::Opened(Ok(OpenVerdict::Opened(opened(live)))));
        assert!(matches!(frames(&opened)[..], [DownFrame::Welcome(_)]), "{opened:?}");
        let nothing = Frames { rows: Vec::new(), cursor: 0 };
        talk.take(Input::Frames(Ok(nothing)));
        if live {
            talk.take(Input::Next(Ok(next(None, false))));
        }
        talk
    }

    fn take(&mut self, input: Input<'_>) -> Vec<Output> {
        self.session.step(input, self.now)
    }

    fn say(&mut self, frame: &UpFrame<'_>) -> Vec<Output> {
        self.take(Input::Text(&frame.to_text()))
    }

    fn at(&mut self, now: Timestamp) -> Vec<Output> {
        self.now = now;
        self.take(Input::Tick)
    }
}

fn hello() -> UpFrame<'static> {
    UpFrame::Hello(Box::new(Hello {
        protocol: PROTOCOL,
        capabilities: vec!["command.refresh_sims".into()],
        app: AppFacts { version: "1.0.0".into() },
        os: OsFacts { name: "raw".into(), ..OsFacts::default() },
        sims: Vec::new(),
        journal: JournalFacts { id: JOURNAL, virgin: true, lowest: 1, head: 0, acked: 0, down: 0 },
        unfinished: Vec::new(),
        max_pending: 256,
    }))
}

fn opened(live: bool) -> OpenedSession {
    OpenedSession {
        epoch: 5,
        incarnation: 1,
        case: Case::First,
        up: 0,
        down: 0,
        live,
        course: Course::Serving,
    }
}

fn next(wait: Option<Wait>, more: bool) -> NextVerdict {
    NextVerdict::Dispatched { rows: Vec::new(), wait, more }
}

/// A dispatched message as a session gets it.
pub(super) fn row(down_seq: u64) -> FrameRow {
    FrameRow {
        down_seq,
        id: MessageId::from(Uuid::from_u128(u128::from(down_seq))),
        journal_id: JournalId::from(JOURNAL),
        slot: 0,
        sim: SimFacts::default(),
        to: "+16660000042".into(),
        body: "hello".into(),
        parts: 1,
        expires_at: None,
    }
}

fn dispatched(down_seq: u64) -> Input<'static> {
    Input::Mail(Mail { rows: [row(down_seq)].into(), ..Mail::default() })
}

fn woken() -> Input<'static> {
    Input::Mail(Mail { wake: true, ..Mail::default() })
}

fn frames(outputs: &[Output]) -> Vec<DownFrame> {
    let texts = outputs.iter().filter_map(|output| match output {
        Output::Text(text) => Some(DownFrame::parse(text).expect("one of ours")),
        _ => None,
    });
    texts.collect()
}

fn closed(outputs: &[Output]) -> Option<CloseCode> {
    outputs.iter().find_map(|output| match output {
        Output::Close(code) => Some(*code),
        _ => None,
    })
}

fn asks_next(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Next(_)))
}

fn stalls(outputs: &[Output]) -> Vec<bool> {
    let set = outputs.iter().filter_map(|output| match output {
        Output::SetStalled(set) => Some(set.stalled == Stalled::Stalls),
        _ => None,
    });
    set.collect()
}

#[test]
fn a_hello_must_come_in_time() {
    let mut talk = Talk::begin();
    let limit = second(0).plus(HubSettings::default().hello_timeout);
    assert!(talk.session.next_tick() <= limit, "it wants to be asked then");
    assert_eq!(closed(&talk.at(limit.minus(Duration::from_millis(1)))), None);
    assert_eq!(closed(&talk.at(limit)), Some(CloseCode::HelloTimeout));
    let mut open = Talk::open(true);
    assert_eq!(closed(&open.at(limit)), None, "it came");
}

#[test]
fn the_pace_of_frames_is_bounded_by_the_second() {
    let mut talk = Talk::open(true);
    talk.now = second(1);
    let spent = (1..MAX_UP_FRAMES_PER_SECOND).find(|_| closed(&talk.take(Input::Heartbeat)).is_some());
    assert_eq!(spent, None);
    talk.now = second(2);
    for _ in 0..MAX_UP_FRAMES_PER_SECOND {
        assert_eq!(closed(&talk.take(Input::Heartbeat)), None, "a new second");
    }
    assert_eq!(closed(&talk.take(Input::Heartbeat)), Some(CloseCode::Flood));
}

#[test]
fn who_answers_no_ping_is_not_reading() {
    let interval = HubSettings::default().ping_interval;
    let ping_at = second(0).plus(interval);
    for answers in [false, true] {
        let mut talk = Talk::open(true);
        assert!(talk.at(ping_at).iter().any(|output| matches!(output, Output::Ping)));
        if answers {
            talk.take(Input::Answered);
        }
        // A sign of life just before.
        talk.now = ping_at.plus(interval * 2);
        talk.take(Input::Heartbeat);
        let code = closed(&talk.at(ping_at.plus(interval.mul_f64(2.4))));
        assert_eq!(code, (!answers).then_some(CloseCode::NotReading));
    }
}

#[test]
fn a_frame_without_acknowledgement_stalls_the_session_until_one_comes() {
    let mut talk = Talk::open(true);
    assert_eq!(frames(&talk.take(dispatched(1))).len(), 1);
    let due = second(0).plus(HubSettings::default().stalled_after);
    assert_eq!(talk.session.next_tick(), due, "it wants to be asked exactly then");
    assert_eq!(stalls(&talk.at(due.minus(Duration::from_millis(1)))), [false; 0]);
    assert_eq!(stalls(&talk.at(due)), [true]);
    assert!(talk.session.next_tick() > due, "the store is being told");
    assert_eq!(stalls(&talk.at(due)), [false; 0], "once");
    assert_eq!(stalls(&talk.take(Input::StalledSet(Ok(true)))), [false; 0]);
    assert!(talk.session.next_tick() > due, "it stalls already");
    assert_eq!(stalls(&talk.say(&UpFrame::Ack { down: 1 })), [false], "it moves again");
    talk.take(Input::StalledSet(Ok(true)));
    assert_eq!(frames(&talk.take(dispatched(2))).len(), 1);
    assert_eq!(talk.session.next_tick(), due.plus(HubSettings::default().stalled_after));
}

#[test]
fn a_session_that_another_has_fenced_hears_it_from_any_change() {
    for verdict in [
        Input::StalledSet(Ok(false)),
        Input::Recorded(Ok(RecordVerdict::Fenced)),
        Input::Next(Ok(NextVerdict::Fenced)),
        Input::Mail(Mail { end: Some(End::Fenced), ..Mail::default() }),
    ] {
        assert_eq!(closed(&Talk::open(true).take(verdict)), Some(CloseCode::Fenced));
    }
}

#[test]
fn the_queues_head_is_asked_for_once_until_the_store_answers() {
    let mut talk = Talk::open(true);
    assert!(asks_next(&talk.take(woken())));
    assert!(!asks_next(&talk.take(woken())), "one question at a time");
    assert!(asks_next(&talk.take(Input::Next(Ok(next(None, false))))), "but this one after it");
    assert!(!asks_next(&talk.take(Input::Next(Ok(next(None, false))))), "and no more");
    talk.take(woken());
    assert!(asks_next(&talk.take(Input::Next(Ok(next(None, true))))), "there is more");
}

#[test]
fn the_next_token_is_waited_for_to_the_instant() {
    let mut talk = Talk::open(true);
    talk.take(woken());
    let until = second(3);
    assert!(!asks_next(&talk.take(Input::Next(Ok(next(Some(Wait::BucketEmpty { until }), false))))));
    assert_eq!(talk.session.next_tick(), until);
    assert!(!asks_next(&talk.at(second(2))));
    assert!(asks_next(&talk.at(until)));
    assert!(talk.session.next_tick() > until, "asked once");
}

#[test]
fn nothing_is_allocated_before_the_phone_was_heard_to_its_end() {
    let mut talk = Talk::open(false);
    assert!(!asks_next(&talk.take(woken())));
    let recorded = |live| Input::Recorded(Ok(RecordVerdict::Recorded { up: 1, live }));
    let heard = talk.take(recorded(false));
    assert!(matches!(frames(&heard)[..], [DownFrame::Ack { up: 1 }]));
    assert!(!asks_next(&heard));
    assert!(asks_next(&talk.take(recorded(true))), "now it is");
    talk.take(Input::Next(Ok(next(None, false))));
    assert!(!asks_next(&talk.take(recorded(true))), "it was before");
}

#[test]
fn what_the_store_cannot_take_now_is_tried_again_a_little_later() {
    let mut talk = Talk::open(true);
    talk.take(woken());
    assert!(!asks_next(&talk.take(Input::Next(Err(CommitError::Busy)))));
    let retry = talk.session.next_tick();
    assert_eq!(retry.since(second(0)), Duration::from_millis(250));
    assert!(asks_next(&talk.at(retry)));
}

#[test]
fn commands_are_framed_if_the_phone_knows_them_and_answered_for_it_if_not() {
    let command = |id, kind: &str| CommandRow {
        id: Uuid::from_u128(id),
        kind: kind.to_owned(),
        deadline_at: second(60),
    };
    let mut talk = Talk::open(true);
    assert!(
        talk.take(Input::Mail(Mail { command: true, ..Mail::default() }))
            .iter()
            .any(|output| matches!(output, Output::ReadCommands))
    );
    let waiting = vec![command(1, "refresh_sims"), command(2, "of_tomorrow")];
    let outputs = talk.take(Input::Commands(Ok(waiting)));
    let [DownFrame::Command(framed)] = &frames(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((framed.id, framed.deadline_in_ms), (Uuid::from_u128(1), 60_000));
    assert_eq!(finished(&outputs), [(Uuid::from_u128(2), "unknown".to_owned())]);
}

#[test]
fn an_older_phone_is_not_asked_for_what_it_does_not_know() {
    let UpFrame::Hello(mut older) = hello() else { panic!("a hello") };
    older.capabilities = vec!["command.of_yesterday".into()];
    let mut talk = Talk::begin();
    talk.say(&UpFrame::Hello(older));
    talk.take(Input::Opened(Ok(OpenVerdict::Opened(opened(true)))));
    let command = CommandRow { id: Uuid::from_u128(1), kind: "refresh_sims".into(), deadline_at: second(60) };
    let outputs = talk.take(Input::Commands(Ok(vec![command])));
    assert_eq!(frames(&outputs), []);
    assert_eq!(finished(&outputs), [(Uuid::from_u128(1), "unknown".to_owned())]);
}

fn finished(outputs: &[Output]) -> Vec<(Uuid, String)> {
    let results = outputs.iter().filter_map(|output| match output {
        Output::Finish(finish) => Some((finish.command_id, finish.outcome.clone())),
        _ => None,
    });
    results.collect()
}

#[test]
fn a_commands_result_is_stored_in_words() {
    let outcomes = [
        (CommandOutcome::Done, "done"),
        (CommandOutcome::Unknown, "unknown"),
        (CommandOutcome::Failed { reason: "no permission".into() }, "failed: no permission"),
    ];
    for (outcome, word) in outcomes {
        let result = CommandResult { id: Uuid::from_u128(3), outcome };
        let outputs = Talk::open(true).say(&UpFrame::CommandResult(result));
        assert_eq!(finished(&outputs), [(Uuid::from_u128(3), word.to_owned())]);
    }
}

#[test]
fn a_hub_that_drains_says_how_far_to_spread() {
    let spread = Duration::from_millis(700);
    let outputs =
        Talk::open(true).take(Input::Mail(Mail { end: Some(End::Draining(spread)), ..Mail::default() }));
    assert_eq!(closed(&outputs), Some(CloseCode::Draining));
    let [DownFrame::Closing(closing)] = &frames(&outputs)[..] else { panic!("{outputs:?}") };
    assert_eq!((closing.reason, closing.spread_ms), (CloseCode::Draining, Some(700)));
}

#[test]
fn what_a_phone_says_is_repeated_shortly() {
    let strange = format!(r#"{{"type":"{}"}}"#, "x".repeat(5_000));
    let outputs = Talk::open(true).take(Input::Text(&strange));
    let [DownFrame::Error(error)] = &frames(&outputs)[..] else { panic!("{outputs:?}") };
    assert!(error.detail.contains(&"x".repeat(200)) && !error.detail.contains(&"x".repeat(201)));
}

#[test]
fn nothing_follows_a_close() {
    let mut talk = Talk::open(true);
    assert_eq!(closed(&talk.take(Input::Binary)), Some(CloseCode::FrameTooLarge));
    assert!(talk.take(Input::Binary).is_empty());
    assert!(talk.take(dispatched(1)).is_empty());
    assert!(talk.say(&hello()).is_empty());
}
