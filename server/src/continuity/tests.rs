//! Written, read again, torn, and not ours.

use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use relay_domain::Timestamp;

use super::*;
use crate::relay::standing::PhoneStanding;

fn device(n: u128) -> DeviceId {
    DeviceId::from(uuid::Uuid::from_u128(n))
}

fn stands(n: u128, generation: u32, phone: PhoneStanding) -> Standing {
    Standing { device_id: device(n), generation, phone }
}

fn mark(incarnation: u32, commits: u64) -> Mark {
    Mark { incarnation, commits }
}

const LEAVING: PhoneStanding = PhoneStanding::Leaving { by: Timestamp::from_millis(1_795_327_200_000) };

struct Scratch {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn scratch() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("continuity.ndjson");
    Scratch { _folder: folder, path }
}

#[test]
fn what_was_written_is_read_again() {
    let Scratch { path, _folder } = &scratch();
    assert_eq!(read(path).unwrap(), None);
    let first = [stands(2, 1, PhoneStanding::Paired), stands(1, 7, PhoneStanding::Revoked)];
    let kept = Continuity::begin(path, mark(1, 5), first).unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    kept.note(stands(2, 1, LEAVING)).unwrap();
    kept.come_to(mark(1, u64::MAX)).unwrap();
    kept.note(stands(3, 1, PhoneStanding::Paired)).unwrap();
    let expected = vec![
        stands(1, 7, PhoneStanding::Revoked),
        stands(2, 1, LEAVING),
        stands(3, 1, PhoneStanding::Paired),
    ];
    assert_eq!(read(path).unwrap(), Some(Record { mark: mark(1, u64::MAX), standings: expected }));
}

#[test]
fn two_verbs_at_once_may_write_in_either_order() {
    let Scratch { path, _folder } = &scratch();
    let kept = Continuity::begin(path, mark(1, 0), []).unwrap();
    let dead = stands(1, 2, PhoneStanding::Revoked);
    for standing in [dead, stands(1, 1, PhoneStanding::Paired), stands(1, 2, LEAVING)] {
        kept.note(standing).unwrap();
    }
    assert_eq!(read(path).unwrap().unwrap().standings, [dead]);
    let again = stands(1, 3, PhoneStanding::Paired);
    kept.note(again).unwrap();
    assert_eq!(read(path).unwrap().unwrap().standings, [again]);
}

#[test]
fn a_torn_last_line_is_as_if_it_was_never_begun() {
    let Scratch { path, _folder } = &scratch();
    let whole = stands(1, 1, PhoneStanding::Paired);
    Continuity::begin(path, mark(1, 5), [whole]).unwrap().note(stands(2, 1, LEAVING)).unwrap();
    let text = std::fs::read(path).unwrap();
    let second = text.iter().rposition(|byte| *byte == b'{').unwrap();
    for length in second..text.len() {
        std::fs::write(path, &text[..length]).unwrap();
        assert_eq!(read(path).unwrap().unwrap().standings, [whole], "{length}");
    }
}

#[test]
fn a_line_after_a_failed_one_takes_its_place() {
    let Scratch { path, _folder } = &scratch();
    let kept = Continuity::begin(path, mark(1, 5), []).unwrap();
    let end = std::fs::metadata(path).unwrap().len();
    kept.written().file.write_all_at(br#"{"device":"half"#, end).unwrap();
    kept.note(stands(1, 1, PhoneStanding::Paired)).unwrap();
    assert_eq!(read(path).unwrap().unwrap().standings.len(), 1);
}

#[test]
fn a_long_file_is_written_anew() {
    let Scratch { path, _folder } = &scratch();
    let kept = Continuity::begin(path, mark(1, 5), [stands(1, 1, PhoneStanding::Paired)]).unwrap();
    kept.written().end = REWRITE_AT_BYTES;
    kept.note(stands(2, 1, PhoneStanding::Paired)).unwrap();
    assert!(std::fs::metadata(path).unwrap().len() < REWRITE_AT_BYTES);
    kept.come_to(mark(1, 6)).unwrap();
    kept.note(stands(3, 1, PhoneStanding::Paired)).unwrap();
    let record = read(path).unwrap().unwrap();
    assert_eq!((record.mark, record.standings.len()), (mark(1, 6), 3));
}

#[test]
fn what_is_none_of_ours_is_refused_with_the_remedy() {
    let Scratch { path, _folder } = &scratch();
    let line =
        |text: &str| format!("{}{text}\n", String::from_utf8(lines::header(mark(1, 1)).to_vec()).unwrap());
    let stranger = line("").replace("relay-hub continuity", "letters of a friend ");
    for text in [
        String::new(),
        "{}\n".to_owned(),
        stranger,
        line("dear"),
        line(r#"{"device":"0190aaaa-0000-7000-8000-000000000001","generation":1,"phone":"lost"}"#),
        line(r#"{"device":"0190aaaa-0000-7000-8000-000000000001","generation":1,"phone":"leaving"}"#),
        line(r#"{"device":"0190aaaa-0000-7000-8000-000000000001","generation":-1,"phone":"paired"}"#),
    ] {
        std::fs::write(path, &text).unwrap();
        let refused = read(path).unwrap_err();
        assert!(matches!(refused, ContinuityError::Damaged { .. }), "{text}: {refused}");
        assert!(refused.to_string().contains("run `relay-hub restore`"), "{refused}");
    }
    std::fs::write(path, line("").replace("\"version\":1", "\"version\":2")).unwrap();
    assert!(matches!(read(path).unwrap_err(), ContinuityError::Newer { version: 2, .. }));
    File::create(path).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(read(path).unwrap_err(), ContinuityError::Damaged { .. }), "and it is not read");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), headed in any::<bool>()) {
        let mut text = if headed { lines::header(mark(3, 9)).to_vec() } else { Vec::new() };
        text.extend_from_slice(&bytes);
        let _refused = read::parse(Path::new("continuity.ndjson"), text.as_slice());
    }

    #[test]
    fn any_cut_and_any_changed_byte_is_read_or_refused(at in 0usize..700, byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = lines::header(mark(3, 9)).to_vec();
        (1..5).for_each(|n| lines::push(&mut text, &stands(n, 1, LEAVING)));
        let at = at % text.len();
        if cut { text.truncate(at) } else { text[at] = byte }
        let _refused = read::parse(Path::new("continuity.ndjson"), text.as_slice());
    }
}
