//! A message's instants, and what can be read off it.

use std::time::Duration;

use relay_domain::message::{Dispatch, Draft, Expiry, Outbound, Priority, Times, Untimely};
use relay_domain::phone_number::PhoneNumber;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure, MessageState, Rank};
use relay_domain::{AccountId, DeviceId, JournalId, KeyId, LineId, MessageId, SimId, Timestamp};

fn second(number: i64) -> Timestamp {
    Timestamp::from_millis(number * 1_000)
}

fn draft() -> Draft {
    Draft::new(PhoneNumber::parse("+436601234567").unwrap(), "Hi".into(), 1)
}

#[test]
fn a_plain_draft_leaves_now_and_never_comes_too_late() {
    let draft = draft();
    assert_eq!(draft.priority, Priority::Normal);
    assert_eq!(draft.recipient_normal, "+436601234567");
    assert_eq!(draft.times(second(5)), Ok(Times { held_until: None, expires_at: None }));
}

#[test]
fn a_schedule_must_lie_ahead() {
    let scheduled = Draft { scheduled_at: Some(second(10)), ..draft() };
    let held = Times { held_until: Some(second(10)), expires_at: None };
    assert_eq!(scheduled.times(second(9)), Ok(held));
    assert_eq!(scheduled.times(second(10)), Err(Untimely::Schedule), "the instant itself has passed");
    assert_eq!(scheduled.times(second(11)), Err(Untimely::Schedule));
}

#[test]
fn a_deadline_must_lie_ahead() {
    let hasty = Draft { expiry: Some(Expiry::At(second(10))), ..draft() };
    assert_eq!(hasty.times(second(9)), Ok(Times { held_until: None, expires_at: Some(second(10)) }));
    assert_eq!(hasty.times(second(10)), Err(Untimely::Deadline), "the instant itself has passed");
    assert_eq!(hasty.times(second(11)), Err(Untimely::Deadline));
}

#[test]
fn a_span_counts_from_the_schedule_or_from_now() {
    let spanned = Draft { expiry: Some(Expiry::After(Duration::from_secs(3))), ..draft() };
    assert_eq!(spanned.times(second(5)).unwrap().expires_at, Some(second(8)));
    let later = Draft { scheduled_at: Some(second(10)), ..spanned };
    assert_eq!(later.times(second(5)).unwrap().expires_at, Some(second(13)));
}

fn outbound(state: MessageState) -> Outbound {
    Outbound {
        id: MessageId::from_bytes([1; 16]),
        account_id: AccountId::from_bytes([2; 16]),
        device_id: DeviceId::from_bytes([3; 16]),
        key_id: KeyId::from_bytes([4; 16]),
        line_id: LineId::from_bytes([5; 16]),
        slot: 0,
        sim_id: SimId::from_bytes([6; 16]),
        recipient: "+436601234567".into(),
        body: "Hi".into(),
        parts: 1,
        priority: Priority::Normal,
        created_at: second(1),
        scheduled_at: None,
        expires_at: None,
        restored_at: None,
        dispatch: Some(Dispatch { journal_id: JournalId::from_bytes([7; 16]), down_seq: 1, at: second(2) }),
        state,
    }
}

/// What became of it, each fact a second after the one before, from second three on.
fn after(facts: &[FactKind]) -> Outbound {
    let mut state = MessageState::new(Rank::Dispatched, second(2));
    for (up_seq, kind) in (1..).zip(facts) {
        state.absorb(&Fact { kind: kind.clone(), at: second(2 + up_seq), up_seq: up_seq.unsigned_abs() });
    }
    outbound(state)
}

#[test]
fn its_instants_are_those_of_its_facts() {
    let instants = |message: &Outbound| (message.sent_at(), message.delivered_at(), message.failed_at());
    assert_eq!(instants(&after(&[])), (None, None, None));
    assert_eq!(instants(&after(&[FactKind::Sent])), (Some(second(3)), None, None));
    let delivered = after(&[FactKind::Sent, FactKind::Delivered]);
    assert_eq!(instants(&delivered), (Some(second(3)), Some(second(4)), None));
    let failed = after(&[FactKind::Sent, FactKind::Failed(FailedAt::Receipt, Failure::expired())]);
    assert_eq!(instants(&failed), (Some(second(3)), None, Some(second(4))));
}

#[test]
fn a_message_is_held_after_a_restore_until_something_is_known_of_it() {
    let restored = |message: Outbound| Outbound { restored_at: Some(second(9)), ..message };
    assert!(!after(&[]).is_held(), "no restore");
    assert!(restored(after(&[])).is_held());
    assert!(restored(outbound(MessageState::new(Rank::Queued, second(1)))).is_held());
    assert!(!restored(after(&[FactKind::Sent])).is_held());
    assert!(!after(&[FactKind::Sent]).is_held());
}
