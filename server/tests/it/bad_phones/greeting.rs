//! The first frame: it must come, be a hello, be the only one, and tell numbers that can be.

use device_protocol::{AppFacts, CloseCode, Hello, JournalFacts, UpFrame, events_frame};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::raw_phone::{RawPhone, inbound};

#[tokio::test]
async fn nothing_may_come_before_hello() {
    let mut scene = Scene::set().await;
    for first in [
        events_frame(1, &[inbound("too early")]),
        UpFrame::Ack { down: 0 }.to_text(),
        "{\"type\":\"telemetry\",\"battery_percent\":50}".to_owned(),
        "{\"type\":\"error\",\"code\":\"other\",\"detail\":\"\"}".to_owned(),
    ] {
        let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
        phone.say(first).await;
        phone.is_closed_with(CloseCode::HelloExpected).await;
    }
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_second_hello_ends_the_session() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(UpFrame::Hello(Box::new(scene.bad.hello())).to_text()).await;
    phone.is_closed_with(CloseCode::SecondHello).await;
    // The same without waiting for the welcome.
    let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    let hello = UpFrame::Hello(Box::new(scene.bad.hello())).to_text();
    phone.say(hello.clone()).await;
    phone.say(hello).await;
    phone.is_closed_with(CloseCode::SecondHello).await;
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

/// There is no setting for it: the protocol's ten seconds pass, in which the phone answers pings.
#[tokio::test]
async fn a_phone_that_says_no_hello_is_sent_away() {
    let mut scene = Scene::set().await;
    let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    phone.is_closed_with(CloseCode::HelloTimeout).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_revision_that_the_hub_does_not_speak_is_refused_for_good() {
    let mut scene = Scene::set().await;
    for protocol in [0, 2, u16::MAX] {
        let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
        phone.say(UpFrame::Hello(Box::new(Hello { protocol, ..scene.bad.hello() })).to_text()).await;
        phone.is_closed_with(CloseCode::UnsupportedProtocol).await;
    }
    scene.others_go_on().await;
}

#[tokio::test]
async fn numbers_that_contradict_each_other_are_a_bad_hello() {
    let mut scene = Scene::set().await;
    let facts = scene.bad.hello().journal;
    for journal in [
        JournalFacts { lowest: 0, ..facts },
        JournalFacts { acked: 1, ..facts },
        JournalFacts { lowest: 3, head: 1, ..facts },
        JournalFacts { head: i64::MAX as u64, ..facts },
        JournalFacts { down: i64::MAX as u64, ..facts },
    ] {
        let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
        phone.say(UpFrame::Hello(Box::new(Hello { journal, ..scene.bad.hello() })).to_text()).await;
        phone.is_closed_with(CloseCode::BadHello).await;
    }
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_hello_that_lacks_what_it_needs_is_malformed() {
    let mut scene = Scene::set().await;
    let whole = serde_json::to_value(scene.bad.hello()).unwrap();
    let spoil = |spoil: fn(&mut Value)| {
        let mut hello = whole.clone();
        hello["type"] = json!("hello");
        spoil(&mut hello);
        hello.to_string()
    };
    for hello in [
        spoil(|hello| hello["journal"] = Value::Null),
        spoil(|hello| hello["journal"]["id"] = json!("no uuid")),
        spoil(|hello| hello["journal"]["head"] = json!(-1)),
        spoil(|hello| hello["journal"]["head"] = json!(9_223_372_036_854_775_808_u64)),
        spoil(|hello| hello["sims"] = json!(vec![hello["sims"][0].clone(); 9])),
        spoil(|hello| hello["unfinished"] = json!(vec![uuid::Uuid::nil(); 4097])),
        spoil(|hello| hello["protocol"] = json!("1")),
    ] {
        let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
        phone.say(hello).await;
        phone.is_closed_with(CloseCode::MalformedFrame).await;
    }
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_journal_that_went_back_is_refused_for_good_and_an_operator_sees_it() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &[inbound("one"), inbound("two")])).await;
    phone.hears_ack(2).await;
    drop(phone);
    let mut copy = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    copy.say(UpFrame::Hello(Box::new(scene.bad.hello_after(1, 0))).to_text()).await;
    copy.is_closed_with(CloseCode::JournalWentBack).await;
    assert!(scene.shown()["remark"].as_str().unwrap().starts_with("journal_went_back"));
    let (_phone, welcome) = RawPhone::greet(&scene.hub, &scene.bad.token, scene.bad.hello_after(2, 0)).await;
    assert_eq!(welcome.acked, 2, "the journal itself goes on");
    assert_eq!(scene.received().await, ["one", "two"]);
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_hello_with_strange_words_for_people_is_welcome() {
    let mut scene = Scene::set().await;
    let strange = "\0\u{202e}\u{fffe}'; DROP TABLE device; --".repeat(50);
    let mut hello = scene.bad.hello();
    hello.app = AppFacts { version: strange.clone() };
    hello.os.model = strange.clone();
    hello.sims[0].carrier = Some(strange);
    hello.capabilities = vec!["command.teleport".into(); 100];
    let (_phone, welcome) = RawPhone::greet(&scene.hub, &scene.bad.token, hello).await;
    assert_eq!(welcome.protocol, 1);
    assert_eq!(scene.shown()["status"], "online");
    scene.others_go_on().await;
}
