//! A restored hub: what a phone may have had is held, and leaves only when it is known that no phone had it.

use std::time::Duration;

use relay_domain::allocate::Wait;
use relay_domain::device::Restored;
use relay_domain::key::Key;
use relay_domain::message::{Expiry, Outbound};
use relay_domain::plan::PlanName;
use relay_domain::resume::Case;
use relay_domain::state::{FactKind, Rank};
use relay_domain::{DeviceId, Timestamp};
use relay_store::changes::{
    AcceptMessages, Acceptance, CancelMessage, CancelVerdict, DecideHeld, DecideVerdict, ExpireQueued,
    GiveUpUncertain, HeldDecision, PhoneStanding, ReleaseHeld, RevokeDevice, SettleUnpaired, Standing,
};
use relay_store::queries::{HoldingDevices, NextScheduled, Standings, TokenStateOf, WaitsOf};
use relay_store::{Effect, Mark, OpenError, Store};

use crate::bench::{Bench, Phone, draft, fact, journal};

/// A phone on a plan of five at once that has five messages, and a sixth that waits.
async fn five_dispatched_and_one_queued(bench: &Bench) -> (Phone, Key, Vec<Outbound>) {
    let (phone, key) = bench.sender(PlanName::Free).await;
    let mut messages = Vec::new();
    for body in ["1", "2", "3", "4", "5", "6"] {
        messages.push(bench.accept(&key, body).await);
    }
    (phone, key, messages)
}

async fn restored(bench: Bench) -> Bench {
    let copy = bench.backup("copy.db");
    bench.restore(&copy, Vec::new()).await.0
}

async fn holding(bench: &Bench) -> Option<(Restored, u64, u64)> {
    let all = bench.ask(HoldingDevices).await;
    all.first().map(|one| (one.restored, one.queued, one.dispatched))
}

#[tokio::test]
async fn everything_queued_or_dispatched_is_held_and_nobody_is_live() {
    let bench = Bench::open();
    let (phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
    let copy = bench.backup("copy.db");
    let (bench, found) = bench.restore(&copy, Vec::new()).await;
    assert_eq!((found.queued, found.dispatched, found.devices), (1, 5, 1));
    assert_eq!(holding(&bench).await, Some((Restored::Unheard, 1, 5)));
    for message in &messages {
        assert!(bench.message(message).await.is_held());
    }
    let waits = bench.ask(WaitsOf::of(&[bench.message(&messages[5]).await], bench.now())).await;
    assert_eq!(waits[0].1.why, Wait::HeldRestored);
    assert_eq!(waits[0].1.leaves_at, None);
    let key = bench.accept(&bench.key(&phone, 0).await, "new").await;
    assert_eq!(key.state.rank, Rank::Queued, "the phone that was live in the backup is not");
}

#[tokio::test]
async fn a_held_message_is_neither_canceled_nor_expired() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    for _ in 0..5 {
        bench.accept(&key, "takes a token").await;
    }
    let mortal = relay_domain::message::Draft {
        expiry: Some(Expiry::After(Duration::from_secs(5))),
        ..draft("mortal")
    };
    let accept = AcceptMessages { key: key.clone(), drafts: vec![mortal], request: None };
    let Acceptance::Verdicts(mut verdicts) = bench.api(accept).await else { panic!("accepted") };
    let message = verdicts.remove(0).unwrap();
    let bench = restored(bench).await;
    bench.advance(Duration::from_secs(60));
    assert_eq!(bench.sweep(ExpireQueued).await, 0);
    let cancel = CancelMessage { account_id: phone.account_id, message_id: message.id };
    assert!(matches!(bench.api(cancel).await, CancelVerdict::TooLate(kept) if kept.is_held()));
    assert_eq!(bench.message(&message).await.state.rank, Rank::Queued);
}

#[tokio::test]
async fn what_the_phone_did_not_have_leaves_once_it_was_heard_with_the_journal_of_the_backup() {
    let bench = Bench::open();
    let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
    let bench = restored(bench).await;
    let opened = phone.connect(&bench, phone.with_past(2, 5)).await;
    assert!(!opened.live, "two events of the phone are missing");
    assert_eq!(holding(&bench).await, Some((Restored::Unheard, 1, 5)), "and so nothing is released");
    bench.advance(Duration::from_secs(60));
    assert!(phone.next(&bench).await.is_empty());
    let told =
        ["1", "2"].iter().enumerate().map(|(index, _)| fact(messages[index].id, FactKind::Sent, bench.now()));
    phone.upload(&bench, 1, told.collect()).await;
    assert_eq!(holding(&bench).await, None);
    let released = phone.next(&bench).await;
    assert_eq!(released.iter().map(|row| row.id).collect::<Vec<_>>(), [messages[5].id]);
}

#[tokio::test]
async fn what_the_phone_has_is_bound_to_it_before_anything_is_released() {
    let bench = Bench::open();
    let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
    let bench = restored(bench).await;
    bench.advance(Duration::from_secs(60));
    // The sixth was dispatched after the backup: the phone has it, unfinished.
    let mut hello = phone.hello(&bench, phone.with_past(0, 6));
    hello.unfinished = vec![messages[5].id];
    let relay_store::changes::OpenVerdict::Opened(opened) = bench.device(hello).await else {
        panic!("opened")
    };
    phone.epoch = opened.epoch;
    assert_eq!(opened.case, Case::HubBehind);
    assert!(phone.next(&bench).await.is_empty());
    let bound = bench.message(&messages[5]).await;
    assert_eq!((bound.state.rank, bound.dispatch.unwrap().journal_id), (Rank::Dispatched, phone.journal));
    assert!(!bound.is_held());
}

#[tokio::test]
async fn a_fact_binds_a_held_message_too() {
    let bench = Bench::open();
    let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
    let bench = restored(bench).await;
    bench.advance(Duration::from_secs(60));
    phone.connect(&bench, phone.with_past(1, 6)).await;
    phone.upload(&bench, 1, vec![fact(messages[5].id, FactKind::Sent, bench.now())]).await;
    let sent = bench.message(&messages[5]).await;
    assert_eq!((sent.state.rank, sent.is_held()), (Rank::Sent, false));
    assert!(phone.next(&bench).await.is_empty(), "it is not sent again");
}

#[tokio::test]
async fn another_journal_or_a_hole_waits_for_the_operator() {
    for hole in [false, true] {
        let bench = Bench::open();
        let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
        let bench = restored(bench).await;
        bench.advance(Duration::from_secs(600));
        let presented = if hole {
            relay_domain::resume::Presented { lowest: 4, ..phone.with_past(3, 5) }
        } else {
            phone.journal = journal(1000);
            phone.fresh()
        };
        let opened = phone.connect(&bench, presented).await;
        assert_eq!(opened.case, if hole { Case::Pruned } else { Case::Reinstalled });
        assert!(opened.live);
        assert!(phone.next(&bench).await.is_empty(), "nothing is released by itself");
        assert_eq!(bench.sweep(ReleaseHeld).await, 0);
        assert_eq!(holding(&bench).await.unwrap().0, Restored::Unclear);
        // Nor by an ordinary reconnect that follows.
        phone.connect(&bench, relay_domain::resume::Presented { virgin: false, ..presented }).await;
        assert!(phone.next(&bench).await.is_empty());
        assert!(bench.message(&messages[5]).await.is_held());
        let fresh = bench.accept(&bench.key(&phone, 0).await, "accepted after the restore").await;
        assert_eq!(fresh.state.rank, Rank::Dispatched, "what is new is not held");
    }
}

#[tokio::test]
async fn what_was_told_in_a_hole_is_uncertain_and_what_is_told_after_it_still_counts() {
    let bench = Bench::open();
    let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
    let bench = restored(bench).await;
    // Events 1 to 3 were pruned; the fifth message is not done, the fourth's end is still to be told.
    let presented = relay_domain::resume::Presented { lowest: 4, ..phone.with_past(4, 5) };
    let mut hello = phone.hello(&bench, presented);
    hello.unfinished = vec![messages[4].id];
    let relay_store::changes::OpenVerdict::Opened(opened) = bench.device(hello).await else {
        panic!("opened")
    };
    phone.epoch = opened.epoch;
    for (index, message) in messages.iter().enumerate() {
        assert_eq!(bench.message(message).await.state.is_uncertain(), index < 4, "message {index}");
    }
    phone.upload(&bench, 4, vec![fact(messages[3].id, FactKind::Sent, bench.now())]).await;
    assert_eq!(bench.message(&messages[3]).await.state.rank, Rank::Sent);
}

async fn decide(bench: &Bench, phone: &Phone, decision: HeldDecision) -> usize {
    let change = DecideHeld { account_id: phone.account_id, device_id: phone.device_id, decision };
    match bench.api(change).await {
        DecideVerdict::Decided(count) => count,
        other => panic!("not decided: {other:?}"),
    }
}

#[tokio::test]
async fn the_operator_releases_or_gives_up() {
    for decision in [HeldDecision::Release, HeldDecision::GiveUp] {
        let bench = Bench::open();
        let (mut phone, _, messages) = five_dispatched_and_one_queued(&bench).await;
        let bench = restored(bench).await;
        bench.advance(Duration::from_secs(600));
        phone.journal = journal(1000);
        phone.connect(&bench, phone.fresh()).await;
        // The five were bound to the journal that is gone: uncertain already.
        assert!(decide(&bench, &phone, decision).await >= 1);
        while decide(&bench, &phone, decision).await > 0 {}
        assert_eq!(holding(&bench).await, None);
        let left: Vec<_> = phone.next(&bench).await.into_iter().map(|row| row.id).collect();
        let now = bench.message(&messages[5]).await;
        match decision {
            HeldDecision::Release => assert_eq!(left, [messages[5].id]),
            HeldDecision::GiveUp => {
                assert!(left.is_empty() && now.state.is_uncertain() && !now.is_held());
                assert_eq!(
                    bench.sweep(GiveUpUncertain { after: Duration::ZERO, behind: Timestamp::EPOCH }).await,
                    6
                );
                assert_eq!(bench.message(&messages[5]).await.state.rank, Rank::FailedUnknown);
            }
        }
    }
}

#[tokio::test]
async fn another_accounts_operator_decides_nothing() {
    let bench = Bench::open();
    let (phone, ..) = five_dispatched_and_one_queued(&bench).await;
    let bench = restored(bench).await;
    let stranger = bench.account(PlanName::Free).await;
    let decision = HeldDecision::Release;
    let change = DecideHeld { account_id: stranger, device_id: phone.device_id, decision };
    assert_eq!(bench.api(change).await, DecideVerdict::NoSuchDevice);
}

#[tokio::test]
async fn a_held_schedule_counts_again_once_it_is_released() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    let at = bench.now().plus(Duration::from_secs(3_600));
    let later = relay_domain::message::Draft { scheduled_at: Some(at), ..draft("later") };
    bench.api(AcceptMessages { key, drafts: vec![later], request: None }).await;
    let bench = restored(bench).await;
    assert_eq!(bench.ask(NextScheduled).await, None, "what is held has no instant");
    bench.heard().await;
    phone.connect(&bench, phone.with_past(0, 0)).await;
    assert_eq!(bench.ask(NextScheduled).await, Some(at));
    assert!(bench.heard().await.contains(&Effect::Scheduled { at }), "and somebody is told to wake for it");
    assert!(phone.next(&bench).await.is_empty());
}

#[tokio::test]
async fn more_than_one_sweep_holds_are_released_in_their_order() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Enterprise).await;
    let drafts: Vec<_> = (0..450).map(|n| draft(&n.to_string())).collect();
    bench
        .api(relay_store::changes::CloseSession {
            device_id: phone.device_id,
            epoch: phone.epoch,
            last_seen_at: bench.now(),
        })
        .await;
    bench.api(AcceptMessages { key, drafts, request: None }).await;
    let bench = restored(bench).await;
    phone.connect(&bench, phone.with_past(0, 0)).await;
    while bench.sweep(ReleaseHeld).await > 0 {}
    assert_eq!(holding(&bench).await, None);
    let mut left = Vec::new();
    loop {
        let rows = phone.next(&bench).await;
        if rows.is_empty() {
            break;
        }
        left.extend(rows.into_iter().map(|row| row.body.parse::<usize>().unwrap()));
    }
    assert!(left.len() >= 100 && left.iter().copied().eq(0..left.len()), "{left:?}");
}

#[tokio::test]
async fn what_was_written_down_after_the_backup_is_done_again() {
    let bench = Bench::open();
    let (stolen, ..) = five_dispatched_and_one_queued(&bench).await;
    let again = bench.online(stolen.account_id).await;
    let leaves = bench.online(stolen.account_id).await;
    let untouched = bench.online(stolen.account_id).await;
    let copy = bench.backup("copy.db");
    assert!(bench.api(RevokeDevice { account_id: stolen.account_id, device_id: stolen.device_id }).await);
    let standing = |phone: &Phone, generation, stands| Standing {
        device_id: phone.device_id,
        generation,
        phone: stands,
    };
    let by = bench.now().plus(Duration::from_secs(60));
    let of_stolen = bench.ask(Standings { device_id: Some(stolen.device_id) }).await;
    assert_eq!(of_stolen, [standing(&stolen, 2, PhoneStanding::Revoked)]);
    let nobody = Phone { device_id: DeviceId::from_bytes([9; 16]), ..stolen.clone() };
    let never_seen = standing(&nobody, 1, PhoneStanding::Paired);
    let standings = vec![
        of_stolen[0],
        standing(&again, 2, PhoneStanding::Paired),
        standing(&leaves, 1, PhoneStanding::Leaving { by }),
        standing(&untouched, 1, PhoneStanding::Paired),
        never_seen,
    ];
    let (bench, found) = bench.restore(&copy, standings.clone()).await;
    assert_eq!(found.revoked, [stolen.device_id]);
    assert_eq!(found.paired, [again.device_id]);
    assert_eq!(found.leaving, [leaves.device_id]);
    assert_eq!(found.unknown, [never_seen.device_id]);
    let token = |phone: &Phone| TokenStateOf(phone.device_id);
    assert!(!bench.ask(token(&stolen)).await.unwrap().paired);
    assert_eq!(bench.ask(token(&again)).await.unwrap().generation, 2);
    let now = bench.ask(Standings { device_id: None }).await;
    assert!(standings[..4].iter().all(|standing| now.contains(standing)), "{now:?}");
    // Nobody knows what the stolen phone did with what it had, held or not.
    while bench.sweep(SettleUnpaired).await > 0 {}
    let uncertain = bench.sweep(GiveUpUncertain { after: Duration::ZERO, behind: Timestamp::EPOCH }).await;
    assert_eq!(uncertain, 6);
}

#[tokio::test]
async fn a_database_that_has_not_come_so_far_is_refused_and_one_that_is_missing_too() {
    let bench = Bench::open();
    let copy = bench.backup("copy.db");
    bench.account(PlanName::Free).await;
    let mark = bench.store.progress().mark();
    assert_eq!(mark.incarnation, 1);
    let missing = copy.with_file_name("missing.db");
    for path in [&copy, &missing] {
        let refused = Store::open(path, crate::bench::config_at_least(mark)).err();
        assert!(matches!(refused, Some(OpenError::Older { .. })), "{refused:?}");
        assert!(refused.unwrap().to_string().contains("relay-hub restore"));
    }
    assert!(!missing.exists(), "nothing was made");
    let earlier = Mark { commits: mark.commits - 1, ..mark };
    Store::open(&copy, crate::bench::config_at_least(earlier)).unwrap().close();
    // A later incarnation is later whatever it has committed.
    let restored = Mark { incarnation: 2, commits: 0 };
    assert!(Store::open(&copy, crate::bench::config_at_least(restored)).is_err());
}

#[tokio::test]
async fn each_batch_is_counted_and_the_count_survives() {
    let bench = Bench::open();
    let before = bench.store.progress().mark().commits;
    for _ in 0..3 {
        bench.account(PlanName::Free).await;
    }
    let progress = bench.store.progress();
    let after = progress.mark().commits;
    assert_eq!(after, before + 3);
    let bench = bench.reopen().await;
    assert_eq!(bench.store.progress().mark().commits, after);
}
