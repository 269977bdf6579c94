//! Random and mutated frames at a live hub: whatever they end, they never bring it down.

use device_protocol::{UpFrame, events_frame};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use uuid::Uuid;

use super::scene::Scene;
use crate::support::Hub;
use crate::support::hub::log_of;
use crate::support::raw_phone::{Paired, RawPhone, about, inbound};

const SEED: u64 = 0x5e1a_4b0b;
/// Devices at once; together with the stage's two they stay below the pairing limit of a minute.
const PHONES: usize = 6;
const SESSIONS: usize = 10;
const FRAMES: usize = 25;

/// Texts that are right, to be made wrong.
fn good_texts(scene: &Scene) -> Vec<String> {
    let golden: Value =
        serde_json::from_str(include_str!("../../../../device-protocol/vectors/frames_up.json")).unwrap();
    let frames = golden["frames"].as_array().unwrap();
    let mut texts: Vec<String> =
        frames.iter().map(|frame| frame["text"].as_str().unwrap().to_owned()).collect();
    texts.push(UpFrame::Hello(Box::new(scene.bad.hello())).to_text());
    texts.push(events_frame(1, &[inbound("text"), about("sent", Uuid::nil())]));
    texts
}

fn mutated(dice: &mut StdRng, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..dice.random_range(1..6) {
        let at = dice.random_range(0..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match dice.random_range(0..6) {
            0 if !bytes.is_empty() => bytes[at] = dice.random(),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes
                .insert(at, *b"{}[]\":,\n\\09-eE"[..].get(dice.random_range(0..14_usize)).unwrap_or(&b'x')),
            3 => bytes.truncate(at),
            4 => bytes.extend_from_within(at..),
            _ => bytes.splice(at..at, b"9223372036854775808".iter().copied()).for_each(drop),
        }
    }
    bytes
}

fn frame(dice: &mut StdRng, texts: &[String]) -> Message {
    let text = &texts[dice.random_range(0..texts.len())];
    let payload = match dice.random_range(0..4) {
        0 => text.clone().into_bytes(),
        1 => {
            let mut noise = vec![0; dice.random_range(0..2000)];
            dice.fill_bytes(&mut noise);
            noise
        }
        _ => mutated(dice, text),
    };
    let opcode = match dice.random_range(0..12) {
        0 => OpCode::Data(Data::Binary),
        1 => OpCode::Data(Data::Continue),
        2 => OpCode::Control(Control::Ping),
        3 => OpCode::Control(Control::Close),
        4 => OpCode::Control(Control::Reserved(11)),
        5 => OpCode::Data(Data::Reserved(3)),
        _ => OpCode::Data(Data::Text),
    };
    let header = FrameHeader {
        is_final: dice.random_range(0..8) != 0,
        rsv1: dice.random_range(0..20) == 0,
        opcode,
        ..FrameHeader::default()
    };
    Message::Frame(Frame::from_payload(header, payload.into()))
}

/// Sessions of one device, one after the other.
async fn misbehave(hub: &Hub, paired: Paired, seed: u64, texts: &[String]) {
    let mut dice = StdRng::seed_from_u64(seed);
    for _ in 0..SESSIONS {
        let mut phone = RawPhone::dial(hub, &paired.token).await;
        if dice.random_range(0..4) != 0 {
            let mut hello = paired.hello();
            // A journal of its own: the last one may have got anywhere.
            hello.journal.id = Uuid::from_u128(dice.random());
            phone.introduce(hello).await;
        }
        let frames: Vec<Message> = (0..FRAMES).map(|_| frame(&mut dice, texts)).collect();
        phone.say_all(frames).await;
        phone.say_frame(Message::Close(None)).await;
        phone.ending().await;
    }
}

#[tokio::test]
async fn no_frame_brings_the_hub_down() {
    let mut scene = Scene::set().await;
    let texts = good_texts(&scene);
    let mut phones = Vec::new();
    for number in 0..PHONES {
        phones.push(Paired::new(&scene.hub, &format!("Fuzz {number}")).await);
    }
    let seeds = (SEED..).zip(phones);
    join_all(seeds.map(|(seed, paired)| misbehave(&scene.hub, paired, seed, &texts))).await;
    scene.others_go_on().await;
    let mut phone = scene.welcomed().await;
    phone.say(events_frame(1, &[inbound("it still works")])).await;
    phone.hears_ack(1).await;
    let log = log_of(scene.hub.data_dir());
    assert!(!log.contains("panicked"), "{log}");
}
