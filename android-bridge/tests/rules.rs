//! The rules of the phone, one promise a test.

mod support;

use android_bridge::engine::{Input, Service};
use device_protocol::{Event, RadioWait, Settings, event::FailStage};
use support::{id, message, rebooted, rig::Rig};

fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.connect();
    rig
}

#[test]
fn a_message_goes_its_way_and_every_fact_is_uploaded() {
    let mut rig = connected();
    rig.send(message(1, 1));
    assert_eq!(rig.hub.acked_down, 1);
    assert_eq!(rig.submitted.len(), 1);
    rig.answer(1, 0, Ok(()));
    rig.receipt(1, 0, Ok(()));
    assert_eq!(rig.hub.facts_of(id(1)), ["sent", "delivered"]);
    assert_eq!(rig.phone.engine().book().front.acked, 2);
}

#[test]
fn a_repeat_is_dropped_by_id_and_answered_with_the_last_fact() {
    let mut rig = connected();
    rig.send(message(1, 1));
    rig.answer(1, 0, Ok(()));
    // The same number with another id is another message; the same id with another number is a repeat.
    rig.send(message(1, 9));
    rig.send(message(2, 2));
    assert_eq!(rig.submitted.len(), 2);
    assert_eq!(rig.hub.facts_of(id(1)), ["sent", "sent"]);
    assert_eq!(rig.phone.engine().book().front.down, 9);
}

#[test]
fn a_cancel_before_the_frame_is_a_tombstone() {
    let mut rig = connected();
    rig.cancel(id(1));
    assert_eq!(rig.hub.facts_of(id(1)), ["canceled"]);
    let mut rig = rig.restart(support::start_of_time().plus(5_000));
    rig.connect();
    rig.send(message(1, 1));
    assert!(rig.submitted.is_empty());
    assert_eq!(rig.hub.facts_of(id(1)), ["canceled", "canceled"]);
    assert_eq!(rig.hub.acked_down, 1);
}

#[test]
fn a_cancel_of_a_waiting_message_wins_and_of_a_submitted_one_is_too_late() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(message(1, 1));
    rig.cancel(id(1));
    rig.input(Input::Service { slot: 0, state: Service::Available });
    assert!(rig.submitted.is_empty());
    rig.send(message(2, 2));
    rig.cancel(id(2));
    rig.answer(2, 0, Ok(()));
    assert_eq!(rig.hub.facts_of(id(1)), ["canceled"]);
    assert_eq!(rig.hub.facts_of(id(2)), ["too_late", "sent"]);
    // A repeat is answered with the message's own last fact, not with the answer to the cancel.
    rig.cancel(id(2));
    rig.send(message(2, 3));
    assert_eq!(rig.hub.facts_of(id(2)), ["too_late", "sent", "too_late", "sent"]);
}

#[test]
fn a_message_is_canceled_once_however_often_it_is_asked() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(message(1, 1));
    rig.cancel(id(1));
    rig.cancel(id(1));
    assert_eq!(rig.hub.facts_of(id(1)), ["canceled", "canceled"]);
}

#[test]
fn an_expired_frame_is_journalled_acknowledged_and_answered() {
    let mut rig = connected();
    rig.send(device_protocol::Send { expires_in_ms: Some(0), ..message(1, 1) });
    assert!(rig.submitted.is_empty());
    assert_eq!(rig.hub.acked_down, 1);
    assert_eq!(rig.hub.facts_of(id(1)), ["expired"]);
}

#[test]
fn a_deadline_passes_offline_and_without_service() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(device_protocol::Send { expires_in_ms: Some(5_000), ..message(1, 1) });
    rig.disconnect();
    rig.pass(4_999);
    assert!(rig.facts(1).is_empty());
    assert_eq!(rig.phone.wakes_at_ms(rig.now), Some(rig.now.mono_ms + 1));
    rig.pass(1);
    assert_eq!(rig.facts(1), ["expired"]);
    rig.input(Input::Service { slot: 0, state: Service::Available });
    assert!(rig.submitted.is_empty());
}

#[test]
fn after_a_reboot_a_deadline_counts_on_the_wall_clock() {
    for (away_ms, expected) in [(3_000, 1), (5_000, 0)] {
        let mut rig = connected();
        rig.input(Input::Service { slot: 0, state: Service::Missing });
        rig.send(device_protocol::Send { expires_in_ms: Some(5_000), ..message(1, 1) });
        let then = rebooted(rig.now, away_ms);
        let rig = rig.restart(then);
        assert_eq!(rig.submitted.len(), expected, "away for {away_ms} ms");
    }
}

#[test]
fn after_a_reboot_with_a_clock_set_back_a_deadline_has_passed() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(device_protocol::Send { expires_in_ms: Some(3_600_000), ..message(1, 1) });
    rig.send(message(2, 2));
    let mut then = rebooted(rig.now, 0);
    then.wall_ms -= 10;
    let rig = rig.restart(then);
    assert_eq!(rig.facts(1), ["expired"]);
    assert_eq!(rig.submitted.len(), 1, "a message without a deadline is sent all the same");
}

#[test]
fn another_sim_in_the_slot_fails_before_the_radio_is_touched() {
    let mut rig = connected();
    rig.input(Input::Sims(vec![android_bridge::sim::demo_sim(0, "+15550109999")]));
    rig.send(message(1, 1));
    rig.input(Input::Sims(vec![]));
    rig.send(message(2, 2));
    assert!(rig.submitted.is_empty());
    for n in [1, 2] {
        let event = rig.hub.events.values().find(|event| event.message_id() == Some(id(n)));
        let Some(Event::Failed(failed)) = event else { panic!("a failure") };
        assert_eq!((failed.stage, failed.code.as_str()), (FailStage::Radio, "wrong_sim"));
    }
}

#[test]
fn a_sim_swapped_while_the_message_waits_fails_too() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(message(1, 1));
    rig.input(Input::Sims(vec![android_bridge::sim::demo_sim(0, "+15550109999")]));
    rig.input(Input::Service { slot: 0, state: Service::Available });
    assert!(rig.submitted.is_empty());
    assert_eq!(rig.facts(1), ["failed"]);
}

#[test]
fn without_service_it_waits_and_says_so() {
    let mut rig = connected();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    rig.send(message(1, 1));
    assert!(rig.submitted.is_empty());
    assert_eq!(rig.phone.engine().radio_wait(), Some(RadioWait::NoService));
    assert!(rig.hub.heard.last().is_some_and(|text| text.contains("no_service")));
    rig.input(Input::Service { slot: 0, state: Service::Available });
    assert_eq!(rig.submitted.len(), 1);
    assert!(!rig.hub.heard.last().is_some_and(|text| text.contains("radio_wait")));
}

#[test]
fn only_when_every_part_never_left_is_a_message_put_back() {
    let mut rig = connected();
    rig.send(device_protocol::Send { parts: 2, ..message(1, 1) });
    rig.answer(1, 0, Err("radio_off"));
    assert!(rig.facts(1).is_empty());
    rig.answer(1, 1, Err("no_service"));
    assert!(rig.facts(1).is_empty());
    assert_eq!(rig.submitted.len(), 1, "it rests first");
    rig.pass_waking(10_000);
    assert_eq!(rig.submitted.len(), 2);
    assert_eq!(rig.submitted[1].attempt, 2);
    // An answer to the first attempt says nothing of the second.
    rig.input(Input::RadioAnswer { id: id(1), attempt: 1, part: 0, answer: Ok(()) });
    rig.answer(1, 0, Ok(()));
    rig.answer(1, 1, Err("radio_off"));
    assert_eq!(rig.facts(1), ["failed"], "one part left: nothing is repeated");
    rig.pass_waking(600_000);
    assert_eq!(rig.submitted.len(), 2);
}

#[test]
fn a_message_waits_for_the_answer_to_each_part_before_it_is_put_back() {
    let mut rig = connected();
    rig.send(device_protocol::Send { parts: 2, ..message(1, 1) });
    rig.answer(1, 0, Err("radio_off"));
    rig.pass_waking(200_000);
    assert_eq!(rig.submitted.len(), 1, "the other part may have left");
    rig.answer(1, 1, Ok(()));
    assert_eq!(rig.facts(1), ["failed"]);
    rig.pass_waking(600_000);
    assert_eq!(rig.submitted.len(), 1);
}

#[test]
fn the_line_rests_twice_as_long_with_each_message_that_the_radio_gives_back() {
    let mut rig = connected();
    rig.send(message(1, 1));
    let rests = [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000];
    for (submitted, rest) in (1..).zip(rests) {
        rig.answer(1, 0, Err("radio_off"));
        rig.pass_waking(rest - 1);
        assert_eq!(rig.submitted.len(), submitted, "it rests for {rest} ms");
        rig.pass_waking(1);
        assert_eq!(rig.submitted.len(), submitted + 1, "after {rest} ms");
    }
    rig.answer(1, 0, Ok(()));
    // The hub was silent meanwhile.
    rig.connect();
    rig.send(message(2, 2));
    rig.answer(2, 0, Err("radio_off"));
    rig.pass_waking(10_000);
    assert_eq!(rig.submitted.len(), rests.len() + 3, "what was sent in between begins it anew");
}

#[test]
fn a_final_code_ends_the_message_at_once() {
    let mut rig = connected();
    rig.send(device_protocol::Send { parts: 2, ..message(1, 1) });
    rig.answer(1, 0, Err("no_signal"));
    assert_eq!(rig.facts(1), ["failed"]);
    rig.answer(1, 1, Err("no_service"));
    assert_eq!(rig.facts(1), ["failed"]);
}

#[test]
fn a_silent_radio_makes_a_message_uncertain_and_a_late_answer_resolves_it() {
    for (answer, expected) in [(Ok(()), "sent"), (Err("no_service"), "failed"), (Err("no_signal"), "failed")]
    {
        let mut rig = connected();
        rig.send(message(1, 1));
        rig.pass_waking(299_999);
        assert!(rig.facts(1).is_empty());
        rig.pass(1);
        assert_eq!(rig.facts(1), ["uncertain"]);
        rig.answer(1, 0, answer);
        rig.pass_waking(3_600_000);
        assert_eq!(rig.facts(1), ["uncertain", expected]);
        assert_eq!(rig.submitted.len(), 1, "never again");
    }
}

#[test]
fn a_restart_while_submitting_is_uncertain_and_a_receipt_resolves_it() {
    let mut rig = connected();
    rig.send(message(1, 1));
    let then = rig.now.plus(1_000);
    let mut rig = rig.restart(then);
    assert_eq!(rig.facts(1), ["uncertain"]);
    assert!(rig.submitted.is_empty());
    rig.receipt(1, 0, Ok(()));
    rig.connect();
    assert_eq!(rig.hub.facts_of(id(1)), ["uncertain", "delivered"]);
}

#[test]
fn parts_add_up() {
    let mut rig = connected();
    rig.send(device_protocol::Send { parts: 3, ..message(1, 1) });
    for part in [2, 0, 0, 7, 1] {
        rig.answer(1, part, Ok(()));
    }
    for part in [1, 0, 1, 2] {
        rig.receipt(1, part, Ok(()));
    }
    assert_eq!(rig.facts(1), ["sent", "delivered"]);
    rig.send(device_protocol::Send { parts: 2, ..message(2, 2) });
    rig.answer(2, 0, Ok(()));
    rig.answer(2, 1, Ok(()));
    rig.receipt(2, 0, Err("receipt_failed"));
    rig.receipt(2, 1, Ok(()));
    assert_eq!(rig.facts(2), ["sent", "failed"]);
}

#[test]
fn a_receipt_says_something_once() {
    let mut rig = connected();
    rig.send(device_protocol::Send { parts: 2, ..message(1, 1) });
    rig.answer(1, 0, Ok(()));
    rig.answer(1, 1, Ok(()));
    rig.receipt(1, 0, Err("receipt_failed"));
    rig.receipt(1, 1, Err("receipt_failed"));
    assert_eq!(rig.facts(1), ["sent", "failed"], "one failure is the message's");
    rig.send(message(2, 2));
    rig.answer(2, 0, Ok(()));
    rig.receipt(2, 0, Ok(()));
    rig.receipt(2, 0, Ok(()));
    rig.receipt(2, 0, Err("receipt_failed"));
    assert_eq!(rig.facts(2), ["sent", "delivered"]);
}

#[test]
fn a_long_message_waits_for_an_empty_window_and_goes_alone() {
    let mut rig = Rig::new();
    rig.hub.settings = Settings { guard_segments: 4, guard_window_ms: 60_000, ..Settings::default() };
    rig.connect();
    rig.send(message(1, 1));
    rig.pass(1_000);
    rig.send(device_protocol::Send { parts: 9, ..message(2, 2) });
    rig.send(message(3, 3));
    assert_eq!(rig.submitted.len(), 1);
    assert_eq!(rig.phone.engine().radio_wait(), Some(RadioWait::RadioGuard));
    rig.pass_waking(59_000);
    assert_eq!(rig.submitted.len(), 1);
    rig.pass_waking(1);
    assert_eq!(rig.submitted.len(), 2, "the long one, alone");
    rig.pass_waking(60_000);
    assert_eq!(rig.submitted.len(), 2);
    rig.pass_waking(1);
    assert_eq!(rig.submitted.len(), 3);
}

#[test]
fn the_radio_has_no_more_than_32_messages_that_it_has_not_answered() {
    let mut rig = Rig::new();
    rig.hub.settings = Settings { guard_segments: 0, ..Settings::default() };
    rig.connect();
    rig.input(Input::Service { slot: 0, state: Service::Missing });
    for n in 1..=40 {
        rig.send(message(n, n as u64));
    }
    rig.input(Input::Service { slot: 0, state: Service::Available });
    assert_eq!(rig.submitted.len(), 32);
    rig.disconnect();
    let wakes = rig.phone.wakes_at_ms(rig.now);
    assert!(wakes.is_some_and(|at| at > rig.now.mono_ms), "only an answer lets the next one go: {wakes:?}");
    rig.answer(1, 0, Ok(()));
    rig.answer(7, 0, Ok(()));
    assert_eq!(rig.submitted.len(), 34);
}

#[test]
fn the_line_wakes_at_the_instant_at_which_the_guard_lets_the_next_one_go() {
    let mut rig = Rig::new();
    rig.hub.settings = Settings { guard_segments: 1, guard_window_ms: 60_000, ..Settings::default() };
    rig.connect();
    rig.send(message(1, 1));
    rig.answer(1, 0, Ok(()));
    rig.send(message(2, 2));
    rig.disconnect();
    let free = rig.now.mono_ms + 60_001;
    rig.pass(10_000);
    assert_eq!(rig.phone.wakes_at_ms(rig.now), Some(free));
}

#[test]
fn the_guard_survives_a_restart_and_a_reboot() {
    for reboot in [false, true] {
        let mut rig = Rig::new();
        rig.hub.settings = Settings { guard_segments: 2, ..Settings::default() };
        rig.connect();
        for n in 1..=3 {
            rig.send(message(n, n as u64));
        }
        assert_eq!(rig.submitted.len(), 2);
        let then = if reboot { rebooted(rig.now, 20_000) } else { rig.now.plus(20_000) };
        let mut rig = rig.restart(then);
        rig.pass_waking(40_000);
        assert!(rig.submitted.is_empty());
        rig.pass_waking(1);
        assert_eq!(rig.submitted.len(), 1);
    }
}
