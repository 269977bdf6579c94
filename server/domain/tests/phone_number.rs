//! Promises of a recipient: `^\+[1-9][0-9]{6,14}$`, kept exactly as given.

use proptest::prelude::*;
use relay_domain::phone_number::{NotE164, PhoneNumber};

/// The pattern, walked character by character.
fn matches(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    match characters.as_slice() {
        ['+', '1'..='9', rest @ ..] => {
            (6..=14).contains(&rest.len()) && rest.iter().all(char::is_ascii_digit)
        }
        _ => false,
    }
}

#[test]
fn every_number_that_the_vendors_print_is_accepted() {
    let printed = [
        "+1234567890",
        "+1234567891",
        "+1234567892",
        "+1987654321",
        "+15005550006",
        "+15551234567",
        "+18882034193",
        "+19285979076",
        "+2310776000000",
        "+231776000000",
        "+639171234567",
        "+639181234567",
    ];
    for number in printed {
        assert_eq!(PhoneNumber::parse(number).unwrap().as_str(), number);
    }
}

#[test]
fn the_borders_are_seven_and_fifteen_digits() {
    for (digits, accepted) in [(0, false), (1, false), (6, false), (7, true), (15, true), (16, false)] {
        let number = format!("+{}", "1".repeat(digits));
        assert_eq!(PhoneNumber::parse(&number).is_ok(), accepted, "{number}");
    }
}

#[test]
fn nothing_else_is_accepted() {
    let refused = [
        "",
        "+",
        "1234567890",
        "+0123456789",
        "++1234567890",
        "+1234567890 ",
        " +1234567890",
        "+1234567890\n",
        "+123-456-7890",
        "+(123)4567890",
        "+1234567890\0",
        "+١٢٣٤٥٦٧٨٩٠",
        "＋1234567890",
        "+１２３４５６７８９０",
        "+12345678é",
        "00639171234567",
        "tel:+639171234567",
        "12345",
    ];
    for text in refused {
        assert_eq!(PhoneNumber::parse(text), Err(NotE164), "{text:?}");
    }
}

#[test]
fn the_refusal_holds_no_number() {
    assert!(!NotE164.to_string().contains("1234567890"));
}

proptest! {
    #[test]
    fn it_accepts_what_the_pattern_accepts(
        text in prop_oneof!["\\+[0-9]{0,18}", "\\+?[0-9+ a\u{0660}-\u{0669}-]{0,18}", any::<String>()],
    ) {
        prop_assert_eq!(PhoneNumber::parse(&text).is_ok(), matches(&text));
    }

    #[test]
    fn it_is_kept_exactly_as_given(text in "\\+[1-9][0-9]{6,14}") {
        let number = PhoneNumber::parse(&text).expect("it matches");
        prop_assert_eq!(number.as_str(), &text);
        prop_assert_eq!(number.to_string(), text);
    }
}
