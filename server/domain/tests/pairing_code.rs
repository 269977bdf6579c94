//! Promises of a pairing code: whatever a person makes of it while typing, it is read as it was shown.

use proptest::prelude::*;
use relay_domain::pairing_code::{NotACode, PairingCode};

#[test]
fn the_secret_is_not_in_the_debug_form() {
    let code = PairingCode::parse("ABCD-123456").unwrap();
    assert_eq!(format!("{code:?}"), "PairingCode(ABCD-…)");
}

#[test]
fn look_alikes_are_read_as_digits() {
    let shown = PairingCode::parse("0110-110011").unwrap();
    for typed in ["OIL0-1l0o1i", "oIiO lLoOiI", "o1lO1LoO11", " 0 1 1 0 - 1 1 0 0 1 1 "] {
        assert_eq!(PairingCode::parse(typed), Ok(shown.clone()), "{typed}");
    }
}

#[test]
fn u_is_no_letter_of_a_code() {
    assert_eq!(PairingCode::parse("UBCD-123456"), Err(NotACode));
    assert_eq!(PairingCode::parse("ubcd-123456"), Err(NotACode));
}

#[test]
fn anything_but_ten_characters_is_refused() {
    let long = "A".repeat(100_000);
    for text in
        ["", "-", "ABCD", "ABCD-12345", "ABCD-1234567", "ABCD_123456", "ÀBCD-123456", "ABCD-12345٦", &long]
    {
        assert_eq!(PairingCode::parse(text), Err(NotACode));
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_what_is_read(bytes in any::<[u8; 10]>()) {
        let code = PairingCode::from_random(bytes);
        let shown = code.to_string();
        prop_assert_eq!((shown.len(), shown.find('-')), (11, Some(4)));
        prop_assert!(!shown.contains(['I', 'L', 'O', 'U']));
        prop_assert_eq!(PairingCode::parse(&shown), Ok(code));
    }

    #[test]
    fn case_spaces_and_hyphens_do_not_matter(bytes in any::<[u8; 10]>(), noise in any::<[u8; 11]>()) {
        let code = PairingCode::from_random(bytes);
        let mut typed = String::new();
        for (character, noise) in code.to_string().chars().zip(noise) {
            typed.push(if noise & 1 == 0 { character } else { character.to_ascii_lowercase() });
            typed.push_str(["", " ", "-", " - "][usize::from(noise >> 6)]);
        }
        prop_assert_eq!(PairingCode::parse(&typed), Ok(code));
    }

    #[test]
    fn each_of_the_32_characters_is_as_likely(byte in any::<u8>()) {
        let code = |byte| PairingCode::from_random([byte; 10]).public;
        prop_assert_eq!(code(byte), code(byte & 31));
        prop_assert_ne!(code(byte), code(byte ^ 1));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        if let Ok(code) = PairingCode::parse(&text) {
            prop_assert_eq!(PairingCode::parse(&code.to_string()), Ok(code));
        }
    }
}
