//! What stands in databases, on command lines and in documents: changed, it would mean another thing to who reads it.

use std::time::Duration;

use relay_domain::key::Dialect;
use relay_domain::message::Priority;
use relay_domain::plan::{PlanName, Quota, UnknownPlan};
use relay_domain::state::{Failure, FailureClass};

#[test]
fn a_dialect_is_known_by_its_word_and_its_keys_by_their_prefix() {
    assert_eq!(Dialect::ALL.map(|dialect| (dialect.word(), dialect.key_prefix())), [("relayion", "rlyn_")]);
}

#[test]
fn classes_of_priority_come_back_from_their_numbers() {
    assert_eq!(Priority::ALL.map(Priority::number), [0, 1, 2]);
    let read = [-1, 0, 1, 2, 3].map(Priority::from_number);
    assert_eq!(read, [None, Some(Priority::High), Some(Priority::Normal), Some(Priority::Low), None]);
    assert!(Priority::High < Priority::Normal && Priority::Normal < Priority::Low, "the first leaves first");
}

#[test]
fn plans_are_the_documented_ones() {
    let documented = PlanName::ALL.map(|name| {
        let plan = name.plan();
        let (burst, refill) = (plan.quota.burst.get(), plan.quota.refill_per_minute.get());
        (name.to_string(), burst, refill, plan.monthly_cap)
    });
    let expected = [
        ("free".to_owned(), 5, 1, Some(500)),
        ("starter".to_owned(), 50, 20, None),
        ("pro".to_owned(), 100, 50, None),
        ("enterprise".to_owned(), 1000, 500, None),
    ];
    assert_eq!(documented, expected);
}

#[test]
fn a_plan_is_read_by_its_word_and_nothing_else() {
    for name in PlanName::ALL {
        assert_eq!(name.word().parse(), Ok(name));
    }
    for other in ["", "Free", "free ", "platinum"] {
        assert_eq!(other.parse::<PlanName>(), Err(UnknownPlan(other.to_owned())));
    }
    assert_eq!(format!("{:>8}|", PlanName::Pro), "     pro|", "lists are aligned");
}

#[test]
fn a_quota_has_a_burst_and_a_refill_or_is_none() {
    assert_eq!(Quota::new(0, 1), None);
    assert_eq!(Quota::new(1, 0), None);
    let quota = Quota::new(7, 40).unwrap();
    assert_eq!((quota.burst.get(), quota.refill_per_minute.get()), (7, 40));
}

#[test]
fn a_token_is_never_given_too_early() {
    let interval = |refill| Quota::new(1, refill).unwrap().interval();
    assert_eq!(interval(1), Duration::from_secs(60));
    assert_eq!(interval(500), Duration::from_millis(120));
    assert_eq!(interval(7), Duration::from_nanos(8_571_428_572), "rounded up");
}

#[test]
fn a_failure_says_in_words_what_to_do() {
    let classes = FailureClass::ALL.map(|class| (class.word(), class.advice()));
    let expected = [
        ("retryable", "Nothing was sent. The same text may pass later: send it as a new message."),
        (
            "throttled",
            "Nothing was sent. The phone or the carrier wants fewer messages: wait, then send it as a new one.",
        ),
        ("permanent", "Nothing was sent, and it would fail again as it is."),
        ("ambiguous", "It may have been sent all the same: ask the recipient before you send it again."),
    ];
    assert_eq!(classes, expected);
    let other = Failure { class: FailureClass::Throttled, code: "radio_busy".into(), reason: "Busy".into() };
    assert_eq!(other.advice(), FailureClass::Throttled.advice(), "where the code has no advice of its own");
}

#[test]
fn failures_of_the_hubs_own_making() {
    let told = [
        Failure::device_unpaired(),
        Failure::expired(),
        Failure::canceled(),
        Failure::outcome_unknown("the phone died"),
    ]
    .map(|failure| (failure.class, failure.code.clone(), failure.reason.clone(), failure.advice()));
    let expected = [
        (
            FailureClass::Permanent,
            "device_unpaired",
            "Device not paired",
            "Nothing was sent: its phone was unpaired. Pair it again and send a new message.",
        ),
        (
            FailureClass::Permanent,
            "expired",
            "Expired",
            "Nothing was sent: its deadline came first. Give the next one more time, or none.",
        ),
        (FailureClass::Permanent, "canceled", "Canceled", "Nothing was sent: it was canceled in time."),
        (
            FailureClass::Ambiguous,
            "outcome_unknown",
            "Outcome unknown: the phone died",
            "It may have been sent all the same: ask the recipient before you send it again.",
        ),
    ];
    for (told, (class, code, reason, advice)) in told.iter().zip(expected) {
        assert_eq!((told.0, told.1.as_str(), told.2.as_str(), told.3), (class, code, reason, advice));
    }
}
