//! Lists: newest first, in pages, with their total; and every text comes back as it was.

use std::time::Duration;

use relay_domain::plan::PlanName;
use relay_domain::state::Rank;
use relay_store::changes::AcceptMessages;
use relay_store::queries::{
    COUNTED_ROWS, InboundFilter, ListInbound, ListOutbound, OutboundFilter, Page, Window,
};

use crate::bench::{Bench, Phone, draft, inbound};

fn outbound(phone: &Phone, filter: OutboundFilter, offset: i64, limit: i64) -> ListOutbound {
    ListOutbound { account_id: phone.account_id, filter, window: Window { offset, limit } }
}

fn received(phone: &Phone, filter: InboundFilter, offset: i64, limit: i64) -> ListInbound {
    ListInbound { account_id: phone.account_id, number: None, filter, window: Window { offset, limit } }
}

#[tokio::test]
async fn pages_of_a_list_are_newest_first_and_cover_it_without_overlap() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let mut sent = Vec::new();
    for n in 0..7 {
        sent.push(bench.accept(&key, &n.to_string()).await.id);
        bench.advance(Duration::from_millis(1));
    }
    sent.reverse();
    let mut listed = Vec::new();
    for offset in [0, 3, 6, 9] {
        let page = bench.ask(outbound(&phone, OutboundFilter::default(), offset, 3)).await;
        assert_eq!(page.total, Some(7), "the total is the whole list's on every page");
        listed.extend(page.rows.into_iter().map(|message| message.id));
    }
    assert_eq!(listed, sent);
}

#[tokio::test]
async fn a_filter_narrows_list_and_total_together() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Free).await;
    let started = bench.now();
    bench.api(AcceptMessages { key, drafts: vec![draft("x"); 8], request: None }).await;
    let ranks = |rank| OutboundFilter { ranks: Some(vec![rank]), ..OutboundFilter::default() };
    let page = bench.ask(outbound(&phone, ranks(Rank::Queued), 0, 2)).await;
    assert_eq!((page.rows.len(), page.total), (2, Some(3)));
    let page = bench.ask(outbound(&phone, ranks(Rank::Delivered), 0, 2)).await;
    assert_eq!((page.rows.len(), page.total), (0, Some(0)));
    let later =
        OutboundFilter { from: Some(started.plus(Duration::from_nanos(1))), ..OutboundFilter::default() };
    assert_eq!(bench.ask(outbound(&phone, later, 0, 2)).await.total, Some(0));
    let until = OutboundFilter { to: Some(started), ..OutboundFilter::default() };
    assert_eq!(bench.ask(outbound(&phone, until, 0, 2)).await.total, Some(8), "both ends belong to it");
}

#[tokio::test]
async fn a_total_is_exact_up_to_its_bound_and_absent_above() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let bound = usize::try_from(COUNTED_ROWS).unwrap();
    bench.api(AcceptMessages { key: key.clone(), drafts: vec![draft("x"); bound], request: None }).await;
    let all = || outbound(&phone, OutboundFilter::default(), 0, 1);
    assert_eq!(bench.ask(all()).await.total, Some(bound as u64));
    bench.accept(&key, "one more").await;
    let Page { rows, total } = bench.ask(all()).await;
    assert_eq!((rows[0].body.as_str(), total), ("one more", None));
}

#[tokio::test]
async fn a_backfilled_sms_lands_where_it_arrived() {
    let bench = Bench::open();
    let phone = bench.online(bench.account(PlanName::Pro).await).await;
    let now = bench.now();
    let old = now.minus(Duration::from_secs(3600));
    phone.upload(&bench, 1, vec![inbound("new", now), inbound("old", old), inbound("also new", now)]).await;
    let page = bench.ask(received(&phone, InboundFilter::default(), 0, 10)).await;
    let bodies: Vec<_> = page.rows.iter().map(|sms| sms.body.as_str()).collect();
    assert_eq!((bodies, page.total), (vec!["also new", "new", "old"], Some(3)));
    let recent = InboundFilter { from: Some(now), ..InboundFilter::default() };
    assert_eq!(bench.ask(received(&phone, recent, 0, 10)).await.total, Some(2));
}

#[tokio::test]
async fn every_text_comes_back_as_it_was_and_no_nul_reaches_the_database() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    let texts = ["a\0b", "\0", "\u{fffe}0", "\u{fffe}", "\u{fffd} 😀 é", "", " \n\t "];
    for text in texts {
        let message = bench.accept(&key, text).await;
        assert_eq!(message.body, text, "in the answer");
        assert_eq!(bench.message(&message).await.body, text, "read again");
    }
    let reports = texts.iter().map(|text| inbound(text, bench.now())).collect();
    phone.upload(&bench, 1, reports).await;
    let page = bench.ask(received(&phone, InboundFilter::default(), 0, 10)).await;
    let mut bodies: Vec<_> = page.rows.iter().map(|sms| sms.body.as_str()).collect();
    bodies.reverse();
    assert_eq!(bodies, texts);
    for row in ["outbound", "inbound"].into_iter().flat_map(|table| bench.tables()[table].clone()) {
        assert!(!row.contains('\0'));
    }
    let mut conn =
        <diesel::SqliteConnection as diesel::Connection>::establish(bench.path().to_str().unwrap()).unwrap();
    let nul = "SELECT count(*) FROM (SELECT body FROM outbound UNION ALL SELECT body FROM inbound) \
               WHERE instr(CAST(body AS BLOB), x'00') > 0";
    let held: i64 =
        diesel::RunQueryDsl::get_result(diesel::dsl::sql::<diesel::sql_types::BigInt>(nul), &mut conn)
            .unwrap();
    assert_eq!(held, 0);
}

#[tokio::test]
async fn a_frame_carries_the_text_as_it_was_given() {
    let bench = Bench::open();
    let (phone, key) = bench.sender(PlanName::Pro).await;
    bench.accept(&key, "a\0\u{fffe}b").await;
    let question = relay_store::queries::FramesAbove {
        device_id: phone.device_id,
        journal_id: phone.journal,
        cursor: 0,
        limit: 32,
    };
    assert_eq!(bench.ask(question).await.rows[0].body, "a\0\u{fffe}b");
}
