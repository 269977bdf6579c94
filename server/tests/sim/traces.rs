//! Traces that broke earlier forms of the protocol, scripted by name. (Those that need a restore, a sweep, an
//! unpair or a second node come with what they need.) Each passes with the rule it names and fails without it.

use android_bridge::sim::{CarrierProfile, demo_sim};
use android_bridge::witness::{Line, RadioLine};
use relay_domain::MessageId;
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::changes::{CancelMessage, CancelVerdict, PairTarget, RevokeDevice};
use relay_store::queries::{ListInbound, TimelineOf, Window};

use super::simulation::{PhoneSpec, Simulation, number};

/// A carrier that answers and delivers within a second.
fn calm() -> CarrierProfile {
    CarrierProfile { reply_after_ms: None, ..CarrierProfile::default() }
}

/// One phone with one SIM on a wide plan.
fn one_phone() -> Simulation {
    Simulation::new(7, Quota::new(100, 600).unwrap(), vec![PhoneSpec { sims: 1, profile: calm() }])
}

const TO: &str = "+16660000042";

impl Simulation {
    fn rank(&mut self, id: MessageId) -> Rank {
        self.message(id).state.rank
    }

    fn timeline(&mut self, id: MessageId) -> Vec<String> {
        let question = TimelineOf { account_id: self.account, message_id: id };
        self.hub.ask(question).unwrap().into_iter().map(|entry| entry.kind).collect()
    }

    fn submissions(&self, id: MessageId) -> usize {
        let is_it =
            |line: &&Line| matches!(line, Line::Radio(RadioLine::Submit { id: it, .. }) if *it == id.uuid());
        self.witness.lines().iter().filter(is_it).count()
    }

    fn inbound(&mut self) -> Vec<String> {
        let window = Window { offset: 0, limit: 100 };
        let all = ListInbound { account_id: self.account, number: None, filter: Default::default(), window };
        self.hub.ask(all).unwrap().rows.into_iter().map(|sms| sms.body).collect()
    }

    /// Turns until the phone's journal knows this message.
    fn until_taken(&mut self, phone: usize, id: MessageId) {
        self.run_until("the phone has taken the message", |s| s.phones[phone].knows(id));
    }
}

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

/// Rule: every change for a session is conditional on its epoch.
#[test]
fn a_late_change_of_an_older_session_writes_nothing() {
    let mut s = one_phone();
    s.lose_link(0);
    let now = s.phones[0].now(s.clock.elapsed_ms());
    s.phones[0].world.receive_sms(0, "+18885550100", "told to the old session", now);
    let device_id = s.phones[0].device_id;
    s.run_until("the session is open", |s| s.hub.open_connection(device_id).is_some());
    let old = s.hub.open_connection(device_id).unwrap();
    // Its task sleeps with the phone's events in its hands; meanwhile the app is installed anew.
    s.hub.hold(old, true);
    s.run_ms(500);
    s.reinstall(0);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    s.hub.hold(old, false);
    s.run_ms(5_000);
    let now = s.phones[0].now(s.clock.elapsed_ms());
    s.phones[0].world.receive_sms(0, "+18885550100", "told to the new session", now);
    s.run_until("the phone has told it", |s| s.phones[0].is_quiet());
    s.run_ms(5_000);
    // The first text is there because the new journal's sweep found it, and once because the old change wrote nothing.
    let mut inbound = s.inbound();
    inbound.sort_unstable();
    assert_eq!(inbound, ["told to the new session", "told to the old session"]);
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

/// Rule: pairing raises the generation, and opening a session checks it inside its transaction.
#[test]
fn old_installation_returns() {
    let mut s = one_phone();
    s.lose_link(0);
    s.run_until("the old installation connects", |s| s.phones[0].link.is_some());
    let old = s.phones[0].link.as_ref().unwrap().0;
    s.hub.hold(old, true);
    s.run_ms(200);
    let device_id = s.phones[0].device_id;
    let (_, generation) = s.pair(PairTarget::Existing(device_id));
    s.phones[0].reinstall(generation);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("the new installation is welcomed", |s| s.phones[0].is_quiet());
    s.hub.hold(old, false);
    s.run_ms(30_000);
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Dispatched, "the new installation still speaks for the device");
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
}

/// Rule: a phone whose radio does not answer for five minutes reports `uncertain`; a late receipt resolves it.
#[test]
fn silent_radio() {
    let mut s = one_phone();
    s.phones[0].world.set_silent(true);
    let silent = CarrierProfile { receipt_ms: 600_000..=600_000, ..calm() };
    let mut s2 = Simulation::new(9, s.quota, vec![PhoneSpec { sims: 1, profile: silent }]);
    let lost = s.send(0, "+16660000002", None).unwrap();
    s.run_until("uncertain", |s| s.message(lost.id).state.is_uncertain());
    s.run_ms(3_600_000);
    assert_eq!(s.submissions(lost.id), 1, "nobody submits again");
    s.give_up_uncertain();
    assert_eq!(s.rank(lost.id), Rank::FailedUnknown);
    s2.phones[0].world.set_silent(true);
    let late = s2.send(0, TO, None).unwrap();
    s2.run_until("uncertain", |s| s.message(late.id).state.is_uncertain());
    s2.run_until("a late receipt resolves it", |s| s.rank(late.id) == Rank::Delivered);
    assert_eq!(s2.timeline(late.id), ["uncertain", "delivered"]);
}

/// Rule: revoking makes dispatched messages uncertain and queued ones failed.
#[test]
fn revoke_in_flight() {
    let mut s = one_phone();
    let swapped = demo_sim(0, "+15559999999");
    s.phones[0].half_open();
    let dispatched = s.send(0, TO, None).unwrap();
    s.lose_link(0);
    s.phones[0].world.swap_sim(0, Some(swapped));
    s.crash_phone(0);
    s.run_ms(50);
    let queued = s.send(0, "+16660000043", None).unwrap();
    assert_eq!(queued.state.rank, Rank::Queued);
    let device_id = s.phones[0].device_id;
    assert!(s.hub.commit(RevokeDevice { account_id: s.account, device_id }).unwrap());
    s.run_until("both are settled", |s| s.rank(queued.id) == Rank::FailedHub);
    assert!(s.message(dispatched.id).state.is_uncertain());
    assert_eq!(s.message(queued.id).state.failure.unwrap().code, "device_unpaired");
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("the phone is refused", |s| s.phones[0].stopped.is_some());
}

/// Rule: the hello's inventory is newer than any `sim_changed` at or below its head.
#[test]
fn sim_there_and_back() {
    let mut s = one_phone();
    s.lose_link(0);
    s.phones[0].world.swap_sim(0, Some(demo_sim(0, "+15559999999")));
    s.run_ms(10);
    s.crash_phone(0);
    s.phones[0].world.swap_sim(0, Some(demo_sim(0, &number(0, 0))));
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("welcomed and read to the end", |s| s.phones[0].is_quiet());
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Dispatched, "the old event did not take the SIM away again");
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
}

/// Rule: strict ranks. Any two of expired, canceled and failed-unknown end in the same state in both orders.
#[test]
fn order_of_facts() {
    use relay_domain::Timestamp;
    use relay_domain::state::{Fact, FactKind, FailedAt, Failure, MessageState};
    let fact = |at, failure, up_seq| Fact {
        kind: FactKind::Failed(at, failure),
        at: Timestamp::from_millis(i64::try_from(up_seq).unwrap()),
        up_seq,
    };
    let facts = [
        fact(FailedAt::Unknown, Failure::outcome_unknown("test"), 1),
        fact(FailedAt::Deadline, Failure::expired(), 2),
        fact(FailedAt::Cancel, Failure::canceled(), 3),
    ];
    for one in &facts {
        for two in &facts {
            let end = |order: [&Fact; 2]| {
                let mut state = MessageState::new(Rank::Dispatched, Timestamp::EPOCH);
                order.into_iter().for_each(|fact| {
                    state.absorb(fact);
                });
                state
            };
            assert_eq!(end([one, two]), end([two, one]));
        }
    }
}

/// Rule: resume before dispatch. While events that the hello announced are missing, nothing is allocated.
#[test]
fn nothing_is_allocated_before_the_phone_was_heard_to_its_end() {
    let mut s = one_phone();
    s.lose_link(0);
    let now = s.phones[0].now(s.clock.elapsed_ms());
    s.phones[0].world.receive_sms(0, "+18885550100", "while the link was away", now);
    let device_id = s.phones[0].device_id;
    s.run_until("the session is open", |s| s.hub.open_connection(device_id).is_some());
    let connection = s.hub.open_connection(device_id).unwrap();
    s.hub.hold(connection, true);
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Queued, "the phone has more to tell");
    s.run_ms(1_000);
    assert_eq!(s.rank(message.id), Rank::Queued);
    s.hub.hold(connection, false);
    s.run_until("heard to its end, and sent", |s| s.rank(message.id) == Rank::Delivered);
}

/// A SIM that moves to another slot, or is replaced, holds its messages back and nobody else's (invariant 13).
#[test]
fn sim_swapped_with_messages_queued() {
    let two_sims = PhoneSpec { sims: 2, profile: calm() };
    let mut s = Simulation::new(11, Quota::new(100, 600).unwrap(), vec![two_sims]);
    s.phones[0].world.swap_sim(0, Some(demo_sim(0, "+15559999999")));
    s.run_until("the hub knows", |s| s.phones[0].is_quiet());
    s.run_ms(100);
    let held = s.send(0, TO, None).unwrap();
    let free = s.send(1, "+16660000043", None).unwrap();
    assert_eq!(held.state.rank, Rank::Queued);
    s.run_until("the other SIM's message leaves", |s| s.rank(free.id) == Rank::Delivered);
    s.run_ms(600_000);
    assert_eq!(s.rank(held.id), Rank::Queued, "it waits for its own SIM");
    s.phones[0].world.swap_sim(0, Some(demo_sim(0, &number(0, 0))));
    s.run_until("its SIM is back", |s| s.rank(held.id) == Rank::Delivered);
}
