//! Promises of the segment count: texts whose parts are known, and a slow model that lays out every part.

use proptest::prelude::*;
use relay_domain::segment::{Encoding, MAX_PARTS, Segments, count};

/// GSM 03.38, the default alphabet row by row from 0x00 to 0x7F; `None` is the escape at 0x1B. Written as code
/// points, so that no look-alike (the ohm sign, a small c with cedilla) passes for the real character.
#[rustfmt::skip]
const GSM_03_38: [Option<u32>; 128] = [
    Some(0x40), Some(0xA3), Some(0x24), Some(0xA5), Some(0xE8), Some(0xE9), Some(0xF9), Some(0xEC),
    Some(0xF2), Some(0xC7), Some(0x0A), Some(0xD8), Some(0xF8), Some(0x0D), Some(0xC5), Some(0xE5),
    Some(0x394), Some(0x5F), Some(0x3A6), Some(0x393), Some(0x39B), Some(0x3A9), Some(0x3A0), Some(0x3A8),
    Some(0x3A3), Some(0x398), Some(0x39E), None, Some(0xC6), Some(0xE6), Some(0xDF), Some(0xC9),
    Some(0x20), Some(0x21), Some(0x22), Some(0x23), Some(0xA4), Some(0x25), Some(0x26), Some(0x27),
    Some(0x28), Some(0x29), Some(0x2A), Some(0x2B), Some(0x2C), Some(0x2D), Some(0x2E), Some(0x2F),
    Some(0x30), Some(0x31), Some(0x32), Some(0x33), Some(0x34), Some(0x35), Some(0x36), Some(0x37),
    Some(0x38), Some(0x39), Some(0x3A), Some(0x3B), Some(0x3C), Some(0x3D), Some(0x3E), Some(0x3F),
    Some(0xA1), Some(0x41), Some(0x42), Some(0x43), Some(0x44), Some(0x45), Some(0x46), Some(0x47),
    Some(0x48), Some(0x49), Some(0x4A), Some(0x4B), Some(0x4C), Some(0x4D), Some(0x4E), Some(0x4F),
    Some(0x50), Some(0x51), Some(0x52), Some(0x53), Some(0x54), Some(0x55), Some(0x56), Some(0x57),
    Some(0x58), Some(0x59), Some(0x5A), Some(0xC4), Some(0xD6), Some(0xD1), Some(0xDC), Some(0xA7),
    Some(0xBF), Some(0x61), Some(0x62), Some(0x63), Some(0x64), Some(0x65), Some(0x66), Some(0x67),
    Some(0x68), Some(0x69), Some(0x6A), Some(0x6B), Some(0x6C), Some(0x6D), Some(0x6E), Some(0x6F),
    Some(0x70), Some(0x71), Some(0x72), Some(0x73), Some(0x74), Some(0x75), Some(0x76), Some(0x77),
    Some(0x78), Some(0x79), Some(0x7A), Some(0xE4), Some(0xF6), Some(0xF1), Some(0xFC), Some(0xE0),
];

/// The extension table: form feed, `^ { } \ [ ~ ] |` and the euro sign.
const EXTENSION: [u32; 10] = [0x0C, 0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC];

fn septets(character: char) -> Option<usize> {
    let code = u32::from(character);
    if GSM_03_38.contains(&Some(code)) { Some(1) } else { EXTENSION.contains(&code).then_some(2) }
}

/// Lays the text out part by part; a character that does not fit whole opens the next part.
fn model(text: &str) -> Segments {
    let gsm7 = text.chars().all(|character| septets(character).is_some());
    let (encoding, alone, room) = if gsm7 { (Encoding::Gsm7, 160, 153) } else { (Encoding::Ucs2, 70, 67) };
    let mut widths = Vec::new();
    for character in text.chars() {
        widths.push(if gsm7 {
            septets(character).unwrap_or(0)
        } else {
            1 + usize::from(character > '\u{FFFF}')
        });
    }
    let units = widths.iter().sum();
    let mut parts = vec![0_usize];
    for width in widths {
        let last = parts.len() - 1;
        if parts[last] + width > room {
            parts.push(width);
        } else {
            parts[last] += width;
        }
    }
    Segments { encoding, units, parts: if units <= alone { 1 } else { parts.len() } }
}

fn gsm7(units: usize, parts: usize) -> Segments {
    Segments { encoding: Encoding::Gsm7, units, parts }
}

fn ucs2(units: usize, parts: usize) -> Segments {
    Segments { encoding: Encoding::Ucs2, units, parts }
}

#[test]
fn the_alphabet_is_gsm_03_38_character_by_character() {
    assert_eq!(GSM_03_38.iter().flatten().count(), 127);
    for character in '\0'..=char::MAX {
        let expected = match septets(character) {
            Some(width) => gsm7(width, 1),
            None => ucs2(character.len_utf16(), 1),
        };
        assert_eq!(count(character.encode_utf8(&mut [0; 4])), expected, "{:#x}", u32::from(character));
    }
}

#[test]
fn an_empty_text_is_one_part() {
    assert_eq!(count(""), gsm7(0, 1));
}

#[test]
fn gsm7_borders_are_160_and_153() {
    for (length, parts) in [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
        assert_eq!(count(&"a".repeat(length)), gsm7(length, parts), "{length}");
    }
}

#[test]
fn ucs2_borders_are_70_and_67() {
    for (length, parts) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
        assert_eq!(count(&"ж".repeat(length)), ucs2(length, parts), "{length}");
    }
}

#[test]
fn extension_characters_cost_two() {
    assert_eq!(count(&"€".repeat(80)), gsm7(160, 1));
    assert_eq!(count(&"€".repeat(81)), gsm7(162, 2));
}

#[test]
fn an_escape_pair_is_not_torn_at_a_border() {
    // 152 septets, then a pair: it does not fit in the 153rd place and goes whole into the second part.
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(151));
    assert_eq!(count(&text), gsm7(305, 2));
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(152));
    assert_eq!(count(&text), gsm7(306, 3));
    // Euro signs alone waste the odd septet of every part: 76 a part.
    assert_eq!(count(&"€".repeat(153)), gsm7(306, 3));
}

#[test]
fn a_surrogate_pair_is_not_torn_at_a_border() {
    let text = format!("{}😀{}", "ж".repeat(66), "ж".repeat(65));
    assert_eq!(count(&text), ucs2(133, 2));
    let text = format!("{}😀{}", "ж".repeat(66), "ж".repeat(66));
    assert_eq!(count(&text), ucs2(134, 3));
    assert_eq!(count(&"😀".repeat(35)), ucs2(70, 1));
    assert_eq!(count(&"😀".repeat(67)), ucs2(134, 3));
}

#[test]
fn one_character_outside_the_alphabet_turns_the_whole_text() {
    assert_eq!(count(&"a".repeat(70)), gsm7(70, 1));
    assert_eq!(count(&format!("{}ç", "a".repeat(70))), ucs2(71, 2));
}

#[test]
fn an_emoji_family_costs_what_its_code_units_cost() {
    let family = "👩\u{200D}👩\u{200D}👧\u{200D}👦";
    assert_eq!(count(family), ucs2(11, 1));
    assert_eq!(count(&family.repeat(7)), ucs2(77, 2));
}

#[test]
fn the_longest_sms_has_255_parts() {
    assert_eq!(MAX_PARTS, 255);
    assert_eq!(count(&"a".repeat(39_015)), gsm7(39_015, 255));
    assert_eq!(count(&"a".repeat(39_016)).parts, 256);
    assert_eq!(count(&"ж".repeat(17_085)), ucs2(17_085, 255));
    assert_eq!(count(&"ж".repeat(17_086)).parts, 256);
}

/// Texts that sit on borders: runs of one kind beside each other.
fn texts() -> impl Strategy<Value = String> {
    let gsm = prop_oneof![Just('a'), Just('€'), Just('\n'), Just('Ω'), Just('['), Just('\u{c}')];
    let ucs = prop_oneof![Just('ж'), Just('😀'), Just('ç'), Just('\u{200D}'), Just('\u{FFFF}')];
    let runs = |characters: BoxedStrategy<char>| {
        prop::collection::vec((characters, 0_usize..170), 0..6).prop_map(|runs| {
            runs.into_iter().flat_map(|(character, times)| std::iter::repeat_n(character, times)).collect()
        })
    };
    prop_oneof![
        runs(gsm.clone().boxed()),
        runs(prop_oneof![gsm, ucs].boxed()),
        any::<String>(),
        prop::collection::vec(any::<char>(), 0..400).prop_map(String::from_iter),
    ]
}

proptest! {
    #[test]
    fn it_counts_what_laying_out_every_part_counts(text in texts()) {
        prop_assert_eq!(count(&text), model(&text));
    }
}
