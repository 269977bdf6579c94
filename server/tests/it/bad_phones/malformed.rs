//! Frames that are none, or too large.

use device_protocol::limits::{MAX_DOWN_FRAME_BYTES, MAX_EVENTS_PER_FRAME, MAX_UP_FRAME_BYTES};
use device_protocol::{CloseCode, DownFrame, ErrorCode, events_frame};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::scene::Scene;
use crate::support::raw_phone::inbound;

/// An events frame of exactly so many bytes with one inbound message.
fn frame_of(bytes: usize) -> String {
    let frame = |fill: usize| events_frame(1, &[inbound(&"x".repeat(fill))]);
    frame(bytes - frame(0).len())
}

fn part(text: &str, opcode: Data, is_final: bool) -> Message {
    Message::Frame(Frame::message(text.as_bytes().to_vec(), OpCode::Data(opcode), is_final))
}

#[tokio::test]
async fn a_frame_of_256_kib_passes_and_one_byte_more_is_too_large() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(frame_of(MAX_UP_FRAME_BYTES + 1)).await;
    phone.is_closed_with(CloseCode::FrameTooLarge).await;
    scene.nothing_was_stored().await;
    let mut phone = scene.welcomed().await;
    phone.say(frame_of(MAX_UP_FRAME_BYTES)).await;
    phone.hears_ack(1).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_frame_in_parts_is_measured_as_a_whole() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    let text = frame_of(MAX_UP_FRAME_BYTES + 1);
    let (head, rest) = text.split_at(MAX_UP_FRAME_BYTES / 2);
    let (middle, tail) = rest.split_at(MAX_UP_FRAME_BYTES / 4);
    let parts = [
        part(head, Data::Text, false),
        part(middle, Data::Continue, false),
        part(tail, Data::Continue, true),
    ];
    phone.say_all(parts).await;
    phone.is_closed_with(CloseCode::FrameTooLarge).await;
    scene.nothing_was_stored().await;
    let mut phone = scene.welcomed().await;
    let text = events_frame(1, &[inbound("in two parts")]);
    let (head, tail) = text.split_at(40);
    phone.say_all([part(head, Data::Text, false), part(tail, Data::Continue, true)]).await;
    phone.hears_ack(1).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn more_than_256_events_are_too_many() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &vec!["{}"; MAX_EVENTS_PER_FRAME + 1])).await;
    phone.is_closed_with(CloseCode::FrameTooLarge).await;
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_binary_frame_is_no_part_of_the_protocol() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say_frame(Message::binary(b"\x00\x01\x02".to_vec())).await;
    phone.is_closed_with(CloseCode::FrameTooLarge).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    let mut scene = Scene::set().await;
    for text in ["", "hello", "{", "[]", "7", "null", "\"hello\"", "{}", "{\"type\":7}", "{\"type\":\"ack\"}"]
    {
        let mut phone = scene.welcomed().await;
        phone.say(text).await;
        phone.is_closed_with(CloseCode::MalformedFrame).await;
    }
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn an_events_frame_with_a_bad_header_closes_and_stores_none_of_its_lines() {
    let mut scene = Scene::set().await;
    let line = inbound("behind a bad header");
    for header in [
        "{\"type\":\"events\"}",
        "{\"type\":\"events\",\"first\":0}",
        "{\"type\":\"events\",\"first\":-1}",
        "{\"type\":\"events\",\"first\":1.5}",
        "{\"type\":\"events\",\"first\":\"1\"}",
        "{\"type\":\"events\",\"first\":9223372036854775807}",
        "{\"type\":\"events\",\"first\":1",
    ] {
        let mut phone = scene.welcomed().await;
        phone.say(format!("{header}\n{line}")).await;
        phone.is_closed_with(CloseCode::MalformedFrame).await;
    }
    let mut phone = scene.welcomed().await;
    phone.say("{\"type\":\"events\",\"first\":1}").await;
    phone.is_closed_with(CloseCode::MalformedFrame).await;
    scene.nothing_was_stored().await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_frame_of_unknown_type_is_answered_by_an_error_and_the_session_goes_on() {
    let mut scene = Scene::set().await;
    let mut phone = scene.welcomed().await;
    phone.say("{\"type\":\"teleport\",\"to\":\"the moon\"}").await;
    let Some(DownFrame::Error(error)) = phone.hear().await else { panic!("a typed error") };
    assert_eq!(error.code, ErrorCode::UnknownType);
    assert!(error.detail.contains("teleport"), "{}", error.detail);
    phone.say("{\"type\":\"error\",\"code\":\"unknown_type\",\"detail\":\"mine\"}").await;
    phone.say(events_frame(1, &[inbound("it goes on")])).await;
    phone.hears_ack(1).await;
    scene.others_go_on().await;
}

#[tokio::test]
async fn no_answer_is_larger_than_a_phone_takes_whatever_it_repeats() {
    let mut scene = Scene::set().await;
    let long = "\u{1}".repeat(MAX_UP_FRAME_BYTES / 8);
    let mut phone = scene.welcomed().await;
    phone.say(json!({ "type": long }).to_string()).await;
    let Some(frame @ DownFrame::Error(_)) = phone.hear().await else { panic!("a typed error") };
    assert!(frame.to_text().len() < MAX_DOWN_FRAME_BYTES / 64, "{} bytes", frame.to_text().len());
    phone.say(json!({ "type": "ack", "down": long }).to_string()).await;
    let ending = phone.ending().await;
    let closing = ending.closing.expect("it is told why");
    assert_eq!(closing.reason, CloseCode::MalformedFrame);
    assert!(closing.detail.len() < MAX_DOWN_FRAME_BYTES / 64, "{} bytes", closing.detail.len());
    scene.others_go_on().await;
}
