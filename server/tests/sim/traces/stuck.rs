//! Stuck, or the wrong state.

use std::time::Duration;

use android_bridge::sim::{CarrierProfile, demo_sim};
use relay_domain::plan::Quota;
use relay_domain::state::Rank;
use relay_store::changes::{HeldDecision, RevokeDevice};

use super::super::hub::SimHub;
use super::super::simulation::{Frozen, PhoneSpec, Simulation, number};
use super::{TO, calm, one_phone};

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

/// Rule: unpairing fails what is queued; what the phone has is still told, and then its token dies.
#[test]
fn unpair_in_flight() {
    let mut s = one_phone();
    let dispatched = s.send(0, TO, None).unwrap();
    s.until_taken(0, dispatched.id);
    s.phones[0].half_open();
    s.go_offline(0);
    let queued = s.send(0, "+16660000043", None).unwrap();
    assert_eq!(queued.state.rank, Rank::Queued);
    s.unpair(0, Duration::from_secs(3_600));
    s.run_until("the queued one failed", |s| s.rank(queued.id) == Rank::FailedHub);
    s.run_until("the phone told what it had, and left", |s| s.phones[0].stopped.is_some());
    assert!(s.rank(dispatched.id) >= Rank::Sent);
    assert!(!s.token_lives(0));
    assert_eq!((s.submissions(dispatched.id), s.submissions(queued.id)), (1, 0));
}

/// Rule: `live` is cleared by restore and start.
#[test]
fn live_in_the_backup() {
    let mut s = one_phone();
    let snapshot = s.snapshot();
    let before = s.send(0, TO, None).unwrap();
    s.run_until("delivered", |s| s.rank(before.id) == Rank::Delivered);
    s.crash_phone(0);
    s.restore(&snapshot);
    let after = s.send(0, "+16660000043", None).unwrap();
    assert_eq!(after.state.rank, Rank::Queued, "nobody is connected, whatever the copy says");
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("delivered", |s| s.rank(after.id) == Rank::Delivered);
    assert_eq!(s.submissions(after.id), 1);
}

/// Rule: N := max(N, D) in every row of the resume table; repeats are dropped by id only.
#[test]
fn numbers_after_restore() {
    let mut s = one_phone();
    let snapshot = s.snapshot();
    for n in 0..3 {
        let id = s.send(0, &format!("+1666000010{n}"), None).unwrap().id;
        s.run_until("delivered", |s| s.rank(id) == Rank::Delivered);
    }
    s.reinstall(0);
    s.run_until("J2 is welcomed", |s| s.phones[0].is_quiet());
    for n in 0..3 {
        let id = s.send(0, &format!("+1666000020{n}"), None).unwrap().id;
        s.run_until("delivered", |s| s.rank(id) == Rank::Delivered);
    }
    s.restore(&snapshot);
    s.run_until("J2 is heard", |s| s.phones[0].is_quiet());
    // Their numbers are above everything that J2 has seen: none is taken for a repeat.
    for n in 0..3 {
        let id = s.send(0, &format!("+1666000030{n}"), None).unwrap().id;
        s.run_until("delivered", |s| s.rank(id) == Rank::Delivered);
        assert_eq!(s.submissions(id), 1);
    }
}

/// Rule: the healing poll closes sessions that the row's epoch has left behind.
#[test]
fn stolen_epoch() {
    let mut s = one_phone();
    s.lose_link(0);
    s.run_until("a connection to node B", |s| s.phones[0].link.is_some());
    let stale = s.phones[0].link.as_ref().unwrap().0;
    // B's task sleeps with the hello in its hands; the phone comes to node A.
    s.hub.hold(stale, true);
    s.run_ms(200);
    let now = s.clock.elapsed_ms();
    s.phones[0].disconnected(None, now);
    let (clock, side) = (s.hub.clock.clone(), s.hub.side_file());
    let a = SimHub::node(s.dir.path(), clock, 3, 9, side);
    let b = std::mem::replace(&mut s.hub, a);
    s.frozen = Some(Frozen { node: b, awake: false, exchanged: false });
    s.run_until("A's session is open", |s| s.phones[0].is_quiet());
    // B processes its hello late, takes the epoch, sees that its socket is gone, and closes.
    let frozen = s.frozen.as_mut().unwrap();
    frozen.node.hold(stale, false);
    frozen.awake = true;
    s.run_ms(2_000);
    s.wake_frozen();
    s.run_ms(500);
    let message = s.send(0, TO, None).unwrap();
    s.run_until("the phone came back and sent", |s| s.rank(message.id) == Rank::Delivered);
    assert!(s.hub.healed > 0, "A's session was ended by the poll");
    assert_eq!(s.submissions(message.id), 1);
}

/// Rule: the incarnation stands in the epoch: a node that was frozen across a restore writes nothing.
#[test]
fn frozen_across_restore() {
    let mut s = one_phone();
    let snapshot = s.snapshot();
    let device_id = s.phones[0].device_id;
    // The epoch rises after the backup; a node freezes with the phone's words in its hands.
    s.lose_link(0);
    s.run_until("a session", |s| s.hub.open_connection(device_id).is_some());
    let connection = s.hub.open_connection(device_id).unwrap();
    s.run_until("quiet", |s| s.phones[0].is_quiet());
    s.hub.hold(connection, true);
    let now = s.clock.elapsed_ms();
    s.phones[0].receive_sms("+18885550100", "told to the frozen node", now);
    s.run_ms(500);
    s.hub.hold(connection, false);
    s.freeze_hub();
    s.restore(&snapshot);
    s.reinstall(0);
    s.run_until("the new journal is welcomed", |s| s.phones[0].is_quiet());
    s.wake_frozen();
    s.run_ms(60_000);
    let message = s.send(0, TO, None).unwrap();
    assert_eq!(message.state.rank, Rank::Dispatched, "the frozen node closed nobody's session");
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.run_ms(1_000_000);
    assert_eq!(s.inbound(), ["told to the frozen node"], "once: as the new journal's sweep found it");
}

/// Rule: what was written down beside the database is applied by restore.
#[test]
fn forgotten_unpair() {
    for revoked in [false, true] {
        let mut s = one_phone();
        s.go_offline(0);
        let queued = s.send(0, TO, None).unwrap();
        let snapshot = s.snapshot();
        s.crash_phone(0);
        if revoked {
            s.revoke(0);
        } else {
            s.unpair(0, Duration::from_secs(60));
            s.run_ms(120_000);
        }
        assert!(!s.token_lives(0));
        s.restore(&snapshot);
        s.run_ms(10_000);
        assert!(!s.token_lives(0), "the backup does not bring the token back to life");
        assert!(s.message(queued.id).state.is_uncertain());
        let now = s.clock.elapsed_ms();
        s.phones[0].start(now);
        s.run_until("the phone is refused", |s| s.phones[0].stopped.is_some());
        assert_eq!(s.submissions(queued.id), 0);
    }
}

/// Rule: a dropped repeat is answered with its last fact, so an operator who releases what the phone has does no harm.
#[test]
fn release_what_it_has() {
    let mut s = one_phone();
    s.go_offline(0);
    let message = s.send(0, TO, None).unwrap();
    let snapshot = s.snapshot();
    s.run_until("delivered", |s| s.rank(message.id) == Rank::Delivered);
    s.run_until("everything is acknowledged", |s| s.phones[0].is_quiet());
    s.skip_ms(15 * 86_400_000);
    s.crash_phone(0);
    let now = s.clock.elapsed_ms();
    s.phones[0].start(now);
    s.run_until("it goes on, and has pruned", |s| s.phones[0].is_quiet());
    s.restore(&snapshot);
    s.run_until("heard", |s| s.phones[0].is_quiet());
    let device_id = s.phones[0].device_id;
    s.decide_held(device_id, HeldDecision::Release);
    s.run_until("the phone says what became of it", |s| s.rank(message.id) == Rank::Delivered);
    assert_eq!(s.submissions(message.id), 1);
}
