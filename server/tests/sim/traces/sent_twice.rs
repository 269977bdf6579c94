//! Sent twice, or an untruth told.

use relay_domain::device::Restored;
use relay_domain::state::Rank;
use relay_store::changes::{CancelMessage, CancelVerdict, HeldDecision};

use super::{TO, one_phone};

/// Rule: journal and token outside backups; H < U is an alarm that ends in a new pairing.
#[test]
fn copied_phone() {
    let mut s = one_phone();
    let copy = s.phones[0].copied_disk();
    let message = s.send(0, TO, None).unwrap();
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.run_until("everything is acknowledged", |s| s.phones[0].is_quiet());
    // The copy connects with the journal as it was before all this.
    s.crash_phone(0);
    s.phones[0].put_disk(copy);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("the copy is told to stop", |s| s.phones[0].stopped.is_some());
    s.run_ms(60_000);
    assert_eq!(s.submissions(message.id), 1);
    assert_eq!(s.rank(message.id), Rank::Delivered);
    let second = s.send(0, TO, None).unwrap();
    s.run_ms(60_000);
    assert_eq!(s.rank(second.id), Rank::Queued, "nothing is given to a copy");
}

/// Rule: only the phone expires a dispatched message; and a hello that is processed late takes nothing back.
#[test]
fn stale_hello() {
    let mut s = one_phone();
    s.lose_link(0);
    s.run_until("a first new connection", |s| s.phones[0].link.is_some());
    let first = s.phones[0].link.as_ref().unwrap().0;
    // The task of the first connection sleeps with the hello in its hands.
    s.hub.hold(first, true);
    s.run_ms(200);
    let now = s.clock.elapsed_ms();
    s.phones[0].disconnected(None, now);
    s.run_until("hello 2 is welcomed", |s| s.phones[0].is_quiet());
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Missing);
    let second = s.phones[0].link.as_ref().unwrap().0;
    let message = s.send(0, TO, Some(120_000)).unwrap();
    let short = s.send(0, "+16660000043", Some(2_000)).unwrap();
    assert_eq!((message.state.rank, short.state.rank), (Rank::Dispatched, Rank::Dispatched));
    s.until_taken(0, short.id);
    // Hello 1, with D = 0, is processed late: nothing that it says is true any more.
    s.hub.hold(first, false);
    s.run_ms(30_000);
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Available);
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.run_until("expired by the phone", |s| s.rank(short.id) == Rank::Expired);
    assert_eq!((s.submissions(message.id), s.submissions(short.id)), (1, 0));
    let now = s.phones[0].link.as_ref().map(|(connection, _)| *connection);
    assert_eq!(now, Some(second), "the newer session was never disturbed");
}

/// Rule: a dispatched message past its deadline is framed all the same, with `expires_in_ms: 0`.
#[test]
fn skipped_row() {
    let mut s = one_phone();
    s.phones[0].half_open();
    let late = s.send(0, TO, Some(2_000)).unwrap();
    let later = s.send(0, "+16660000043", None).unwrap();
    assert_eq!((late.state.rank, later.state.rank), (Rank::Dispatched, Rank::Dispatched));
    s.run_ms(3_000);
    s.lose_link(0);
    s.run_until("the later one is delivered", |s| s.rank(later.id) == Rank::Delivered);
    s.run_until("the phone has expired the late one", |s| s.rank(late.id) == Rank::Expired);
    assert_eq!(s.submissions(late.id), 0);
    assert_eq!(s.timeline(late.id), ["expired"]);
}

/// Rule: a message is framed and canceled only to the journal that it is bound to; an uncertain one is not
/// cancelable.
#[test]
fn cancel_to_the_wrong_journal() {
    let mut s = one_phone();
    s.phones[0].half_open();
    let message = s.send(0, TO, None).unwrap();
    s.reinstall(0);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    assert!(s.message(message.id).state.is_uncertain());
    let cancel = CancelMessage { account_id: s.account, message_id: message.id };
    match s.hub.commit(cancel).unwrap() {
        CancelVerdict::TooLate(kept) => assert!(kept.state.is_uncertain()),
        other => panic!("canceled what nobody knows: {other:?}"),
    }
    s.run_ms(120_000);
    assert!(!s.phones[0].knows(message.id), "the new journal never hears of it");
    assert_eq!(s.submissions(message.id), 0);
    s.give_up_uncertain();
    assert_eq!(s.rank(message.id), Rank::FailedUnknown);
}

/// Rule: journal and token are bound to a marker that no copy brings along; without it the app is a fresh install.
#[test]
fn copied_phone_without_its_marker() {
    let mut s = one_phone();
    s.phones[0].world.set_silent(true);
    let copy = s.phones[0].copied_disk();
    let message = s.send(0, TO, None).unwrap();
    s.run_until("the radio has it", |s| s.submissions(message.id) == 1);
    // Nothing of it was told: by its numbers alone the copy could not be told from the phone.
    s.set_back_phone(0, copy);
    s.run_ms(60_000);
    assert_eq!(s.phones[0].stopped.as_deref(), Some("not paired"));
    assert_eq!(s.submissions(message.id), 1);
}

/// Rule: `unfinished[]` binds before anything is released.
#[test]
fn held_in_the_phone() {
    let mut s = one_phone();
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Missing);
    s.go_offline(0);
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Queued);
    let snapshot = s.snapshot();
    s.until_taken(0, message.id);
    s.restore(&snapshot);
    s.run_until("heard", |s| s.phones[0].is_welcomed() && s.holding().is_empty());
    assert_eq!(s.rank(message.id), Rank::Dispatched, "bound to the journal that has it");
    s.reinstall(0);
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Available);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    s.run_ms(120_000);
    assert!(s.message(message.id).state.is_uncertain(), "and to no other");
    assert!(!s.phones[0].knows(message.id));
}

/// Rule: held messages are neither cancelable nor expired.
#[test]
fn cancel_a_held_row() {
    let mut s = one_phone();
    s.go_offline(0);
    let message = s.send(0, TO, Some(30_000)).unwrap();
    assert_eq!(message.state.rank, Rank::Queued);
    let snapshot = s.snapshot();
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.crash_phone(0);
    s.restore(&snapshot);
    let cancel = CancelMessage { account_id: s.account, message_id: message.id };
    match s.hub.commit(cancel).unwrap() {
        CancelVerdict::TooLate(kept) => assert!(kept.is_held()),
        other => panic!("canceled what a phone has sent: {other:?}"),
    }
    s.run_ms(60_000);
    assert_eq!(s.rank(message.id), Rank::Queued, "nor does it expire");
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("the truth is told", |s| s.rank(message.id) == Rank::Delivered);
    assert_eq!(s.submissions(message.id), 1);
}

/// Rule: a file beside the database knows how far it has come; an older one is refused at start.
#[test]
fn files_put_back_by_hand() {
    let mut s = one_phone();
    s.go_offline(0);
    let message = s.send(0, TO, None).unwrap();
    let copy = s.snapshot();
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.put_back(&copy);
    assert!(s.hub.refuses_to_start());
    // Restored properly, nothing is sent a second time, though the app is installed anew.
    s.restore(&copy);
    s.reinstall(0);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    s.run_ms(120_000);
    assert_eq!((s.rank(message.id), s.submissions(message.id)), (Rank::Queued, 1));
    let device_id = s.phones[0].device_id;
    assert_eq!(s.holding(), [(device_id, Restored::Unclear)]);
    s.decide_held(device_id, HeldDecision::GiveUp);
    assert!(s.message(message.id).state.is_uncertain());
}

/// Rule: L in hello; a hole is shown, and nothing is released by itself.
#[test]
fn pruned_facts() {
    let mut s = one_phone();
    s.go_offline(0);
    let message = s.send(0, TO, None).unwrap();
    let snapshot = s.snapshot();
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.run_until("everything is acknowledged", |s| s.phones[0].is_quiet());
    // A fortnight passes, and the phone forgets what was acknowledged.
    s.skip_ms(15 * 86_400_000);
    s.crash_phone(0);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("it goes on", |s| s.phones[0].is_quiet());
    s.restore(&snapshot);
    s.run_until("heard", |s| s.phones[0].is_quiet());
    s.run_ms(120_000);
    let device_id = s.phones[0].device_id;
    assert_eq!(s.holding(), [(device_id, Restored::Unclear)]);
    assert_eq!((s.rank(message.id), s.submissions(message.id)), (Rank::Queued, 1));
}

/// Rule: the phone flushes before it says hello, so that the hello describes what a crash would leave.
#[test]
fn hello_before_flush() {
    let mut s = one_phone();
    let snapshot = s.snapshot();
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Missing);
    let message = s.send(0, TO, None).unwrap();
    s.until_taken(0, message.id);
    s.restore(&snapshot);
    s.run_until("heard", |s| s.phones[0].is_quiet_or_waits());
    // What the hello named is what the journal still has after its process died.
    s.crash_phone(0);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    assert!(s.phones[0].knows(message.id));
    s.phones[0].world.set_service(0, android_bridge::engine::Service::Available);
    s.run_ms(120_000);
    assert_eq!(s.submissions(message.id), 1);
}
