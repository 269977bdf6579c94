//! A journal that is gone: what it had taken is uncertain, is never framed to another, and late facts still win.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::plan::PlanName;
use relay_domain::resume::Case;
use relay_domain::state::{FactKind, Rank};
use relay_store::changes::{GiveUpUncertain, RecordVerdict};
use relay_store::queries::{FramesAbove, TimelineOf, TroubleOf};

use crate::bench::{Bench, Phone, fact, journal};

fn frames(phone: &Phone) -> FramesAbove {
    FramesAbove { device_id: phone.device_id, journal_id: phone.journal, cursor: 0, limit: 32 }
}

#[tokio::test]
async fn a_reinstalled_app_orphans_what_the_old_journal_had_and_nothing_else() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Free).await;
    let mut messages = Vec::new();
    for _ in 0..6 {
        messages.push(bench.accept(&key, "x").await);
    }
    phone.upload(&bench, 1, vec![fact(messages[0].id, FactKind::Sent, bench.now())]).await;
    let old = phone.journal;
    phone.journal = journal(1000);
    let opened = phone.connect(&bench, phone.fresh()).await;
    assert_eq!((opened.case, opened.up, opened.down, opened.live), (Case::Reinstalled, 0, 5, true));
    for (index, message) in messages.iter().enumerate() {
        let now = bench.message(message).await;
        let uncertain = (1..=4).contains(&index);
        assert_eq!(now.state.uncertain_at.is_some(), uncertain, "message {index}");
        if uncertain {
            assert_eq!((now.state.rank, now.dispatch.unwrap().journal_id), (Rank::Dispatched, old));
        }
    }
    assert!(bench.ask(frames(&phone)).await.rows.is_empty(), "never framed to another journal");
    let question = TroubleOf { account_id: phone.account_id, device_id: phone.device_id };
    let trouble = bench.ask(question).await;
    assert_eq!((trouble.queued, trouble.in_flight), (1, 0));
    bench.advance(Duration::from_secs(60));
    let released = phone.next(&bench).await;
    assert_eq!(released[0].id, messages[5].id, "what was queued leaves to the new journal");
    assert_eq!((released[0].journal_id, released[0].down_seq), (phone.journal, 6), "numbers go on rising");
}

#[tokio::test]
async fn an_uncertain_message_is_given_up_after_its_time_and_a_later_truth_still_wins() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    phone.upload(&bench, 1, vec![fact(message.id, FactKind::Uncertain, bench.now())]).await;
    let day = Duration::from_secs(24 * 60 * 60);
    bench.advance(day - Duration::from_nanos(1));
    assert_eq!(bench.sweep(GiveUpUncertain { after: day, behind: Timestamp::EPOCH }).await, 0);
    bench.advance(Duration::from_nanos(1));
    assert_eq!(bench.sweep(GiveUpUncertain { after: day, behind: Timestamp::EPOCH }).await, 1);
    assert_eq!(bench.sweep(GiveUpUncertain { after: day, behind: Timestamp::EPOCH }).await, 0);
    let given_up = bench.message(&message).await;
    assert_eq!(given_up.state.rank, Rank::FailedUnknown);
    assert!(given_up.state.failure.unwrap().reason.starts_with("Outcome unknown: "));
    phone.connect(&bench, phone.with_past(1, 1)).await;
    let late = [FactKind::Sent, FactKind::Delivered, FactKind::Sent];
    phone.upload(&bench, 2, late.map(|kind| fact(message.id, kind, bench.now())).to_vec()).await;
    let told = bench.message(&message).await;
    assert_eq!((told.state.rank, told.state.failure), (Rank::Delivered, None));
    let kinds: Vec<_> = timeline(&bench, &message).await;
    assert_eq!(kinds, ["uncertain", "failed_unknown", "sent", "delivered", "sent"], "every report is kept");
}

#[tokio::test]
async fn a_late_fact_of_the_old_journal_resolves_what_it_left_when_the_phone_has_it_again() {
    let bench = Bench::open();
    let (mut phone, key) = bench.sender(PlanName::Pro).await;
    let message = bench.accept(&key, "x").await;
    let (old, new) = (phone.journal, journal(1000));
    phone.journal = new;
    phone.connect(&bench, phone.fresh()).await;
    assert!(bench.message(&message).await.state.uncertain_at.is_some());
    phone.journal = old;
    let opened = phone.connect(&bench, phone.with_past(1, 1)).await;
    assert_eq!(opened.case, Case::Foreign);
    let verdict = phone.upload(&bench, 1, vec![fact(message.id, FactKind::Delivered, bench.now())]).await;
    assert!(matches!(verdict, RecordVerdict::Recorded { up: 1, .. }));
    let told = bench.message(&message).await;
    assert_eq!(told.state.rank, Rank::Delivered);
    assert!(!told.state.is_uncertain());
}

async fn timeline(bench: &Bench, message: &relay_domain::message::Outbound) -> Vec<String> {
    let question = TimelineOf { account_id: message.account_id, message_id: message.id };
    bench.ask(question).await.into_iter().map(|entry| entry.kind).collect()
}
