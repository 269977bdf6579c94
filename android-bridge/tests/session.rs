//! What is said in a session, and how one ends.

mod support;

use android_bridge::engine::{Backoff, BackoffLimits, CloseWhy, Input, Redial, Service};
use device_protocol::limits::{MAX_EVENTS_PER_FRAME, MAX_UP_FRAME_BYTES};
use device_protocol::{
    CloseCode, Closing, Command, CommandKind, DownFrame, Event, PROTOCOL, RadioWait, Settings, Sim, SimRef,
    Telemetry, Welcome, command::RefreshSims,
};
use rand::{SeedableRng, rngs::StdRng};
use support::{id, message, rebooted, rig::Rig, sims};

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig
}

#[test]
fn hello_says_what_is_durable() {
    let mut rig = connected();
    let hello = rig.hub.hellos[0].clone();
    assert!(hello.journal.virgin);
    assert_eq!((hello.journal.lowest, hello.journal.head, hello.journal.acked), (1, 0, 0));
    assert_eq!(hello.sims, rig.sims);
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(message(1, 4));
    rig.sms("hello");
    let then = rig.now.plus(10);
    let mut rig = rig.restart_without_service(then);
    rig.connect();
    let hello = rig.hub.hellos[1].clone();
    assert!(!hello.journal.virgin);
    assert_eq!((hello.journal.head, hello.journal.down), (1, 4));
    assert!(rig.submitted.is_empty(), "a phone that starts knows at once that it has no service");
    assert_eq!(hello.unfinished, [id(1)]);
}

#[test]
fn a_hub_that_lost_its_newest_commits_gets_them_again() {
    let mut rig = connected();
    for n in 0..5 {
        rig.sms(&format!("no. {n}"));
    }
    rig.disconnect();
    rig.hub.events.retain(|number, _| *number <= 2);
    rig.connect();
    assert_eq!(rig.hub.upto(), 5);
}

#[test]
fn at_most_two_frames_are_unacknowledged_and_batches_keep_their_bounds() {
    let mut rig = connected();
    rig.disconnect();
    let body = "\u{1}".repeat(39_015);
    for _ in 0..3 {
        rig.sms(&body);
    }
    for n in 0..600 {
        rig.sms(&format!("no. {n}"));
    }
    rig.hub.withhold_acks = true;
    rig.connect();
    assert_eq!(rig.hub.upto(), 2, "one huge event a frame, two frames");
    rig.hub.withhold_acks = false;
    for frame in rig.hub.ack() {
        rig.frame(&frame);
    }
    assert_eq!(rig.hub.upto(), 603);
}

/// The hub of these tests takes no frame that is a byte too long.
#[test]
fn a_frame_is_filled_and_never_too_long() {
    let full = |last: usize| {
        let mut rig = Rig::new();
        for _ in 0..MAX_EVENTS_PER_FRAME - 1 {
            rig.sms(&"a".repeat(600));
        }
        rig.sms(&"a".repeat(last));
        rig.hub.withhold_acks = true;
        rig.connect();
        let lines = rig.hub.events.values().map(|event| serde_json::to_string(event).unwrap().len() + 1);
        (rig.hub.upto(), lines.sum::<usize>())
    };
    let (_, less) = full(1);
    let left = MAX_UP_FRAME_BYTES - less;
    // In two frames at most: where all are in the first, its lines fit beside what begins it.
    for last in (left - 700..left + 700).step_by(7) {
        let (told, bytes) = full(last);
        assert_eq!(told, MAX_EVENTS_PER_FRAME as u64);
        assert!(bytes > MAX_UP_FRAME_BYTES - 1_400);
    }
}

#[test]
fn ages_are_counted_when_framed() {
    let mut rig = Rig::new();
    rig.sms("early");
    rig.pass(12_345);
    rig.connect();
    assert_eq!(rig.hub.events[&1].at().age_ms, Some(12_345));
    rig.disconnect();
    rig.sms("then the phone reboots");
    let mut then = rebooted(rig.now, 60_000);
    let mut rig = rig.restart(then);
    rig.connect();
    assert_eq!(rig.hub.events[&2].at().age_ms, Some(60_000));
    rig.disconnect();
    rig.sms("then the clock is set back");
    then = rebooted(rig.now, 0);
    then.wall_ms -= 1;
    let mut rig = rig.restart(then);
    rig.connect();
    assert_eq!(rig.hub.events[&3].at().age_ms, None);
}

#[test]
fn a_command_is_carried_out_once_and_answered_alike() {
    let mut rig = connected();
    let kind = CommandKind::RefreshSims(RefreshSims {});
    let command = DownFrame::Command(Command { id: id(77), deadline_in_ms: 60_000, kind });
    rig.frame(&command);
    rig.frame(&command);
    let results = rig.hub.heard.iter().filter(|text| text.contains("command_result")).count();
    assert_eq!(results, 2);
    assert_eq!(rig.hub.events.len(), 1);
    rig.input(Input::Frame(format!(
        r#"{{"type":"command","id":"{}","deadline_in_ms":5,"command":"self_destruct","args":{{}}}}"#,
        id(78)
    )));
    assert!(rig.hub.heard.last().is_some_and(|text| text.contains("unknown")));
    assert!(rig.closes.is_empty());
}

#[test]
fn an_unknown_frame_is_answered_and_a_broken_one_ends_the_session() {
    let mut rig = connected();
    rig.input(Input::Frame(r#"{"type":"horoscope"}"#.into()));
    assert!(rig.hub.heard.last().is_some_and(|text| text.contains("unknown_type")));
    assert!(rig.closes.is_empty());
    rig.input(Input::Frame(r#"{"type":"send","down_seq":1}"#.into()));
    assert_eq!(rig.closes, [CloseWhy::Protocol]);
}

#[test]
fn what_is_told_back_of_a_strange_frame_is_its_beginning() {
    let mut rig = connected();
    rig.input(Input::Frame(format!(r#"{{"type":"horoscope{}"}}"#, "\u{e4}".repeat(60_000))));
    let told = rig.hub.heard.last().expect("an answer");
    assert!(told.contains(&format!("`horoscope{}`", "\u{e4}".repeat(191))), "{told}");
}

#[test]
fn a_hub_that_speaks_before_it_welcomes_is_given_up() {
    let mut rig = Rig::new();
    // No hub hears this hello.
    rig.input(Input::Connected);
    assert!(!rig.phone.engine().welcomed());
    rig.send(message(1, 1));
    assert_eq!(rig.closes, [CloseWhy::Protocol]);
    assert!(rig.submitted.is_empty());
    rig.connect();
    assert!(rig.phone.engine().welcomed());
    assert_eq!(rig.submitted.len(), 1, "it comes again with the next session");
}

#[test]
fn health_is_told_when_it_changes_and_why_the_line_waits_only_the_engine_knows() {
    let mut rig = connected();
    let health = |percent| {
        let radio_wait = Some(RadioWait::NoService);
        Input::Health(Telemetry { battery_percent: Some(percent), radio_wait, ..Telemetry::default() })
    };
    let told = |rig: &Rig| rig.hub.heard.iter().filter(|text| text.contains("battery_percent")).count();
    rig.input(health(81));
    rig.input(health(81));
    assert_eq!(told(&rig), 1);
    rig.input(health(80));
    assert_eq!(told(&rig), 2);
    assert_eq!(rig.hub.heard.last().unwrap(), r#"{"type":"telemetry","battery_percent":80}"#);
}

#[test]
fn what_the_system_says_of_a_sim_is_cut_alike_everywhere() {
    let mut rig = Rig::new();
    let (long, cut) = (Some("\u{e4}".repeat(129)), Some("\u{e4}".repeat(128)));
    let wordy = |text: &Option<String>| Sim {
        number: text.clone(),
        carrier: text.clone(),
        iccid_hash: text.clone(),
        ..sims().remove(0)
    };
    rig.input(Input::Sims(vec![wordy(&long)]));
    rig.input(Input::SmsReceived {
        slot: 0,
        sim: Some(SimRef { number: long.clone(), iccid_hash: long, subscription_id: Some(7) }),
        from: "+43664000".into(),
        body: "hello".into(),
        parts: 1,
        smsc_at_ms: None,
    });
    rig.connect();
    assert_eq!(rig.hub.hellos[0].sims, [wordy(&cut)]);
    let [Event::SimChanged(changed), Event::Inbound(inbound)] =
        &rig.hub.events.values().collect::<Vec<_>>()[..]
    else {
        panic!("an inventory and a text")
    };
    assert_eq!(changed.sims, [wordy(&cut)]);
    assert_eq!(inbound.sim, SimRef { number: cut.clone(), iccid_hash: cut, subscription_id: Some(7) });
}

#[test]
fn closes_are_obeyed_by_their_class() {
    let close = |reason, spread_ms| {
        let mut rig = connected();
        rig.frame(&DownFrame::Closing(Closing { reason, detail: "because".into(), spread_ms }));
        rig.disconnect();
        rig.redials.pop().unwrap()
    };
    assert_eq!(close(CloseCode::Internal, None), Redial::Retry);
    assert_eq!(close(CloseCode::Revoked, None), Redial::Stop { why: "revoked: because".into() });
    assert_eq!(close(CloseCode::Replaced, None), Redial::Replaced);
    assert_eq!(close(CloseCode::Draining, Some(900)), Redial::Spread { spread_ms: 900 });
    for (code, expected) in [(4299, Redial::Replaced), (1006, Redial::Retry), (4088, Redial::Retry)] {
        let mut rig = connected();
        rig.input(Input::Disconnected { code: Some(code) });
        assert_eq!(rig.redials, [expected]);
    }
}

#[test]
fn a_silent_hub_is_given_up_after_its_pings() {
    let mut rig = connected();
    rig.pass_waking(59_000);
    assert_eq!(rig.pings, 2);
    assert!(rig.closes.is_empty());
    rig.pass_waking(1_000);
    assert_eq!(rig.closes, [CloseWhy::Silent]);
    let mut rig = connected();
    for _ in 0..20 {
        rig.pass_waking(25_000);
        rig.input(Input::Alive);
    }
    assert!(rig.closes.is_empty());
}

#[test]
fn an_inventory_that_changed_while_the_phone_was_dead_is_told() {
    let mut rig = connected();
    rig.input(Input::Sims(vec![android_bridge::sim::demo_sim(0, "+15550109999")]));
    let then = rig.now.plus(1);
    // The rig starts with the first SIM again: there and back.
    let mut rig = rig.restart(then);
    rig.connect();
    assert_eq!(rig.hub.events.len(), 2);
    assert_eq!(rig.hub.hellos[1].sims, rig.sims);
}

#[test]
fn a_welcome_ends_the_back_off() {
    let mut dice = StdRng::seed_from_u64(7);
    let mut backoff = Backoff::new(BackoffLimits { first_ms: 1_000, most_ms: 60_000 });
    let mut wait = |backoff: &mut Backoff| backoff.wait_ms(&Redial::Retry, &mut dice).unwrap();
    for most in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        let waited = wait(&mut backoff);
        assert!((most / 2..=most).contains(&waited), "{waited} of {most}");
    }
    backoff.welcomed();
    assert!(wait(&mut backoff) <= 1_000);
}

#[test]
fn a_welcome_that_cannot_be_ends_the_session() {
    let right = Welcome {
        protocol: PROTOCOL,
        incarnation: 1,
        epoch: 1,
        acked: 0,
        server_time_ms: 0,
        settings: Settings::default(),
    };
    let of_a_copy = Welcome { acked: 1, ..right.clone() };
    let of_another_time = Welcome { protocol: PROTOCOL + 1, ..right.clone() };
    for (welcome, closes) in [(&right, 0), (&of_a_copy, 1), (&of_another_time, 1)] {
        let mut rig = Rig::new();
        rig.input(Input::Connected);
        rig.frame(&DownFrame::Welcome(welcome.clone()));
        assert_eq!(rig.closes.len(), closes, "{welcome:?}");
    }
    let mut rig = connected();
    rig.frame(&DownFrame::Welcome(right));
    assert_eq!(rig.closes, [CloseWhy::Protocol], "one a session");
}

#[test]
fn only_a_journal_that_went_back_is_retired_whichever_way_it_is_told() {
    let retired = |rig: &Rig| rig.phone.engine().book().front.retired;
    let told =
        |reason: CloseCode| DownFrame::Closing(Closing { reason, detail: "because".into(), spread_ms: None });
    for (reason, expected) in [(CloseCode::JournalWentBack, true), (CloseCode::Revoked, false)] {
        let mut by_frame = connected();
        by_frame.frame(&told(reason));
        assert_eq!(retired(&by_frame), expected);
        let mut by_code = connected();
        by_code.input(Input::Disconnected { code: Some(reason.code()) });
        assert_eq!(retired(&by_code), expected);
        let then = by_code.now.plus(1);
        assert_eq!(retired(&by_code.restart(then)), expected, "it is remembered");
    }
}
