//! The two streams: numbers without gaps, repeats that cost nothing, windows that are kept.

use device_protocol::limits::MAX_UNACKED_UP_FRAMES;
use device_protocol::{CloseCode, UpFrame, events_frame};
use tokio_tungstenite::tungstenite::Message;

use super::scene::Scene;
use crate::support::raw_phone::{RawPhone, inbound};

#[tokio::test]
async fn a_gap_closes_the_session_and_the_phone_goes_on_where_the_hub_stands() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &[inbound("one")])).await;
    phone.hears_ack(1).await;
    phone.say(events_frame(3, &[inbound("three")])).await;
    phone.is_closed_with(CloseCode::Gap).await;
    assert_eq!(scene.received().await, ["one"]);
    let (mut phone, welcome) =
        RawPhone::greet(&scene.hub, &scene.bad.token, scene.bad.hello_after(3, 0)).await;
    assert_eq!(welcome.acked, 1);
    phone.say(events_frame(2, &[inbound("two"), inbound("three")])).await;
    phone.hears_ack(3).await;
    assert_eq!(scene.received().await, ["one", "two", "three"]);
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_repeat_is_acknowledged_and_stored_once() {
    let scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    for _ in 0..3 {
        phone.say(events_frame(1, &[inbound("one"), inbound("two")])).await;
        phone.hears_ack(2).await;
    }
    phone.say(events_frame(2, &[inbound("two"), inbound("three")])).await;
    phone.hears_ack(3).await;
    assert_eq!(scene.received().await, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_third_unacknowledged_frame_is_a_flood_and_what_was_stored_is_whole() {
    let mut scene = Scene::set().await;
    let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    // In one go with the hello: they are there before the hub can have stored the first.
    let hello = Message::text(UpFrame::Hello(Box::new(scene.bad.hello())).to_text());
    let frames: Vec<String> = (0..32).map(|n| format!("text {n}")).collect();
    let events =
        (1..).zip(&frames).map(|(number, text)| Message::text(events_frame(number, &[inbound(text)])));
    phone.say_all(std::iter::once(hello).chain(events)).await;
    phone.is_closed_with(CloseCode::Flood).await;
    let stored = scene.received().await;
    assert!(stored.len() <= 32 && stored == frames[..stored.len()], "a beginning, in order: {stored:?}");
    let (mut phone, welcome) =
        RawPhone::greet(&scene.hub, &scene.bad.token, scene.bad.hello_after(32, 0)).await;
    let acked = usize::try_from(welcome.acked).unwrap();
    assert!(acked >= stored.len());
    let rest: Vec<String> = frames[acked..].iter().map(|text| inbound(text)).collect();
    phone.say(events_frame(welcome.acked + 1, &rest)).await;
    phone.hears_ack(32).await;
    assert_eq!(scene.received().await, frames, "nothing lost, nothing twice");
    scene.others_go_on().await;
}

#[tokio::test]
async fn two_unacknowledged_frames_are_not() {
    let scene = Scene::set().await;
    let mut phone = RawPhone::dial(&scene.hub, &scene.bad.token).await;
    let hello = Message::text(UpFrame::Hello(Box::new(scene.bad.hello())).to_text());
    let events =
        (1..=MAX_UNACKED_UP_FRAMES as u64).map(|first| Message::text(events_frame(first, &[inbound("x")])));
    phone.say_all(std::iter::once(hello).chain(events)).await;
    phone.hears_ack(1).await;
    phone.hears_ack(2).await;
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_never_framed_is_malformed() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(UpFrame::Ack { down: 1 }.to_text()).await;
    phone.is_closed_with(CloseCode::MalformedFrame).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_session_that_breaks_off_in_the_middle_of_a_frame_has_stored_nothing_of_it() {
    use tokio::io::AsyncWriteExt as _;
    let mut scene = Scene::set().await;
    let phone = scene.welcomed().await;
    let mut stream = phone.into_stream();
    // A masked text frame of 1,000 bytes, of which 500 come.
    let mut torn = vec![0x81, 0x80 | 126, 0x03, 0xe8, 0, 0, 0, 0];
    torn.extend(events_frame(1, &[inbound(&"x".repeat(900))]).bytes().take(500));
    stream.write_all(&torn).await.unwrap();
    drop(stream);
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}
