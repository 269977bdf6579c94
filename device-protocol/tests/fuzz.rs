//! No text makes a reader panic, every frame survives its round trip, and the longest SMS fits both ways.

mod support;

use device_protocol::event::{Inbound, InboundSource, Sent};
use device_protocol::limits::{MAX_DOWN_FRAME_BYTES, MAX_GSM7_SEPTETS, MAX_UCS2_UNITS, MAX_UP_FRAME_BYTES};
use device_protocol::{DownFrame, Event, EventAt, FrameError, Send, SimRef, UpFrame, events_frame};
use proptest::prelude::*;
use support::{rows, string, tolerated};
use uuid::Uuid;

/// Reads a text as everything there is. What comes of it does not matter, only that something does.
fn read(text: &str) {
    if let Ok(frame) = UpFrame::parse(text) {
        let again = frame.to_text();
        assert_eq!(UpFrame::parse(&again), Ok(frame), "{text}");
    }
    if let Ok(frame) = DownFrame::parse(text) {
        assert_eq!(DownFrame::parse(&frame.to_text()), Ok(frame), "{text}");
    }
    if let Ok(event) = Event::parse(text) {
        let again = serde_json::to_string(&event).unwrap();
        assert!(!again.contains('\n'), "{again}");
        assert_eq!(Event::parse(&again).unwrap(), event);
    }
}

/// Every golden text that is read.
fn golden() -> Vec<String> {
    [("frames_up", "frames"), ("frames_down", "frames"), ("events", "events"), ("poison", "lines")]
        .iter()
        .flat_map(|(file, list)| rows(&format!("vectors/{file}.json"), list))
        .flat_map(|row| {
            let texts = std::iter::once(string(&row, "text")).chain(tolerated(&row));
            texts.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn at() -> impl Strategy<Value = EventAt> {
    (any::<i64>(), any::<Option<u64>>()).prop_map(|(wall_ms, age_ms)| EventAt { wall_ms, age_ms })
}

fn inbound() -> impl Strategy<Value = Event> {
    (any::<u8>(), any::<String>(), any::<String>(), any::<u16>(), any::<Option<i64>>(), at()).prop_map(
        |(slot, from, body, parts, smsc_at_ms, at)| {
            let source = if parts % 2 == 0 { InboundSource::Broadcast } else { InboundSource::Sweep };
            let digest = String::new();
            Event::Inbound(Inbound {
                slot,
                sim: SimRef::default(),
                from,
                body,
                parts,
                smsc_at_ms,
                digest,
                source,
                at,
            })
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,300}") {
        read(&text);
    }

    #[test]
    fn arbitrary_json_tokens_never_panic(
        tokens in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\n", "\"type\"", "\"events\"", "\"first\"", "1", "-1", "1e9", "null",
            "\"hello\"", "\"ack\"", "\"down\"", "\"\\ud800\"", "18446744073709551616", "\"send\"", " ",
        ]), 0..40),
    ) {
        read(&tokens.concat());
    }

    #[test]
    fn damaged_frames_never_panic(
        pick in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<char>()), 1..6),
    ) {
        let golden = golden();
        let mut text: Vec<char> = pick.get(&golden).chars().collect();
        for (place, edit, character) in edits {
            let place = place.index(text.len() + 1);
            match edit {
                0 => text.insert(place, character),
                1 if place < text.len() => drop(text.remove(place)),
                2 if place < text.len() => text[place] = character,
                _ => text.truncate(place),
            }
        }
        read(&text.into_iter().collect::<String>());
    }

    #[test]
    fn sends_survive_the_round_trip(
        body in any::<String>(), to in any::<String>(), number in any::<Option<String>>(),
        (down_seq, slot, parts, expires_in_ms) in
            (0..=i64::MAX as u64, any::<u8>(), any::<u16>(), any::<Option<u64>>()),
        id in any::<u128>(),
    ) {
        let sim = SimRef { number, ..SimRef::default() };
        let id = Uuid::from_u128(id);
        let frame = DownFrame::Send(Send { down_seq, id, slot, sim, to, body, parts, expires_in_ms });
        prop_assert_eq!(DownFrame::parse(&frame.to_text()), Ok(frame));
    }

    #[test]
    fn events_survive_the_round_trip_inside_their_frame(
        first in 1..=1_u64 << 62,
        events in proptest::collection::vec(
            prop_oneof![
                inbound(),
                (any::<u128>(), at(), proptest::option::of(at()), any::<u16>()).prop_map(
                    |(id, at, accepted, parts)| Event::Sent(Sent { id: Uuid::from_u128(id), at, accepted, parts })
                ),
            ],
            1..8,
        ),
    ) {
        let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let text = events_frame(first, &lines);
        match UpFrame::parse(&text) {
            Ok(UpFrame::Events { first: read, lines }) => {
                prop_assert_eq!(read, first);
                let read: Vec<Event> = lines.iter().map(|line| Event::parse(line).unwrap()).collect();
                prop_assert_eq!(read, events);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

#[test]
fn every_golden_text_reads_the_same_after_a_round_trip() {
    golden().iter().for_each(|text| read(text));
}

/// The longest bodies there are, each as expensive to write as its alphabet allows.
fn longest_bodies() -> Vec<String> {
    let gsm7 = ['a', '"', '\\', '\n', '\r', 'é', 'Δ', '@'].map(|basic| match basic {
        // The backslash is of the extension table: two septets.
        '\\' => "\\".repeat(MAX_GSM7_SEPTETS / 2),
        other => other.to_string().repeat(MAX_GSM7_SEPTETS),
    });
    let extension = ['\u{c}', '€', '{', '|'].map(|wide| wide.to_string().repeat(MAX_GSM7_SEPTETS / 2));
    let ucs2 = ['\u{1}', '\u{0}', '"', '\u{7f}', '你', '\u{2028}', '\u{fffd}']
        .map(|unit| unit.to_string().repeat(MAX_UCS2_UNITS));
    let pairs = "😀".repeat(MAX_UCS2_UNITS / 2);
    gsm7.into_iter().chain(extension).chain(ucs2).chain([pairs]).collect()
}

fn full_sim() -> SimRef {
    SimRef {
        number: Some("+4915112345678".into()),
        subscription_id: Some(i64::MAX),
        iccid_hash: Some("f".repeat(64)),
    }
}

#[test]
fn the_longest_sms_fits_a_send_frame() {
    for body in longest_bodies() {
        let frame = DownFrame::Send(Send {
            down_seq: i64::MAX as u64,
            id: Uuid::max(),
            slot: u8::MAX,
            sim: full_sim(),
            to: "+".repeat(64),
            body,
            parts: 255,
            expires_in_ms: Some(u64::MAX),
        });
        let text = frame.to_text();
        assert!(text.len() <= MAX_DOWN_FRAME_BYTES, "{} bytes", text.len());
        assert_eq!(DownFrame::parse(&text), Ok(frame));
    }
}

/// Every UTF-16 unit as `\u00XX`: the longest that any JSON writer makes of a text.
fn all_escaped(body: &str) -> String {
    body.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[test]
fn the_longest_sms_fits_an_events_frame_whatever_writes_it() {
    for body in longest_bodies() {
        let escaped = all_escaped(&body);
        let placeholder = "BODY";
        let event = Event::Inbound(Inbound {
            slot: u8::MAX,
            sim: full_sim(),
            from: "+".repeat(64),
            body: placeholder.into(),
            parts: 255,
            smsc_at_ms: Some(i64::MIN),
            digest: "f".repeat(64),
            source: InboundSource::Broadcast,
            at: EventAt { wall_ms: i64::MIN, age_ms: Some(u64::MAX) },
        });
        let line = serde_json::to_string(&event).unwrap().replace(placeholder, &escaped);
        let frame = events_frame(i64::MAX as u64 - 1, &[&line]);
        assert!(frame.len() <= MAX_UP_FRAME_BYTES, "{} bytes", frame.len());
        let Ok(UpFrame::Events { lines, .. }) = UpFrame::parse(&frame) else { panic!("not read") };
        assert!(matches!(Event::parse(lines[0]), Ok(Event::Inbound(read)) if read.body == body));
    }
}

/// What a send frame needs besides its body, with room.
const HEADER_BYTES: usize = 1024;
/// A UTF-16 unit as `\u00XX`.
const LONGEST_ESCAPE: usize = 6;
// UCS-2 fits a send frame even when every unit is escaped. GSM-7 would not: the hub writes JSON with the
// shortest escapes, where a septet takes two bytes at most. A phone's frame holds both, whoever writes it.
const _: () = {
    assert!(MAX_UCS2_UNITS * LONGEST_ESCAPE + HEADER_BYTES <= MAX_DOWN_FRAME_BYTES);
    assert!(MAX_GSM7_SEPTETS * LONGEST_ESCAPE > MAX_DOWN_FRAME_BYTES);
    assert!(MAX_GSM7_SEPTETS * 2 + HEADER_BYTES <= MAX_DOWN_FRAME_BYTES);
    assert!(MAX_GSM7_SEPTETS * LONGEST_ESCAPE + HEADER_BYTES <= MAX_UP_FRAME_BYTES);
};

#[test]
fn a_frame_of_line_feeds_is_refused() {
    let text = format!("{{\"type\":\"events\",\"first\":1}}{}", "\n".repeat(MAX_UP_FRAME_BYTES / 2));
    assert!(matches!(UpFrame::parse(&text), Err(FrameError::TooLarge(_))));
}
