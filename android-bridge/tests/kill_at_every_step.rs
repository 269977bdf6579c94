//! A phone killed at every step of its journal: before the step and after it, with a torn tail of any length.
//!
//! One script, run once to count its journal's steps, then once for each step and each way to die there. After
//! the death the phone restarts on what was durable and finishes the script. Nothing may be submitted twice,
//! nothing acknowledged may be forgotten (the hub asserts that at each hello), and every SMS that arrived reaches
//! the hub exactly once: what the journal did not get is in the system's inbox.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use android_bridge::{
    clock::Now,
    engine::{InboxRow, Input},
    journal::{Death, JournalError, MemoryJournal},
    radio::{Failure, ReceiptOutcome, Submission},
};
use device_protocol::{Cancel, Command, CommandKind, DownFrame, command::RefreshSims, event::Inbound};
use support::{
    hub::FakeHub,
    id, message,
    rig::{Rig, sms},
    start_of_time,
};
use uuid::Uuid;

/// What outlives the phone: the radio's memory of what it was given, and what the journal promised.
#[derive(Default)]
struct Outside {
    submitted: Vec<Submission>,
    kept: Vec<Inbound>,
    /// Radio work still owed to the phone.
    owed: Vec<Input>,
}

/// One act of the script.
fn act(rig: &mut Rig, outside: &mut Outside, n: usize) -> Result<(), JournalError> {
    match n {
        0 => connect(rig),
        1 => dispatch(rig, message(1, 1)),
        2 => dispatch(rig, device_protocol::Send { parts: 2, ..message(2, 2) }),
        3 => arrive(rig, "first", Told::AtOnce),
        4 => answer_all(rig, outside),
        5 => rig.try_input(Input::Frame(DownFrame::Cancel(Cancel { id: id(3) }).to_text())),
        6 => dispatch(rig, message(3, 3)),
        7 => dispatch(rig, device_protocol::Send { expires_in_ms: Some(0), ..message(4, 4) }),
        8 => disconnect(rig),
        9 => arrive(rig, "the same text", Told::AfterSweep),
        10 => arrive(rig, "the same text", Told::AtOnce),
        11 => connect(rig),
        12 => dispatch(rig, message(5, 5)),
        13 => rig.try_input(Input::Frame(
            DownFrame::Command(Command {
                id: id(90),
                deadline_in_ms: 60_000,
                kind: CommandKind::RefreshSims(RefreshSims {}),
            })
            .to_text(),
        )),
        14 => answer_all(rig, outside),
        15 => dispatch(rig, message(1, 6)),
        16 => arrive(rig, "swept", Told::Never),
        17 => finish(rig, outside),
        _ => unreachable!("the script has {ACTS} acts"),
    }
}

const ACTS: usize = 18;
/// Acts in which an SMS arrives: its broadcast dies with the phone.
const ARRIVALS: [usize; 4] = [3, 9, 10, 16];
/// Longer than a phone waits with a sweep after a change.
const SWEPT_AFTER_MS: u64 = 10_000;

/// When the phone is told of an SMS.
enum Told {
    AtOnce,
    AfterSweep,
    Never,
}

/// An SMS is stored by the system, and then the phone hears of it.
fn arrive(rig: &mut Rig, body: &str, told: Told) -> Result<(), JournalError> {
    let Input::SmsReceived { slot, sim, from, body, parts, smsc_at_ms } = sms(body) else { unreachable!() };
    let received_wall_ms = rig.now.wall_ms;
    rig.inbox.push(InboxRow {
        slot,
        sim: sim.clone(),
        from: from.clone(),
        body: body.clone(),
        parts,
        smsc_at_ms,
        received_wall_ms,
    });
    if !matches!(told, Told::AtOnce) {
        rig.try_input(Input::InboxChanged)?;
        rig.try_pass_waking(SWEPT_AFTER_MS)?;
    }
    match told {
        Told::Never => Ok(()),
        Told::AtOnce | Told::AfterSweep => {
            rig.try_input(Input::SmsReceived { slot, sim, from, body, parts, smsc_at_ms })
        }
    }
}

fn connect(rig: &mut Rig) -> Result<(), JournalError> {
    if rig.online {
        return Ok(());
    }
    rig.online = true;
    rig.try_input(Input::Connected)
}

fn disconnect(rig: &mut Rig) -> Result<(), JournalError> {
    rig.online = false;
    rig.try_input(Input::Disconnected { code: None })
}

fn dispatch(rig: &mut Rig, send: device_protocol::Send) -> Result<(), JournalError> {
    let frame = rig.hub.dispatch(send);
    if rig.online { rig.try_input(Input::Frame(frame.to_text())) } else { connect(rig) }
}

/// The radio answers everything that it was given, and the carrier sends its receipts.
fn answer_all(rig: &mut Rig, outside: &mut Outside) -> Result<(), JournalError> {
    collect(rig, outside);
    while !outside.owed.is_empty() {
        // Handed over before the phone's journal has it: a crash loses the answer, as Android would.
        let input = outside.owed.remove(0);
        rig.try_input(input)?;
    }
    Ok(())
}

/// Takes what the rig saw, alive or dead.
fn collect(rig: &mut Rig, outside: &mut Outside) {
    for submission in rig.submitted.drain(..) {
        let (id, attempt) = (submission.id, submission.attempt);
        for part in 0..submission.parts {
            let answer = if id == support::id(5) { Err(Failure::of("no_signal")) } else { Ok(()) };
            outside.owed.push(Input::RadioAnswer { id, attempt, part, answer });
        }
        for part in 0..submission.parts {
            outside.owed.push(Input::Receipt { id, part, receipt: ReceiptOutcome::Delivered });
        }
        outside.submitted.push(submission);
    }
    outside.kept.append(&mut rig.kept);
}

/// Runs the script; dies at a step, restarts, goes on with the act it died in. Answers the steps it took.
fn run(die_at: Option<(u64, Death)>, torn: usize) -> u64 {
    let mut outside = Outside::default();
    let mut rig = match Rig::doomed(
        MemoryJournal::new(),
        FakeHub::default(),
        vec![],
        start_of_time(),
        die_at,
        BTreeSet::new(),
    ) {
        Ok(rig) => rig,
        // Killed before there was a journal: the next start is the first.
        Err(JournalError::Killed(_)) => Rig::new(),
        Err(error) => panic!("{error}"),
    };
    let mut lives = 1;
    let mut n = 0;
    while n < ACTS {
        match act(&mut rig, &mut outside, n) {
            Ok(()) => n += 1,
            Err(JournalError::Killed(_)) => {
                lives += 1;
                assert!(lives <= 2, "one death a run");
                rig = reborn(rig, &mut outside, torn);
                // An SMS whose broadcast died with the phone is the sweep's business; the script goes on.
                if ARRIVALS.contains(&n) {
                    n += 1;
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
    collect(&mut rig, &mut outside);
    judge(&rig, &outside);
    rig.phone.journal().steps()
}

fn reborn(mut dead: Rig, outside: &mut Outside, torn: usize) -> Rig {
    collect(&mut dead, outside);
    let now: Now = dead.now.plus(1_500);
    let mut journal = dead.phone.into_journal().into_inner();
    journal.crash(torn);
    let was_online = dead.online;
    let mut rig = Rig::doomed(journal, dead.hub, dead.inbox, now, None, BTreeSet::new()).expect("a restart");
    if was_online {
        connect(&mut rig).expect("alive");
    }
    collect(&mut rig, outside);
    rig
}

/// Reconnects, lets the radio answer and time pass until nothing can still be on its way.
fn finish(rig: &mut Rig, outside: &mut Outside) -> Result<(), JournalError> {
    for _ in 0..3 {
        disconnect(rig)?;
        connect(rig)?;
        answer_all(rig, outside)?;
        rig.try_pass_waking(400_000)?;
    }
    disconnect(rig)?;
    connect(rig)
}

fn judge(rig: &Rig, outside: &Outside) {
    let mut times: BTreeMap<Uuid, usize> = BTreeMap::new();
    for submission in &outside.submitted {
        *times.entry(submission.id).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "submitted twice: {times:?}");
    assert!(!times.contains_key(&id(3)) && !times.contains_key(&id(4)), "canceled and expired stay");
    for n in [1, 2, 3, 4, 5] {
        assert!(!rig.hub.facts_of(id(n)).is_empty(), "nothing was heard of message {n}");
    }
    let uploaded: Vec<&str> = rig
        .hub
        .events
        .values()
        .filter_map(|event| match event {
            device_protocol::Event::Inbound(inbound) => Some(inbound.body.as_str()),
            _ => None,
        })
        .collect();
    let promised: Vec<&str> = outside.kept.iter().map(|inbound| inbound.body.as_str()).collect();
    for (body, arrived) in [("first", 1), ("the same text", 2), ("swept", 1)] {
        let count = |bodies: &[&str]| bodies.iter().filter(|one| **one == body).count();
        // A flush that was done right before the death kept it durably without a word.
        assert!(count(&uploaded) >= count(&promised), "`{body}` was promised and lost");
        assert_eq!(count(&uploaded), arrived, "`{body}` was lost or doubled");
    }
    assert_eq!(rig.phone.engine().book().front.acked, rig.phone.engine().book().front.head);
    assert_eq!(rig.hub.upto(), rig.phone.engine().book().front.head);
}

#[test]
fn the_script_is_long_enough_to_be_worth_dying_in() {
    assert!(run(None, 0) > 40);
}

#[test]
fn a_phone_killed_at_any_journal_step_neither_doubles_nor_loses() {
    let steps = run(None, 0);
    for step in 1..=steps {
        for death in [Death::Before, Death::After] {
            for torn in [0, 1, 7, 8, 9, 60, usize::MAX] {
                run(Some((step, death)), torn);
            }
        }
    }
}
