//! The crate against its golden vectors, and the vectors against the crate: nothing on one side is missing on
//! the other. The same files are read by the phones written in other languages.

mod support;

use device_protocol::{
    CloseClass, CloseCode, Closing, CommandKind, DOWN_TYPES, DownFrame, ErrorCode, Event, FrameError,
    PairReply, PairRequest, RefusalBody, RefusalCode, SimRef, UP_TYPES, UpFrame,
};
use serde_json::{Value, json};
use support::{built, complete, file, rows, string, tolerated};

fn up_as_json(text: &str) -> Value {
    match UpFrame::parse(text) {
        Ok(UpFrame::Events { first, lines }) => json!({"type": "events", "first": first, "lines": lines}),
        Ok(frame) => serde_json::from_str(&frame.to_text()).unwrap(),
        Err(error) => panic!("{error}: {text}"),
    }
}

#[test]
fn frames_of_a_phone_are_written_byte_for_byte_and_read_with_tolerance() {
    let rows = rows("vectors/frames_up.json", "frames");
    for row in &rows {
        let text = string(row, "text");
        let frame = UpFrame::parse(text).unwrap_or_else(|error| panic!("{error}: {row}"));
        assert_eq!(frame.to_text(), text);
        assert_eq!(up_as_json(text), row["means"], "{row}");
        for other in tolerated(row) {
            assert_eq!(UpFrame::parse(other).as_ref(), Ok(&frame), "{other}");
        }
    }
    complete("up frames", rows.iter().map(|row| string(&row["means"], "type").to_owned()), &UP_TYPES);
    let outcomes = rows.iter().filter_map(|row| row["means"]["outcome"].as_str()).map(str::to_owned);
    complete("outcomes", outcomes, &["done", "failed", "unknown"]);
    let waits = rows.iter().filter_map(|row| row["means"]["radio_wait"].as_str()).map(str::to_owned);
    complete("radio waits", waits, &["no_service", "radio_guard", "other"]);
}

#[test]
fn frames_of_the_hub_are_written_byte_for_byte_and_read_with_tolerance() {
    let rows = rows("vectors/frames_down.json", "frames");
    let mut commands = Vec::new();
    for row in &rows {
        let text = string(row, "text");
        let frame = DownFrame::parse(text).unwrap_or_else(|error| panic!("{error}: {row}"));
        assert_eq!(frame.to_text(), text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), row["means"]);
        for other in tolerated(row) {
            assert_eq!(DownFrame::parse(other).as_ref(), Ok(&frame), "{other}");
        }
        if let DownFrame::Command(command) = frame {
            // Without `_`: a new kind does not compile here until its golden frame is thought of.
            commands.push(match &command.kind {
                CommandKind::RefreshSims(_) => command.kind.capability().to_owned(),
            });
        }
    }
    complete("down frames", rows.iter().map(|row| string(&row["means"], "type").to_owned()), &DOWN_TYPES);
    complete("commands", commands, &["command.refresh_sims"]);
}

#[test]
fn events_are_written_byte_for_byte_and_read_with_tolerance() {
    let rows = rows("vectors/events.json", "events");
    for row in &rows {
        let text = string(row, "text");
        let event = Event::parse(text).unwrap_or_else(|error| panic!("{error}: {row}"));
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), row["means"]);
        assert_eq!(event.at().wall_ms, row["means"]["at"]["wall_ms"].as_i64().unwrap());
        assert_eq!(event.message_id().map(|id| json!(id)), row["means"].get("id").cloned());
        for other in tolerated(row) {
            assert_eq!(Event::parse(other).unwrap(), event, "{other}");
        }
    }
    let words = |member: &str| -> Vec<String> {
        rows.iter().filter_map(|row| row["means"][member].as_str()).map(str::to_owned).collect()
    };
    complete("events", words("type"), &Event::TYPES);
    complete("stages", words("stage"), &["radio", "receipt"]);
    complete("classes", words("class"), &["retryable", "throttled", "permanent", "ambiguous"]);
    complete("sources", words("source"), &["broadcast", "sweep"]);
}

#[test]
fn an_inbound_digest_is_what_the_readme_says() {
    use sha2::{Digest, Sha256};
    let mut checked = 0;
    for row in rows("vectors/events.json", "events") {
        if let Ok(Event::Inbound(inbound)) = Event::parse(string(&row, "text")) {
            let hash = Sha256::digest(format!("{}\n{}", inbound.from, inbound.body).as_bytes());
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(inbound.digest, hex, "{row}");
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn poison_is_no_event_and_what_only_looks_like_it_is_kept() {
    for row in rows("vectors/poison.json", "lines") {
        let text = string(&row, "text");
        assert!(Event::parse(text).is_err(), "{row}");
        let frame = device_protocol::events_frame(7, &[text]);
        assert_eq!(UpFrame::parse(&frame), Ok(UpFrame::Events { first: 7, lines: vec![text] }), "{row}");
    }
    for row in rows("vectors/poison.json", "valid") {
        match Event::parse(string(&row, "text")) {
            Ok(Event::Inbound(inbound)) => assert_eq!(inbound.body, string(&row, "body")),
            other => panic!("{other:?}: {row}"),
        }
    }
}

/// What a vector file says of a text that is no frame.
fn verdict(error: &FrameError) -> (&'static str, Value) {
    let code = ErrorCode::UnknownType;
    match error {
        FrameError::Malformed(_) => ("malformed", json!({"close": CloseCode::MalformedFrame})),
        FrameError::TooLarge(_) => ("too_large", json!({"close": CloseCode::FrameTooLarge})),
        FrameError::UnknownType(_) => ("unknown_type", json!({"error": code})),
    }
}

#[test]
fn bad_frames_are_refused_with_the_right_answer() {
    for row in rows("vectors/bad_frames.json", "up") {
        let text = built(&row);
        let error = UpFrame::parse(&text).expect_err(string(&row, "name"));
        assert_eq!(verdict(&error), (string(&row, "error"), row["then"].clone()), "{}", row["name"]);
    }
    for row in rows("vectors/bad_frames.json", "up_fits") {
        let text = built(&row);
        let frame = UpFrame::parse(&text).unwrap_or_else(|error| panic!("{error}: {}", row["name"]));
        assert!(matches!(
            (string(&row, "type"), frame),
            ("events", UpFrame::Events { .. }) | ("telemetry", UpFrame::Telemetry(_))
        ));
    }
    for row in rows("vectors/bad_frames.json", "down") {
        let text = built(&row);
        let error = DownFrame::parse(&text).expect_err(string(&row, "name"));
        let (word, then) = verdict(&error);
        let (word, then) = match DownFrame::unreadable_command(&text) {
            Some(id) => ("unknown_command", json!({"command_result": "unknown", "id": id})),
            // A phone has no closing frame to give: it just closes.
            None if then.get("close").is_some() => (word, json!({"close_by_phone": true})),
            None => (word, then),
        };
        assert_eq!((word, then), (string(&row, "error"), row["then"].clone()), "{}", row["name"]);
    }
}

#[test]
fn every_refusal_has_its_status_and_its_body() {
    let rows = rows("vectors/refusals.json", "refusals");
    for row in &rows {
        let body: RefusalBody = serde_json::from_value(row["body"].clone()).unwrap();
        assert_eq!(body.error.code.word(), string(row, "code"));
        assert_eq!(u64::from(body.error.code.status()), row["status"].as_u64().unwrap(), "{row}");
        assert_eq!(serde_json::to_value(&body).unwrap(), row["body"]);
        assert_eq!(row["retry_after"], json!(matches!(body.error.code.status(), 429 | 503)), "{row}");
    }
    for row in support::rows("vectors/refusals.json", "tolerated") {
        let body: RefusalBody = serde_json::from_value(row["body"].clone()).unwrap();
        assert_eq!(body.error.code.word(), string(&row, "code"));
    }
    let all: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.word()).collect();
    complete("refusals", rows.iter().map(|row| string(row, "code").to_owned()), &all);
}

fn class_word(class: CloseClass) -> &'static str {
    match class {
        CloseClass::Retry => "retry",
        CloseClass::Stop => "stop",
        CloseClass::Replaced => "replaced",
        CloseClass::Draining => "draining",
    }
}

#[test]
fn every_close_code_has_its_class_and_an_unknown_one_obeys_its_range() {
    let rows = rows("vectors/close_codes.json", "codes");
    for row in &rows {
        let frame = DownFrame::parse(string(row, "frame")).unwrap();
        let DownFrame::Closing(closing) = &frame else { panic!("{row}") };
        assert_eq!(frame.to_text(), string(row, "frame"));
        assert_eq!(closing.reason.word(), string(row, "word"));
        assert_eq!(u64::from(closing.reason.code()), row["code"].as_u64().unwrap());
        assert_eq!(class_word(closing.reason.class()), string(row, "class"));
        assert_eq!(CloseCode::of(closing.reason.code()), Some(closing.reason));
    }
    let all: Vec<&str> = CloseCode::ALL.iter().map(|code| code.word()).collect();
    complete("close codes", rows.iter().map(|row| string(row, "word").to_owned()), &all);
    for row in support::rows("vectors/close_codes.json", "unknown") {
        let code = row["code"].as_u64().unwrap() as u16;
        assert_eq!(CloseCode::of(code), None, "{row}");
        assert_eq!(class_word(CloseClass::of(code)), string(&row, "class"));
    }
    for row in support::rows("vectors/close_codes.json", "unknown_reasons") {
        match DownFrame::parse(string(&row, "frame")) {
            Ok(DownFrame::Closing(Closing { reason, .. })) => {
                assert_eq!(class_word(reason.class()), string(&row, "class"), "{row}");
            }
            other => panic!("{other:?}: {row}"),
        }
    }
}

#[test]
fn the_resume_rows_agree_with_the_table() {
    let rows = rows("vectors/resume.json", "rows");
    for row in &rows {
        let (known, journal) = (&row["known"], &row["journal"]);
        let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{row}"));
        let [up, n] = ["up", "down"].map(|member| number(&known[member]));
        let [l, h, a, d] = ["lowest", "head", "acked", "down"].map(|member| number(&journal[member]));
        let other = known["journal"] != journal["id"];
        // In the order of precedence.
        let case = match () {
            () if l == 0 || a > h || l > h + 1 => "bad",
            () if known["journal"].is_null() => "first",
            () if other && journal["virgin"] == json!(true) => "reinstalled",
            () if other => "foreign",
            () if h < up => "went_back",
            () if l > up + 1 => "pruned",
            () if a > up || d > n => "hub_behind",
            () => "ordinary",
        };
        let anew = matches!(case, "first" | "reinstalled" | "foreign");
        let expected = match case {
            "bad" => json!({"case": case, "refused": CloseCode::BadHello}),
            "went_back" => json!({"case": case, "refused": CloseCode::JournalWentBack}),
            _ => json!({
                "case": case,
                "up": if anew || case == "pruned" { l - 1 } else { up },
                "down": n.max(d),
                "adopt": anew,
                "orphans_uncertain": anew && case != "first",
                "hole": case == "pruned" || (anew && l > 1),
            }),
        };
        assert_eq!(row["expected"], expected, "{row}");
        assert!(string(row, "name").starts_with(case), "{row}");
    }
    complete(
        "resume cases",
        rows.iter().map(|row| string(&row["expected"], "case").to_owned()),
        &["bad", "first", "reinstalled", "foreign", "went_back", "pruned", "hub_behind", "ordinary"],
    );
}

#[test]
fn a_cancel_is_answered_by_one_of_two_events() {
    for row in rows("vectors/cancel.json", "rows") {
        let canceled = string(&row, "answer") == "canceled";
        assert!(canceled || string(&row, "answer") == "too_late");
        // What is written down as canceled is never submitted, and the other way round.
        assert_eq!(row["tombstone"], json!(canceled), "{row}");
        assert_eq!(row["submits_after"], json!(false), "{row}");
    }
    for row in rows("vectors/cancel.json", "sequences") {
        for frame in row["down"].as_array().unwrap() {
            DownFrame::parse(&frame.to_string()).unwrap();
        }
        for event in row["events"].as_array().unwrap() {
            assert!(Event::TYPES.contains(&event.as_str().unwrap()), "{row}");
        }
    }
}

#[test]
fn pairing_reads_and_writes_its_bodies() {
    for row in rows("vectors/pairing.json", "requests") {
        let request: PairRequest = serde_json::from_str(string(&row, "text")).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), string(&row, "text"));
        for other in tolerated(&row) {
            assert_eq!(serde_json::from_str::<PairRequest>(other).unwrap(), request);
        }
    }
    for row in rows("vectors/pairing.json", "bad_requests") {
        assert!(serde_json::from_str::<PairRequest>(string(&row, "text")).is_err(), "{row}");
    }
    for row in rows("vectors/pairing.json", "replies") {
        let reply: PairReply = serde_json::from_str(string(&row, "text")).unwrap();
        assert_eq!(serde_json::to_string(&reply).unwrap(), string(&row, "text"));
        assert_eq!(reply.connect_path, device_protocol::CONNECT_PATH);
        for other in tolerated(&row) {
            assert_eq!(serde_json::from_str::<PairReply>(other).unwrap(), reply);
        }
    }
}

#[test]
fn two_sims_differ_only_by_a_fact_known_of_both() {
    for row in rows("vectors/sim_match.json", "pairs") {
        let [a, b]: [SimRef; 2] = ["a", "b"].map(|side| serde_json::from_value(row[side].clone()).unwrap());
        assert_eq!(json!(a.contradicts(&b)), row["contradicts"], "{row}");
        assert_eq!(json!(b.contradicts(&a)), row["contradicts"], "{row}");
    }
}

#[test]
fn scripted_sessions_are_made_of_frames() {
    for session in rows("vectors/sessions.json", "sessions") {
        let mut last = None;
        for step in session["steps"].as_array().unwrap() {
            let text = string(step, "text");
            match string(step, "from") {
                "phone" => match UpFrame::parse(text) {
                    Ok(UpFrame::Events { lines, .. }) => {
                        lines.iter().for_each(|line| drop(Event::parse(line).unwrap()));
                    }
                    Ok(_) | Err(FrameError::UnknownType(_)) => {}
                    Err(error) => panic!("{error}: {step}"),
                },
                _ => last = Some(DownFrame::parse(text).unwrap()),
            }
        }
        let close = match last {
            Some(DownFrame::Closing(closing)) => json!(closing.reason.code()),
            _ => Value::Null,
        };
        assert_eq!(session["close"], close, "{}", session["name"]);
    }
}

#[test]
fn every_vector_file_says_what_it_is() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(file(&format!("vectors/{name}"))["about"].is_string(), "{name}");
    }
}
