//! Promises of a recipient: `^\+[1-9][0-9]{6,14}$`, kept exactly as given; and of the normal form beside it.

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;
use proptest::prelude::*;
use relay_domain::phone_number::{NotE164, PhoneNumber, normal_form};

const MANILA: Option<&str> = Some("+639170000001");

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

#[test]
fn the_zero_that_a_country_dials_at_home_is_no_part_of_the_normal_form() {
    for (given, normal) in [
        ("+2310776000000", "+231776000000"),
        ("+231776000000", "+231776000000"),
        ("+4407911123456", "+447911123456"),
        ("+63 (0) 917 123 4567", "+639171234567"),
        ("+390612345678", "+390612345678"),
        ("+2250708091011", "+2250708091011"),
        ("+78432901234", "+78432901234"),
        ("+1234567890", "+1234567890"),
        ("+999012345678", "+999012345678"),
        ("+63000000", "+63000000"),
    ] {
        assert_eq!(normal_form(given, None), normal, "{given}");
        assert_eq!(normal_form(given, MANILA), normal, "{given} received in Manila");
    }
}

#[test]
fn other_printed_numbers_are_their_own_normal_form() {
    for number in ["+1234567890", "+1987654321", "+15005550006", "+18882034193", "+639171234567"] {
        assert_eq!(normal_form(number, None), number);
    }
}

#[test]
fn a_local_number_is_of_the_country_that_it_was_received_in() {
    for (given, home, normal) in [
        ("09181234567", "+639171234567", "+639181234567"),
        ("0918 123-4567", "+639171234567", "+639181234567"),
        ("9181234567", "+639171234567", "+639181234567"),
        ("639181234567", "+639171234567", "+639181234567"),
        ("00639181234567", "+4915112345678", "+639181234567"),
        ("0776000000", "+2310776111111", "+231776000000"),
        ("0612345678", "+393331234567", "+390612345678"),
        ("2125551234", "+18882034193", "+12125551234"),
    ] {
        assert_eq!(normal_form(given, Some(home)), normal, "{given} received on {home}");
        assert_eq!(normal_form(given, None), given, "and nobody knows whose without");
        assert_eq!(normal_form(given, Some("unknown")), given);
    }
}

#[test]
fn names_short_codes_and_what_no_country_has_stay_as_they_are() {
    for text in [
        "My Bank",
        "GLOBE",
        "INFO2024",
        "1-800-FLOWERS",
        "",
        "+",
        "-",
        "143",
        "8888",
        "2-1-1",
        "12345678",
        "0143",
        "0",
        "00",
        "0000000000",
        "09",
        "+0",
        "123456789012345678901234567890",
        "+1234567890123456",
        "++639171234567",
        "6391+7123456",
        "+5१२३४५६७८९०",
        "０９１８１２３４５６７",
        "a\0b",
        "tel:+639171234567",
    ] {
        assert_eq!(normal_form(text, MANILA), text);
    }
}

/// Every number that a numbering plan gives as an example, with its plan.
fn examples() -> impl Iterator<Item = (&'static Metadata, &'static str)> {
    DATABASE.iter().flat_map(|plan| {
        let kinds = plan.descriptors();
        let kinds = [kinds.fixed_line(), kinds.mobile(), kinds.toll_free(), kinds.voip()];
        kinds.into_iter().flatten().filter_map(move |kind| Some((plan, kind.example()?)))
    })
}

#[test]
fn the_tables_tell_what_the_library_would_in_every_country() {
    let mut checked = 0;
    for (plan, example) in examples() {
        let (code, number) = (plan.country_code(), format!("+{}{example}", plan.country_code()));
        assert_eq!(normal_form(&number, None), number);
        // Where 8 is dialled before a number, the library drops it from numbers that begin with one.
        if !(example.starts_with('8') && [7, 370, 375].contains(&code)) {
            assert_eq!(phonenumber::parse(None, &number).unwrap().to_string(), number);
        }
        let Some(trunk) = plan.national_prefix().filter(|trunk| trunk.starts_with('0')) else { continue };
        let with_zero = format!("+{code}{trunk}{example}");
        if PhoneNumber::parse(&with_zero).is_ok() {
            assert_eq!(normal_form(&with_zero, None), number, "{with_zero}");
            checked += 1;
        }
    }
    assert!(checked > 300, "only {checked} examples");
}

#[test]
fn every_country_that_dials_a_zero_at_home_is_understood_at_home() {
    let mut checked = 0;
    for (plan, example) in examples() {
        // Colombia dials it before long-distance calls alone.
        let Some(trunk) = plan.national_prefix().filter(|trunk| *trunk == "0" && plan.id() != "CO") else {
            continue;
        };
        let number = format!("+{}{example}", plan.country_code());
        assert_eq!(normal_form(&format!("{trunk}{example}"), Some(&number)), number);
        checked += 1;
    }
    assert!(checked > 300, "only {checked} examples");
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

    #[test]
    fn the_normal_form_is_its_own_and_no_text_is_too_strange(
        text in prop_oneof!["\\+[0-9]{0,18}", "[+0-9 ()./-]{0,22}", "0[0-9]{3,14}", any::<String>()],
        home in proptest::option::of(prop_oneof!["\\+[1-9][0-9]{6,14}", any::<String>()]),
    ) {
        let normal = normal_form(&text, home.as_deref());
        prop_assert_eq!(&normal_form(&normal, home.as_deref()), &normal);
        // What became another text has become a number that we would send to.
        prop_assert!(normal == text || PhoneNumber::parse(&normal).is_ok(), "{}", normal);
    }

    #[test]
    fn a_recipient_without_a_zero_behind_its_country_code_is_its_own_normal_form(
        text in "\\+[1-9][1-9]{3}[0-9]{3,11}",
    ) {
        prop_assert_eq!(normal_form(&text, None), text);
    }

    #[test]
    fn a_text_with_letters_is_no_number(text in ".{0,10}\\p{L}.{0,10}", home in "\\+[1-9][0-9]{6,14}") {
        prop_assert_eq!(normal_form(&text, Some(&home)), text);
    }
}

#[test]
fn a_short_code_has_three_to_eight_digits() {
    for code in ["123", "12345678"] {
        let parsed = PhoneNumber::parse_short_code(code).unwrap();
        assert!(parsed.is_short_code());
        assert_eq!((parsed.as_str(), parsed.to_string()), (code, code.to_owned()));
    }
    for other in ["", "12", "123456789", "+12345", "12a4", "1 23"] {
        assert_eq!(PhoneNumber::parse_short_code(other), None, "{other:?}");
    }
    assert!(!PhoneNumber::parse("+436601234567").unwrap().is_short_code());
}
