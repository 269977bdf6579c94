//! Each judgement: a clean log passes, and one broken in the least possible way is caught for what it is.

use relay_ledger::{Ledger, Options, Verdict, Violation};

const DEVICE: &str = "d1";

fn judge_with(options: Options, log: &str) -> Verdict {
    let mut ledger = Ledger::new(options);
    ledger.alias("p1", DEVICE);
    ledger.alias("p2", DEVICE);
    ledger.read_lines("log", log.lines());
    ledger.judge()
}

fn judge(log: &str) -> Verdict {
    judge_with(Options::default(), log)
}

#[track_caller]
fn clean(log: &str) {
    let verdict = judge(log);
    assert!(verdict.is_clean(), "{verdict}\n{log}");
}

/// The only violation, by the name of its variant.
#[track_caller]
fn caught(name: &str, log: &str) -> Violation {
    let verdict = judge(log);
    assert_eq!(verdict.violations.len(), 1, "{verdict}\n{log}");
    let violation = verdict.violations[0].clone();
    let debug = format!("{violation:?}");
    assert!(debug.starts_with(&format!("{name} {{")), "{debug} is no {name}");
    violation
}

fn lines(lines: &[&str]) -> String {
    lines.concat()
}

fn accepted(id: &str) -> String {
    format!(r#"{{"log":"client","kind":"accepted","id":"{id}","device":"d1","to":"+1","at_ms":1}}"#) + "\n"
}

fn seen(id: &str, status: &str, stage: &str, uncertain: bool) -> String {
    let stage = if stage.is_empty() { "null".to_owned() } else { format!("\"{stage}\"") };
    format!(
        r#"{{"log":"client","kind":"observed","id":"{id}","device":"d1","status":"{status}","dispatched_at_ns":null,"failure_stage":{stage},"uncertain":{uncertain},"at_ms":2}}"#
    ) + "\n"
}

fn dispatched(id: &str, at_ns: i64) -> String {
    seen(id, "DISPATCHED", "", false)
        .replace(r#""dispatched_at_ns":null"#, &format!(r#""dispatched_at_ns":{at_ns}"#))
}

fn submit(id: &str) -> String {
    format!(
        r#"{{"log":"radio","kind":"submit","phone":"p1","journal":"j1","id":"{id}","to":"+1","parts":1,"at_ms":10}}"#
    ) + "\n"
}

fn answer(id: &str, outcome: &str) -> String {
    format!(r#"{{"log":"radio","kind":"answer","phone":"p1","id":"{id}","outcome":"{outcome}","at_ms":11}}"#)
        + "\n"
}

fn carrier(kind: &str, id: &str) -> String {
    format!(r#"{{"log":"carrier","kind":"{kind}","phone":"p1","id":"{id}","at_ms":12}}"#) + "\n"
}

fn text(kind: &str, at_ms: i64) -> String {
    format!(
        r#"{{"log":"carrier","kind":"{kind}","phone":"p1","slot":0,"from":"+9","body":"hi","at_ms":{at_ms}}}"#
    ) + "\n"
}

fn stored() -> String {
    r#"{"log":"client","kind":"inbound","id":"i","device":"d1","from":"+9","body":"hi"}"#.to_owned() + "\n"
}

fn plan(burst: u32, refill: u32, at_ms: i64) -> String {
    format!(
        r#"{{"log":"client","kind":"plan","device":"d1","burst":{burst},"refill_per_minute":{refill},"at_ms":{at_ms}}}"#
    ) + "\n"
}

fn wiped(at_ms: i64) -> String {
    format!(r#"{{"log":"phone","kind":"wiped","phone":"p1","at_ms":{at_ms}}}"#) + "\n"
}

const SETTLED: &str = "{\"log\":\"client\",\"kind\":\"settled\",\"at_ms\":99}\n";

/// A message that went all the way, up to its final state.
fn sent(id: &str) -> String {
    lines(&[&accepted(id), &submit(id), &answer(id, "ok")])
}

fn delivered(id: &str) -> String {
    lines(&[&sent(id), &carrier("delivered", id), &seen(id, "DELIVERED", "", false)])
}

#[test]
fn a_whole_clean_run_is_clean() {
    let log = lines(&[
        &plan(5, 1, 0),
        &accepted("a"),
        &seen("a", "QUEUED", "", false),
        &dispatched("a", 5),
        &submit("a"),
        &answer("a", "ok"),
        &seen("a", "SENT", "", false),
        &carrier("delivered", "a"),
        &seen("a", "DELIVERED", "", false),
        &text("arrived", 1),
        &text("inbound", 2),
        &stored(),
        SETTLED,
    ]);
    let verdict = judge(&log);
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!((verdict.counts.accepted, verdict.counts.submits, verdict.counts.delivered), (1, 1, 1));
    assert_eq!((verdict.counts.dispatches, verdict.counts.inbound_stored), (1, 1));
    assert!(verdict.to_string().ends_with("ledger: clean"));
}

#[test]
fn what_was_accepted_is_there() {
    caught("Lost", &accepted("a"));
}

#[test]
fn a_replayed_acceptance_says_the_same() {
    let log = lines(&[&accepted("a"), &delivered("a")]);
    clean(&log);
    caught("AcceptedDifferently", &lines(&[&delivered("a"), &accepted("a").replace("+1", "+2")]));
}

#[test]
fn a_message_without_an_acceptance_is_counted_and_a_violation_only_when_strict() {
    let log = delivered("a").replace(&accepted("a"), "");
    let verdict = judge(&log);
    assert!(verdict.is_clean() && verdict.counts.unconfirmed == 1, "{verdict}");
    let verdict = judge_with(Options { strict: true, ..Options::default() }, &log);
    assert_eq!(verdict.violations, [Violation::NeverAccepted { id: "a".into() }]);
}

#[test]
fn nothing_is_submitted_again_unless_the_radio_put_it_back() {
    for code in ["limit_exceeded", "radio_off", "no_service"] {
        clean(&lines(&[&accepted("a"), &submit("a"), &answer("a", code), &delivered("a")]));
    }
    caught("SentTwice", &lines(&[&accepted("a"), &submit("a"), &delivered("a")]));
    caught(
        "SentTwice",
        &lines(&[&accepted("a"), &submit("a"), &answer("a", "generic_failure"), &delivered("a")]),
    );
    let after_ok = lines(&[&submit("a"), &answer("a", "ok"), &answer("a", "radio_off"), &delivered("a")]);
    caught("SentTwice", &after_ok);
}

#[test]
fn a_put_back_message_counts_for_one_more_submit_only() {
    let put_back = lines(&[&submit("a"), &answer("a", "radio_off")]);
    caught("SentTwice", &lines(&[&put_back, &submit("a"), &delivered("a")]));
}

#[test]
fn a_message_goes_to_its_recipient_only() {
    let broken = delivered("a").replace(&submit("a"), &submit("a").replace("+1", "+2"));
    caught("WrongRecipient", &broken);
}

#[test]
fn a_message_stays_on_its_device_its_phone_and_its_journal() {
    let put_back = lines(&[&accepted("a"), &submit("a"), &answer("a", "radio_off")]);
    let again = |from: &str, to: &str| put_back.clone() + &delivered("a").replace(from, to);
    clean(&again("", ""));
    caught("TwoPhones", &again("p1", "p2"));
    caught("TwoJournals", &again("j1", "j2"));
    caught("WrongDevice", &delivered("a").replace("p1", "p9"));
}

#[test]
fn a_radio_answers_what_it_was_asked() {
    caught("AnswerWithoutSubmit", &lines(&[&answer("a", "no_service"), &delivered("a")]));
}

#[test]
fn states_never_fall() {
    let ladder = [
        ("QUEUED", ""),
        ("DISPATCHED", ""),
        ("FAILED", "unknown"),
        ("FAILED", "expired"),
        ("FAILED", "canceled"),
        ("SENT", ""),
        ("FAILED", "hub"),
        ("FAILED", "radio"),
        ("FAILED", "receipt"),
        ("DELIVERED", ""),
    ];
    let climb: String = ladder.iter().map(|(status, stage)| seen("a", status, stage, false)).collect();
    clean(&lines(&[&sent("a"), &carrier("delivered", "a"), &climb]));
    for pair in ladder.windows(2) {
        let down = lines(&[&seen("a", pair[1].0, pair[1].1, false), &seen("a", pair[0].0, pair[0].1, false)]);
        let log = lines(&[&sent("a"), &down, &carrier("delivered", "a"), &seen("a", "DELIVERED", "", false)]);
        caught("StateFell", &log);
    }
}

#[test]
fn a_message_is_dispatched_once() {
    let once = lines(&[&dispatched("a", 5), &dispatched("a", 5)]);
    clean(&lines(&[&once, &delivered("a")]));
    caught("DispatchMoved", &lines(&[&once, &dispatched("a", 6), &delivered("a")]));
}

#[test]
fn delivered_means_delivered() {
    caught("NotDelivered", &lines(&[&sent("a"), &seen("a", "DELIVERED", "", false)]));
}

#[test]
fn sent_means_that_the_radio_took_it() {
    clean(&lines(&[&sent("a"), &seen("a", "SENT", "", false)]));
    // The answer died with the phone, and the carrier knows better.
    clean(&lines(&[
        &accepted("a"),
        &submit("a"),
        &carrier("receipt_lost", "a"),
        &seen("a", "SENT", "", false),
    ]));
    caught("NotSent", &lines(&[&accepted("a"), &submit("a"), &seen("a", "SENT", "", false)]));
    let refused = lines(&[&submit("a"), &answer("a", "generic_failure")]);
    caught("NotSent", &lines(&[&accepted("a"), &refused, &seen("a", "SENT", "", false)]));
}

#[test]
fn failed_means_failed() {
    let refused = lines(&[&accepted("a"), &submit("a"), &answer("a", "generic_failure")]);
    clean(&lines(&[&refused, &seen("a", "FAILED", "radio", false)]));
    clean(&lines(&[&sent("a"), &seen("a", "FAILED", "unknown", false)]));
    clean(&lines(&[&sent("a"), &carrier("receipt_failed", "a"), &seen("a", "FAILED", "receipt", false)]));
    for stage in ["radio", "hub", "expired", "canceled", "receipt"] {
        caught("NotFailed", &lines(&[&sent("a"), &seen("a", "FAILED", stage, false)]));
    }
}

#[test]
fn nothing_is_pending_after_all_settled() {
    let queued = lines(&[&accepted("a"), &seen("a", "QUEUED", "", false)]);
    clean(&queued);
    caught("Pending", &lines(&[&queued, SETTLED]));
    caught("Pending", &lines(&[&accepted("a"), &dispatched("a", 1), SETTLED]));
    clean(&lines(&[&accepted("a"), &seen("a", "DISPATCHED", "", true), SETTLED]));
    let options = Options { offline_devices: [DEVICE.to_owned()].into(), ..Options::default() };
    assert!(judge_with(options, &lines(&[&queued, SETTLED])).is_clean());
}

#[test]
fn sent_is_the_end_only_without_a_receipt() {
    let ends = |kind: &str| lines(&[&sent("a"), &carrier(kind, "a"), &seen("a", "SENT", "", false), SETTLED]);
    clean(&ends("receipt_lost"));
    caught("Pending", &ends("delivered"));
    caught("Pending", &ends("receipt_failed"));
    // The receipt came to a journal that was destroyed.
    clean(&lines(&[&ends("delivered"), &wiped(50)]));
    caught("Pending", &lines(&[&ends("delivered"), &wiped(5)]));
}

#[test]
fn promised_inbound_is_there_exactly_as_often() {
    let one = lines(&[&text("arrived", 1), &text("inbound", 2)]);
    clean(&lines(&[&one, &stored(), &one, &stored()]));
    match caught("InboundLost", &lines(&[&one, &one, &stored()])) {
        Violation::InboundLost { missing: 1, promised: 2, .. } => {}
        other => panic!("{other:?}"),
    }
    caught("InboundDoubled", &lines(&[&one, &stored(), &stored()]));
    caught("InboundInvented", &stored());
    caught("InboundLost", &lines(&[&text("inbound", 2)]));
}

#[test]
fn inbound_that_arrived_without_a_promise_may_be_there_once() {
    clean(&text("arrived", 1));
    clean(&lines(&[&text("arrived", 1), &stored()]));
    caught("InboundDoubled", &lines(&[&text("arrived", 1), &stored(), &stored()]));
}

#[test]
fn a_wipe_excuses_what_was_promised_before_it() {
    let verdict = judge(&lines(&[&text("inbound", 2), &wiped(3)]));
    assert!(verdict.is_clean() && verdict.counts.inbound_excused == 1, "{verdict}");
    caught("InboundLost", &lines(&[&text("inbound", 4), &wiped(3)]));
    caught("InboundDoubled", &lines(&[&text("inbound", 2), &wiped(3), &stored(), &stored()]));
}

#[track_caller]
fn caught_when_every_arrival_counts(name: &str, log: &str) {
    let verdict = judge_with(Options { every_arrival_counts: true, ..Options::default() }, log);
    let found: Vec<String> = verdict.violations.iter().map(|violation| format!("{violation:?}")).collect();
    match name {
        "" => assert!(verdict.is_clean(), "{verdict}\n{log}"),
        _ => assert!(found.len() == 1 && found[0].starts_with(name), "{found:?} is no {name}\n{log}"),
    }
}

#[test]
fn where_phones_sweep_whatever_arrived_is_there_exactly_as_often() {
    let check = caught_when_every_arrival_counts;
    let (arrived, flushed) = (text("arrived", 1), text("inbound", 2));
    check("", &lines(&[&arrived, &stored()]));
    check("", &lines(&[&arrived, &arrived, &flushed, &stored(), &stored()]));
    // The process died before the flush, and nothing swept.
    check("InboundLost", &arrived);
    check("InboundLost", &lines(&[&arrived, &arrived, &flushed, &flushed, &stored()]));
    // The journal was destroyed: the inbox was not.
    check("InboundLost", &lines(&[&arrived, &flushed, &wiped(3)]));
    check("", &lines(&[&arrived, &flushed, &wiped(3), &stored()]));
    // Each of two journals flushed the one text; it is one text.
    let twice = lines(&[&arrived, &flushed, &wiped(3), &text("inbound", 4)]);
    check("", &lines(&[&twice, &stored()]));
    check("InboundDoubled", &lines(&[&twice, &stored(), &stored()]));
    check("InboundInvented", &stored());
    check("InboundInvented", &lines(&[&flushed, &stored()]));
}

#[test]
fn what_a_phone_held_when_it_left_is_excused_and_nothing_else() {
    let left: std::collections::BTreeSet<String> = [DEVICE.to_owned()].into();
    for every_arrival_counts in [false, true] {
        let options = Options { every_arrival_counts, left_devices: left.clone(), ..Options::default() };
        let held = lines(&[&text("arrived", 1), &text("inbound", 2)]);
        let verdict = judge_with(options.clone(), &held);
        assert!(verdict.is_clean() && verdict.counts.inbound_excused == 1, "{verdict}");
        let doubled = lines(&[&held, &stored(), &stored()]);
        assert_eq!(judge_with(options.clone(), &doubled).violations.len(), 1);
        // Its messages have an end all the same.
        let queued = lines(&[&accepted("a"), &seen("a", "QUEUED", "", false), SETTLED]);
        assert_eq!(judge_with(options.clone(), &queued).violations.len(), 1);
        let other = Options { left_devices: ["d2".to_owned()].into(), ..options };
        assert_eq!(judge_with(other, &held).violations.len(), 1);
    }
}

#[test]
fn a_device_dispatches_no_more_than_its_plan() {
    let log = |n: usize| {
        let ids = ["a", "b", "c", "d", "e", "f"];
        let all: String =
            ids.iter().take(n).map(|id| lines(&[&accepted(id), &dispatched(id, 7_000_000)])).collect();
        plan(5, 1, 0) + &all
    };
    clean(&log(5));
    let found = caught("BucketOverrun", &log(6));
    assert_eq!(found, Violation::BucketOverrun { device: DEVICE.into(), at_ns: 7_000_000 });
    clean(&(log(6) + &plan(6, 1, 1)));
}

#[test]
fn a_malformed_line_is_reported_and_a_torn_last_one_is_tolerated() {
    let good = delivered("a");
    for broken in [
        "no json\n",
        "{\"log\":\"client\"}\n",
        "{\"log\":\"client\",\"kind\":\"party\"}\n",
        "{\"log\":\"client\",\"kind\":\"acc\n",
    ] {
        match caught("Malformed", &lines(&[&good, broken, SETTLED])) {
            Violation::Malformed { line: 6, source_name, .. } => assert_eq!(source_name, "log"),
            other => panic!("{other:?}"),
        }
    }
    let verdict = judge(&lines(&[&good, "{\"log\":\"client\",\"kind\":\"acc"]));
    assert!(verdict.is_clean() && verdict.counts.torn == 1, "{verdict}");
    caught("Malformed", &lines(&[&good, "no json"]));
    let no_stage = seen("a", "FAILED", "", false);
    assert_eq!(judge(&no_stage).violations.len(), 1);
    clean(&lines(&["\n", &good, "\n"]));
}

#[test]
fn a_file_torn_within_a_character_is_read() {
    let mut bytes = delivered("a").into_bytes();
    bytes.extend_from_slice("{\"log\":\"carrier\",\"kind\":\"arrived\",\"body\":\"ü".as_bytes());
    bytes.pop();
    let mut ledger = Ledger::new(Options::default());
    ledger.alias("p1", DEVICE);
    ledger.read("memory", bytes.as_slice()).unwrap();
    let verdict = ledger.judge();
    assert!(verdict.is_clean() && verdict.counts.torn == 1, "{verdict}");
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_name() {
    let error = Ledger::new(Options::default()).read_file("/nowhere/client.ndjson").unwrap_err();
    assert!(error.to_string().contains("/nowhere/client.ndjson"));
}

#[test]
fn a_report_counts_what_it_does_not_show() {
    let log: String = (0..50).map(|n| accepted(&format!("m{n}"))).collect();
    let report = judge(&log).to_string();
    assert!(report.contains("and 10 more") && report.ends_with("ledger: 50 violations"), "{report}");
}

/// A copy begun at 5 ms and put back at 20 ms: what was accepted in between may be gone, and nothing else.
const RESTORED: &str = "{\"log\":\"hub\",\"kind\":\"restored\",\"made_at_ms\":5,\"at_ms\":20}\n";

fn at(line: &str, from: i64, to: i64) -> String {
    line.replace(&format!("\"at_ms\":{from}}}"), &format!("\"at_ms\":{to}}}"))
}

#[test]
fn a_restore_excuses_what_was_accepted_after_the_copy_and_nothing_else() {
    let before = accepted("a");
    let between = at(&accepted("a"), 1, 10);
    let after = at(&accepted("a"), 1, 21);
    caught("Lost", &lines(&[RESTORED, &before]));
    caught("Lost", &lines(&[RESTORED, &after]));
    caught("Lost", &lines(&[&between]));
    let verdict = judge(&lines(&[RESTORED, &between, &at(&seen("a", "QUEUED", "", false), 2, 11), SETTLED]));
    assert!(verdict.is_clean() && verdict.counts.forgotten == 1, "{verdict}");
    // It is there after all, and waits: that is no excuse.
    let later = at(&seen("a", "QUEUED", "", false), 2, 30);
    caught("Pending", &lines(&[RESTORED, &between, &later, SETTLED]));
}

#[test]
fn a_restore_lets_a_state_fall_once_and_excuses_no_second_submit() {
    let early = at(&seen("a", "DELIVERED", "", false), 2, 15);
    let late = at(&seen("a", "QUEUED", "", false), 2, 25);
    let sent = lines(&[&submit("a"), &answer("a", "ok"), &carrier("delivered", "a")]);
    clean(&lines(&[RESTORED, &accepted("a"), &sent, &early, &late, &at(&early, 15, 30)]));
    caught("StateFell", &lines(&[&accepted("a"), &sent, &early, &late]));
    caught("SentTwice", &lines(&[RESTORED, &accepted("a"), &sent, &submit("a"), &at(&early, 15, 30)]));
}

fn subscribed(events: &str) -> String {
    format!(r#"{{"log":"receiver","kind":"subscribed","webhook":"w1","events":{events}}}"#) + "\n"
}

fn told(event_id: &str, event: &str, about: &str, body: &str) -> String {
    format!(
        r#"{{"log":"receiver","kind":"told","webhook":"w1","event_id":"{event_id}","event":"{event}","about":"{about}","body":"{body}"}}"#
    ) + "\n"
}

fn told_to_the_end() -> [String; 5] {
    [
        subscribed(r#"["outbound.dispatched","outbound.delivered"]"#),
        delivered("m1"),
        told("e1", "outbound.dispatched", "m1", "a"),
        told("e2", "outbound.delivered", "m1", "b"),
        SETTLED.to_owned(),
    ]
}

#[test]
fn a_webhook_is_told_everything_it_asked_for_once_or_more() {
    let [events, life, one, two, end] = told_to_the_end();
    clean(&lines(&[&events, &life, &one, &one, &two, &one, &end]));
    caught("NotTold", &lines(&[&events, &life, &one, &end]));
    let texts = subscribed(r#"["inbound.received"]"#);
    let told_of = told("e1", "inbound.received", "i1", "a");
    caught("TextsNotTold", &lines(&[&texts, &told_of, SETTLED]));
}

#[test]
fn a_webhook_is_told_the_same_each_time_and_each_step_as_one_event() {
    let [events, life, one, two, end] = told_to_the_end();
    let other = told("e1", "outbound.dispatched", "m1", "another");
    caught("RetoldDifferently", &lines(&[&events, &life, &one, &other, &two, &end]));
    let again = told("e3", "outbound.dispatched", "m1", "a");
    caught("ToldTwice", &lines(&[&events, &life, &one, &again, &two, &end]));
}

#[test]
fn a_webhook_is_told_in_order_what_it_asked_for_and_the_truth() {
    let [events, life, one, two, end] = told_to_the_end();
    caught("ToldOutOfOrder", &lines(&[&events, &life, &two, &one, &end]));
    let unasked = told("e3", "outbound.sent", "m1", "c");
    caught("ToldUnasked", &lines(&[&events, &life, &one, &unasked, &two, &end]));
    let undelivered = lines(&[&sent("m1"), &seen("m1", "SENT", "", false)]);
    caught("ToldUntruth", &lines(&[&events, &undelivered, &one, &two]));
}
