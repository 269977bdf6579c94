//! How notices are told: in order within a chain, for days, and once more where somebody asks.

use super::*;

#[tokio::test]
async fn a_notice_waits_for_the_earlier_one_of_its_message_and_for_no_other() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.dispatched", "outbound.sent"]).await;
    let (one, other) = (bench.accept(&key, "one").await, bench.accept(&key, "other").await);
    for (number, message) in [(1, &one), (2, &other)] {
        phone.upload(&bench, number, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
    }
    let due = bench.due(webhook).await.notices;
    assert_eq!(due.iter().map(|notice| notice.about).collect::<Vec<_>>(), [one.id.uuid(), other.id.uuid()]);
    bench.heard().await;
    let failed = bench.tried(&due[0], Outcome::Again(Duration::from_secs(5))).await;
    assert_eq!((failed.status, failed.attempts), (NoticeStatus::Pending, 1));
    bench.tried(&due[1], Outcome::Taken).await;
    assert!(bench.heard().await.contains(&Effect::NoticeWaits { webhook_id: webhook }));
    let flows = bench.only_due(webhook).await;
    assert_eq!((flows.about, flows.kind), (other.id.uuid(), EventKind::OutboundSent));
    bench.tried(&flows, Outcome::Taken).await;
    let due = bench.due(webhook).await;
    assert_eq!((due.notices.len(), due.next_at), (0, Some(bench.now().plus(Duration::from_secs(5)))));
    bench.advance(Duration::from_secs(5));
    assert_eq!(bench.kinds(webhook).await, [EventKind::OutboundDispatched, EventKind::OutboundSent]);
}

#[tokio::test]
async fn a_chain_keeps_its_order_when_the_clock_is_set_back_before_the_next_start() {
    let bench = Bench::open();
    let (mut phone, key, webhook) = bench.sends(&OUTBOUND).await;
    let message = bench.accept(&key, "x").await;
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
    bench.sweep(MarkAlive).await;
    bench.set_back(2 * HOUR);
    let bench = bench.reopen().await;
    phone.connect(&bench, phone.with_past(1, 1)).await;
    phone.upload(&bench, 2, vec![fact(message.id, FactKind::Delivered, bench.now())]).await;
    let steps = [EventKind::OutboundDispatched, EventKind::OutboundSent, EventKind::OutboundDelivered];
    assert_eq!(bench.kinds(webhook).await, steps);
}

#[tokio::test]
async fn what_is_under_way_is_not_handed_out_again_and_what_has_no_room_is_due_at_once() {
    let bench = Bench::open();
    let (_, key, webhook_id) = bench.sends(&["outbound.dispatched"]).await;
    for text in ["a", "b", "c"] {
        bench.accept(&key, text).await;
    }
    let ask = |limit, under_way: Vec<NoticeId>| {
        let question = DueNotices { webhook_id, now: bench.now(), limit, under_way };
        async { bench.ask(question).await.unwrap() }
    };
    let first = ask(2, vec![]).await;
    let ids: Vec<NoticeId> = first.notices.iter().map(|notice| notice.id).collect();
    assert_eq!((ids.len(), first.next_at), (2, Some(bench.now())));
    let second = ask(2, ids.clone()).await;
    assert_eq!((second.notices.len(), second.next_at), (1, None));
    assert!(!ids.contains(&second.notices[0].id));
}

#[tokio::test]
async fn a_notice_dies_at_72_hours_and_its_last_attempt_is_then() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.dispatched", "outbound.sent"]).await;
    let message = bench.accept(&key, "x").await;
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
    let born = bench.now();
    let first = bench.only_due(webhook).await;
    // Another message's success now and then keeps the webhook from being paused.
    let mut attempts = 0;
    loop {
        let due = bench.only_due(webhook).await;
        assert_eq!(due.id, first.id);
        let after = bench.tried(&due, Outcome::Again(3 * HOUR)).await;
        attempts += 1;
        let test = bench.test(webhook).await;
        let due = bench.due(webhook).await.notices;
        bench.tried(due.iter().find(|notice| notice.id == test).unwrap(), Outcome::Taken).await;
        if after.status == NoticeStatus::Dead {
            break;
        }
        bench.turn_to(after.next_at.unwrap());
    }
    assert_eq!((bench.now(), attempts), (born.plus(NOTICE_LIFE), 25));
    let next = bench.only_due(webhook).await;
    assert_eq!((next.kind, next.status), (EventKind::OutboundSent, NoticeStatus::Pending));
}

#[tokio::test]
async fn a_pause_never_lets_a_notice_grow_old() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    bench.accept(&key, "before").await;
    bench.advance(71 * HOUR);
    bench.edit(webhook, WebhookEdit::Pause).await;
    bench.advance(500 * HOUR);
    bench.accept(&key, "during").await;
    bench.advance(500 * HOUR);
    // Asked twice: the pause began with the first.
    bench.edit(webhook, WebhookEdit::Pause).await;
    bench.edit(webhook, WebhookEdit::Resume).await;
    let due = bench.due(webhook).await.notices;
    assert_eq!(due.len(), 2);
    for (notice, left) in due.into_iter().zip([HOUR, NOTICE_LIFE]) {
        let after = bench.tried(&notice, Outcome::Again(1_000 * HOUR)).await;
        assert_eq!((after.status, after.next_at), (NoticeStatus::Pending, Some(bench.now().plus(left))));
    }
}

#[tokio::test]
async fn an_endpoint_without_a_success_for_48_hours_is_paused_and_the_account_is_told() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    let operators = bench.webhook(phone.account_id, &["webhook.paused"]).await;
    bench.accept(&key, "x").await;
    let fail = async || {
        let notice = bench.only_due(webhook).await;
        bench.tried(&notice, Outcome::Again(Duration::from_nanos(1))).await;
        bench.ask(FindWebhook(webhook)).await.unwrap().webhook
    };
    let first = fail().await;
    assert_eq!((first.status, first.failing_since), (WebhookStatus::Active, Some(bench.now())));
    for _ in 0..PAUSED_AFTER.as_secs() / HOUR.as_secs() - 1 {
        bench.advance(HOUR);
        assert_eq!(fail().await.failing_since, first.failing_since);
    }
    bench.advance(HOUR - Duration::from_secs(1));
    assert_eq!(fail().await.status, WebhookStatus::Active);
    bench.advance(Duration::from_secs(1));
    let paused = fail().await;
    assert_eq!((paused.status, paused.status_at), (WebhookStatus::Failing, bench.now()));
    let told = bench.only_due(operators).await;
    assert_eq!((told.kind, told.about), (EventKind::WebhookPaused, webhook.uuid()));
    assert_eq!(told.facts.reason.as_deref(), Some("it answered 500"));
    let resumed = bench.edit(webhook, WebhookEdit::Resume).await;
    assert_eq!((resumed.status, resumed.failing_since), (WebhookStatus::Active, None), "it begins anew");
    bench.advance(HOUR);
    assert_eq!(fail().await.status, WebhookStatus::Active);
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.kinds(webhook).await, [EventKind::OutboundDispatched]);
    assert_eq!(bench.ask(FindWebhook(webhook)).await.unwrap().webhook.failing_since, None);
}

#[tokio::test]
async fn an_endpoint_that_was_not_tried_for_long_begins_its_48_hours_anew() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    bench.accept(&key, "x").await;
    let fail = async || {
        let notice = bench.only_due(webhook).await;
        bench.tried(&notice, Outcome::Again(Duration::from_nanos(1))).await;
        bench.ask(FindWebhook(webhook)).await.unwrap().webhook
    };
    fail().await;
    // The hub was off over the week-end.
    bench.advance(PAUSED_AFTER + HOUR);
    let monday = fail().await;
    assert_eq!((monday.status, monday.failing_since), (WebhookStatus::Active, Some(bench.now())));
}

#[tokio::test]
async fn what_is_tried_later_is_tried_now_where_somebody_says_so() {
    for edit in [
        Some(WebhookEdit::Resume),
        Some(WebhookEdit::Set { url: Some("https://new.example/".into()), events: None, bodies: None }),
        None,
    ] {
        let bench = Bench::open();
        let (phone, key, webhook) = bench.sends(&["outbound.dispatched", "outbound.sent"]).await;
        let message = bench.accept(&key, "x").await;
        phone.upload(&bench, 1, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
        let first = bench.only_due(webhook).await;
        bench.tried(&first, Outcome::Again(3 * HOUR)).await;
        assert!(bench.due(webhook).await.notices.is_empty());
        bench.heard().await;
        match edit {
            Some(edit) => {
                let changed = bench.edit(webhook, edit).await;
                assert_eq!(changed.failing_since, None);
            }
            None => {
                let hurried = bench.api(RepeatNotices(Repeat::One(first.id))).await;
                assert_eq!(hurried, RepeatVerdict::Hurried);
            }
        }
        assert!(bench.heard().await.contains(&Effect::WebhookChanged { webhook_id: webhook }));
        assert_eq!(bench.only_due(webhook).await.id, first.id);
    }
}

#[tokio::test]
async fn what_the_old_place_answers_says_nothing_of_the_new_one() {
    for outcome in [Outcome::Gone, Outcome::Again(3 * HOUR)] {
        let bench = Bench::open();
        let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
        bench.accept(&key, "x").await;
        let under_way = bench.only_due(webhook).await;
        let url = Some("https://new.example/".to_owned());
        bench.edit(webhook, WebhookEdit::Set { url, events: None, bodies: None }).await;
        let after = bench.tried(&under_way, outcome).await;
        assert_eq!((after.status, after.next_at), (NoticeStatus::Pending, Some(bench.now())));
        let moved = bench.ask(FindWebhook(webhook)).await.unwrap().webhook;
        assert_eq!((moved.status, moved.failing_since), (WebhookStatus::Active, None));
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_before_the_next_start_makes_nothing_wait_for_it() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    bench.accept(&key, "x").await;
    bench.sweep(MarkAlive).await;
    bench.set_back(20_000 * HOUR);
    let bench = bench.reopen().await;
    let due = bench.only_due(webhook).await;
    bench.tried(&due, Outcome::Again(5 * HOUR)).await;
    let next_at = bench.due(webhook).await.next_at;
    assert_eq!(next_at, Some(bench.now().plus(5 * HOUR)));
}

#[tokio::test]
async fn a_secret_that_took_over_is_not_taken_back_by_a_clock() {
    let bench = Bench::open();
    let (_, _, webhook) = bench.sends(&["outbound.dispatched"]).await;
    let next = SealedSecret(vec![9]);
    bench.edit(webhook, WebhookEdit::Rotate(next.clone())).await;
    assert_eq!(bench.sweep(SettleRotations).await, 0);
    bench.advance(ROTATION_OVERLAP);
    assert_eq!(bench.sweep(SettleRotations).await, 1);
    assert_eq!(bench.sweep(SettleRotations).await, 0);
    bench.set_back(ROTATION_OVERLAP);
    let found = bench.ask(FindWebhook(webhook)).await.unwrap().webhook;
    assert_eq!((found.secret, found.next_secret), (next, None));
}

#[tokio::test]
async fn what_ended_is_kept_for_a_month_from_its_end_whatever_its_clock_said() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    // Written by a clock that is years ahead, which its id keeps.
    bench.advance(20_000 * HOUR);
    bench.accept(&key, "ahead").await;
    bench.set_back(20_000 * HOUR);
    bench.accept(&key, "x").await;
    bench.edit(webhook, WebhookEdit::Pause).await;
    bench.advance(40 * 24 * HOUR);
    bench.edit(webhook, WebhookEdit::Resume).await;
    let ended = bench.only_due(webhook).await;
    bench.tried(&ended, Outcome::Taken).await;
    assert_eq!(bench.sweep(ForgetNotices).await, 0);
    bench.advance(31 * 24 * HOUR);
    assert_eq!(bench.sweep(ForgetNotices).await, 1);
}

/// What a worker does, with an endpoint that is down on most days of the week.
#[tokio::test]
async fn in_a_week_with_an_endpoint_that_is_down_for_days_nothing_is_lost() {
    let bench = Bench::open();
    let (phone, _, _) = bench.sends(&["outbound.queued"]).await;
    let webhook = bench.webhook(phone.account_id, &["inbound.received"]).await;
    let began = bench.now();
    let up = |now: Timestamp| !(10..120).contains(&(now.since(began).as_secs() / 3_600));
    let pauses = [5, 30, 120, 600, 1_800, 3_600].map(Duration::from_secs);
    let (mut sent, mut taken, mut paused) = (0, Vec::new(), 0);
    for quarter in 0..7 * 24 * 4 {
        bench.turn_to(began.plus(Duration::from_secs(900 * quarter)));
        if quarter % 8 == 0 {
            sent += 1;
            phone.upload(&bench, sent, vec![inbound(&format!("no. {sent}"), bench.now())]).await;
        }
        let standing = bench.ask(FindWebhook(webhook)).await.unwrap();
        if standing.webhook.status == WebhookStatus::Failing && up(bench.now()) {
            paused += 1;
            bench.edit(webhook, WebhookEdit::Resume).await;
        }
        if bench.ask(FindWebhook(webhook)).await.unwrap().webhook.status != WebhookStatus::Active {
            continue;
        }
        for notice in bench.due(webhook).await.notices {
            let pause = pauses.get(notice.attempts as usize).copied().unwrap_or(3 * HOUR);
            let outcome = if up(bench.now()) { Outcome::Taken } else { Outcome::Again(pause) };
            let after = bench.tried(&notice, outcome).await;
            assert_ne!(after.status, NoticeStatus::Dead);
            if after.status == NoticeStatus::Delivered {
                taken.push(notice.about);
            }
        }
    }
    assert_eq!(paused, 1);
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len() as u64, sent);
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_is_gone_or_deleted_is_given_up() {
    for deleted in [false, true] {
        let bench = Bench::open();
        let (phone, key, webhook) = bench.sends(&["outbound.dispatched", "outbound.sent"]).await;
        let message = bench.accept(&key, "x").await;
        phone.upload(&bench, 1, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
        if deleted {
            bench.edit(webhook, WebhookEdit::Delete).await;
            assert!(bench.ask(FindWebhook(webhook)).await.is_none());
            assert!(bench.ask(ListWebhooks { account_id: None }).await.is_empty());
        } else {
            let notice = bench.only_due(webhook).await;
            assert_eq!(bench.tried(&notice, Outcome::Gone).await.status, NoticeStatus::Dead);
            let standing = bench.ask(FindWebhook(webhook)).await.unwrap();
            assert_eq!(standing.webhook.status, WebhookStatus::Gone);
            let test = TestWebhook { webhook_id: webhook };
            assert_eq!(bench.api(test).await, TestVerdict::WebhookGone);
        }
        bench.accept(&key, "later").await;
        assert_eq!(bench.count("notice"), 2, "nothing more is written for it");
        while bench.sweep(BuryNotices).await > 0 {}
        assert!(bench.due(webhook).await.notices.is_empty());
        assert_eq!(bench.due(webhook).await.next_at, None);
        let edit = WebhookEdit::Resume;
        let resumed = bench.api(ChangeWebhook { webhook_id: webhook, edit }).await;
        assert_eq!(matches!(resumed, ChangeWebhookVerdict::NoSuchWebhook), deleted);
        bench.advance(31 * 24 * HOUR);
        while bench.sweep(ForgetNotices).await > 0 {}
        assert_eq!((bench.count("notice"), bench.count("webhook")), (0, usize::from(!deleted)));
    }
}

#[tokio::test]
async fn what_was_told_or_given_up_is_told_once_more_with_its_id_and_blocks_nothing() {
    let bench = Bench::open();
    let (phone, key, webhook) = bench.sends(&["outbound.dispatched", "outbound.sent"]).await;
    let message = bench.accept(&key, "x").await;
    let notice = bench.only_due(webhook).await;
    let repeat = async |which| bench.api(RepeatNotices(which)).await;
    assert_eq!(repeat(Repeat::One(notice.id)).await, RepeatVerdict::Hurried);
    bench.tried(&notice, Outcome::Taken).await;
    assert_eq!(repeat(Repeat::One(notice.id)).await, RepeatVerdict::Repeated(1, Some(notice.id)));
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Sent, bench.now())]).await;
    let due = bench.due(webhook).await.notices;
    let [replay, sent] = due.as_slice() else { panic!("{due:?}") };
    assert!(replay.is_replay() && !sent.is_replay());
    assert_eq!((replay.event_id, &replay.facts, replay.kind), (notice.id, &notice.facts, notice.kind));
    assert_eq!(replay.about, notice.about);
    assert_eq!(sent.kind, EventKind::OutboundSent);
    assert_eq!(repeat(Repeat::One(NoticeId::from(message.id.uuid()))).await, RepeatVerdict::NoSuchNotice);
}

#[tokio::test]
async fn all_that_was_given_up_since_an_instant_is_told_once_more() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    for text in ["old", "new", "newer"] {
        bench.accept(&key, text).await;
        bench.advance(HOUR);
    }
    let all = bench.due(webhook).await.notices;
    bench.edit(webhook, WebhookEdit::Delete).await;
    while bench.sweep(BuryNotices).await > 0 {}
    let since = all[1].created_at;
    let repeated = bench.api(RepeatNotices(Repeat::DeadSince(webhook, since, None))).await;
    assert_eq!(repeated, RepeatVerdict::WebhookGone);
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    let mut written = vec![];
    for text in ["old", "new", "newer"] {
        bench.accept(&key, text).await;
        let notice = bench.only_due(webhook).await;
        bench.tried(&notice, Outcome::Gone).await;
        bench.edit(webhook, WebhookEdit::Resume).await;
        written.push(notice);
        bench.advance(HOUR);
    }
    let repeat = async |behind| {
        bench.api(RepeatNotices(Repeat::DeadSince(webhook, written[1].created_at, behind))).await
    };
    let last = Some(written[2].id);
    assert_eq!(repeat(None).await, RepeatVerdict::Repeated(2, last));
    assert_eq!(repeat(last).await, RepeatVerdict::Repeated(0, None));
    let due = bench.due(webhook).await.notices;
    assert_eq!(due.iter().map(|notice| notice.event_id).collect::<Vec<_>>(), [written[1].id, written[2].id]);
}

#[tokio::test]
async fn every_attempt_is_kept_for_a_month_and_forgotten_with_its_notice() {
    let bench = Bench::open();
    let (_, key, webhook) = bench.sends(&["outbound.dispatched"]).await;
    bench.accept(&key, "x").await;
    let notice = bench.only_due(webhook).await;
    bench.tried(&notice, Outcome::Again(HOUR)).await;
    bench.advance(HOUR);
    bench.tried(&notice, Outcome::Taken).await;
    let of = AttemptsOf { webhook_id: webhook, notice_id: None, limit: 10 };
    let log = bench.ask(of).await;
    let told: Vec<_> = log.iter().map(|told| (told.number, told.attempt.error.as_deref())).collect();
    assert_eq!(told, [(2, None), (1, Some("it answered 500"))]);
    assert_eq!(log[0].notice.status, NoticeStatus::Delivered);
    bench.advance(29 * 24 * HOUR);
    assert_eq!(bench.sweep(ForgetNotices).await, 0);
    bench.advance(24 * HOUR + Duration::from_nanos(1));
    assert_eq!(bench.sweep(ForgetNotices).await, 1);
    assert_eq!((bench.count("notice"), bench.count("attempt")), (0, 0));
}

#[tokio::test]
async fn during_a_rotation_two_secrets_are_kept_until_one_takes_over() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    let webhook = bench.webhook(account, &["inbound.received"]).await;
    let promote = ChangeWebhook { webhook_id: webhook, edit: WebhookEdit::Promote };
    assert_eq!(bench.api(promote.clone()).await, ChangeWebhookVerdict::NothingToPromote);
    let (old, next) = (SealedSecret(vec![1, 2, 3]), SealedSecret(vec![4]));
    let rotated = bench.edit(webhook, WebhookEdit::Rotate(next.clone())).await;
    assert_eq!(rotated.signing(bench.now()), (&old, Some(&next)));
    let over = rotated.next_secret.as_ref().unwrap().takes_over_at;
    assert_eq!(rotated.signing(over), (&next, None));
    let promoted = bench.edit(webhook, WebhookEdit::Promote).await;
    assert_eq!(promoted.signing(bench.now()), (&next, None));
    let again = SealedSecret(vec![5]);
    bench.edit(webhook, WebhookEdit::Rotate(again.clone())).await;
    bench.turn_to(bench.now().plus(8 * 24 * HOUR));
    assert_eq!(bench.edit(webhook, WebhookEdit::Pause).await.signing(bench.now()), (&again, None));
    assert_eq!(bench.api(promote).await, ChangeWebhookVerdict::NothingToPromote);
}

#[tokio::test]
async fn an_account_has_a_bounded_number_of_webhooks() {
    let bench = Bench::open();
    let account = bench.account(PlanName::Pro).await;
    for _ in 0..MOST_WEBHOOKS {
        bench.webhook(account, &["inbound.received"]).await;
    }
    let one_more = bench.api(new(account, &["inbound.received"])).await;
    assert_eq!(one_more, CreateWebhookVerdict::TooMany);
    let nobody = AccountId::from(uuid::Uuid::nil());
    assert_eq!(bench.api(new(nobody, &["inbound.received"])).await, CreateWebhookVerdict::NoSuchAccount);
}
