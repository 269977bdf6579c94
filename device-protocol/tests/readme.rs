//! The README against the crate: every word of the wire is in it, its numbers are the constants', and its
//! example session is made of real frames.

mod support;

use device_protocol::{
    CONNECT_PATH, CloseClass, CloseCode, DOWN_TYPES, DownFrame, Event, PAIR_PATH, RefusalCode, SUBPROTOCOL,
    Settings, UP_TYPES, UpFrame, limits,
};
use support::text;

/// Rows of a table whose first cells are these.
fn has_row(readme: &str, cells: &[&str]) -> bool {
    readme.lines().any(|line| {
        let mut found = line.trim().trim_matches('|').split('|').map(str::trim);
        line.starts_with('|') && cells.iter().all(|cell| found.next() == Some(*cell))
    })
}

#[track_caller]
fn row(readme: &str, cells: &[&str]) {
    assert!(has_row(readme, cells), "README.md has no row {cells:?}");
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

#[test]
fn every_limit_has_its_row_with_its_number() {
    let readme = text("README.md");
    let table = [
        ("MAX_UP_FRAME_BYTES", limits::MAX_UP_FRAME_BYTES.to_string()),
        ("MAX_DOWN_FRAME_BYTES", limits::MAX_DOWN_FRAME_BYTES.to_string()),
        ("MAX_UNACKED_UP_FRAMES", limits::MAX_UNACKED_UP_FRAMES.to_string()),
        ("MAX_UP_FRAMES_PER_SECOND", limits::MAX_UP_FRAMES_PER_SECOND.to_string()),
        ("MAX_EVENTS_PER_FRAME", limits::MAX_EVENTS_PER_FRAME.to_string()),
        ("MAX_UNACKED_DOWN_FRAMES", limits::MAX_UNACKED_DOWN_FRAMES.to_string()),
        ("MAX_UNACKED_DOWN_BYTES", limits::MAX_UNACKED_DOWN_BYTES.to_string()),
        ("HELLO_TIMEOUT_MS", limits::HELLO_TIMEOUT_MS.to_string()),
        ("PING_INTERVAL_MS", limits::PING_INTERVAL_MS.to_string()),
        ("SILENT_AFTER_PINGS", limits::SILENT_AFTER_PINGS.to_string()),
        ("DEFAULT_MAX_PENDING", limits::DEFAULT_MAX_PENDING.to_string()),
        ("MAX_GSM7_SEPTETS", limits::MAX_GSM7_SEPTETS.to_string()),
        ("MAX_UCS2_UNITS", limits::MAX_UCS2_UNITS.to_string()),
        ("MAX_UNFINISHED", limits::MAX_UNFINISHED.to_string()),
        ("MAX_SIMS", limits::MAX_SIMS.to_string()),
        ("MAX_SEQUENCE", limits::MAX_SEQUENCE.to_string()),
        ("RADIO_ANSWER_TIMEOUT_MS", limits::RADIO_ANSWER_TIMEOUT_MS.to_string()),
        ("GUARD_SEGMENTS", limits::GUARD_SEGMENTS.to_string()),
        ("GUARD_WINDOW_MS", limits::GUARD_WINDOW_MS.to_string()),
        ("KEEP_ACKED_DAYS", limits::KEEP_ACKED_DAYS.to_string()),
        ("KEEP_IDS_DAYS", limits::KEEP_IDS_DAYS.to_string()),
        ("SWEEP_INTERVAL_MS", limits::SWEEP_INTERVAL_MS.to_string()),
        ("BACKOFF_FIRST_MS", limits::BACKOFF_FIRST_MS.to_string()),
        ("BACKOFF_MAX_MS", limits::BACKOFF_MAX_MS.to_string()),
    ];
    for (name, value) in &table {
        row(&readme, &[&code(name), value]);
    }
    // A constant that is added without a row is found here.
    let source = text("src/limits.rs");
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let missing: Vec<&str> =
        constants.filter(|constant| !table.iter().any(|(name, _)| name == constant)).collect();
    assert!(missing.is_empty(), "not in the README's table: {missing:?}");
}

#[test]
fn numbers_in_the_prose_are_the_constants() {
    let readme = text("README.md");
    let silent_s = limits::PING_INTERVAL_MS as f64 * limits::SILENT_AFTER_PINGS / 1000.0;
    for phrase in [
        format!("within {} s of the upgrade", limits::HELLO_TIMEOUT_MS / 1000),
        format!("complete frame for {silent_s} s"),
        format!("for {} intervals is dead", limits::SILENT_AFTER_PINGS),
        format!(
            "above {} KiB, more than {} events",
            limits::MAX_UP_FRAME_BYTES / 1024,
            limits::MAX_EVENTS_PER_FRAME
        ),
        format!("At most {} events frames unacknowledged", limits::MAX_UNACKED_UP_FRAMES),
        format!("at most {}; may be `[]`", limits::MAX_SIMS),
        format!(
            "acknowledged entries for {} days and ids for {} days",
            limits::KEEP_ACKED_DAYS,
            limits::KEEP_IDS_DAYS
        ),
        format!("every {} minutes", limits::SWEEP_INTERVAL_MS / 60_000),
        format!("wait is up to {} s", limits::BACKOFF_FIRST_MS / 1000),
        format!("every failure up to {} s", limits::BACKOFF_MAX_MS / 1000),
        format!(
            "at most {}\n   frames and {} KiB",
            limits::MAX_UNACKED_DOWN_FRAMES,
            limits::MAX_UNACKED_DOWN_BYTES / 1024
        ),
    ] {
        assert!(readme.contains(&phrase), "README.md does not say `{phrase}`");
    }
    let settings = Settings::default();
    row(&readme, &["`ping_interval_ms`", &settings.ping_interval_ms.to_string()]);
    row(&readme, &["`radio_answer_timeout_ms`", &settings.radio_answer_timeout_ms.to_string()]);
    row(&readme, &["`guard_segments`", &settings.guard_segments.to_string()]);
    row(&readme, &["`guard_window_ms`", &settings.guard_window_ms.to_string()]);
    row(&readme, &["`max_pending`", &format!("default {}", limits::DEFAULT_MAX_PENDING)]);
}

#[test]
fn every_word_of_the_wire_is_explained() {
    let readme = text("README.md");
    for close in CloseCode::ALL {
        row(&readme, &[&close.code().to_string(), &code(close.word())]);
    }
    for class in [CloseClass::Retry, CloseClass::Stop, CloseClass::Replaced, CloseClass::Draining] {
        let word = format!("{class:?}").to_lowercase();
        assert!(readme.contains(&format!("| {word} |")), "{word}");
    }
    for refusal in RefusalCode::ALL {
        row(&readme, &[&refusal.status().to_string(), &code(refusal.word())]);
    }
    for event in Event::TYPES {
        row(&readme, &[&code(event)]);
    }
    for frame in UP_TYPES {
        row(&readme, &[&code(frame)]);
    }
    for frame in DOWN_TYPES {
        let named =
            readme.lines().any(|line| line.split('|').nth(3).is_some_and(|cell| cell.trim() == code(frame)));
        assert!(named, "{frame}");
    }
    row(&readme, &["`refresh_sims`", "`command.refresh_sims`"]);
    for word in [CONNECT_PATH, PAIR_PATH, SUBPROTOCOL, "`unknown_type`", "`other`"] {
        assert!(readme.contains(word), "{word}");
    }
}

#[test]
fn every_case_and_member_of_the_vectors_is_explained() {
    let readme = text("README.md");
    for resume in support::rows("vectors/resume.json", "rows") {
        row(&readme, &[&code(support::string(&resume["expected"], "case"))]);
    }
    for (file, list) in [("frames_up", "frames"), ("frames_down", "frames"), ("events", "events")] {
        for vector in support::rows(&format!("vectors/{file}.json"), list) {
            for member in vector["means"].as_object().unwrap().keys().filter(|member| *member != "lines") {
                let known = readme.contains(&code(member))
                    || readme.contains(&format!("`{member}."))
                    || readme.contains(&format!("\"{member}\":"));
                assert!(known, "`{member}` of {file}");
            }
        }
    }
}

#[test]
fn the_example_session_is_made_of_frames() {
    let readme = text("README.md");
    let (_, session) = readme.split_once("```session\n").unwrap();
    let (session, _) = session.split_once("```").unwrap();
    let mut frames: Vec<(bool, String)> = Vec::new();
    for line in session.lines() {
        match line.split_once(' ').unwrap() {
            (">", text) => frames.push((true, text.to_owned())),
            ("<", text) => frames.push((false, text.to_owned())),
            (_, text) => {
                let (_, frame) = frames.last_mut().unwrap();
                frame.push('\n');
                frame.push_str(text);
            }
        }
    }
    let mut next = None;
    for (up, text) in &frames {
        if !up {
            match DownFrame::parse(text).unwrap() {
                DownFrame::Welcome(welcome) => next = Some(welcome.acked + 1),
                DownFrame::Ack { up } => assert_eq!(Some(up + 1), next),
                _ => {}
            }
            continue;
        }
        if let UpFrame::Events { first, lines } = UpFrame::parse(text).unwrap() {
            assert_eq!(Some(first), next);
            next = Some(first + lines.len() as u64);
            lines.iter().for_each(|line| drop(Event::parse(line).unwrap()));
        }
    }
    assert!(frames.len() > 10);
}
