//! Promises of an id: one spelling, whatever its case, and the way back to it.

use proptest::prelude::*;
use relay_domain::{DeviceId, MessageId};

const TEXT: &str = "0195b1c2-7d3e-7f45-8a6b-9c0d1e2f3a4b";

#[test]
fn upper_case_is_read_and_lower_case_is_written() {
    let id: MessageId = TEXT.to_ascii_uppercase().parse().unwrap();
    assert_eq!(id.to_string(), TEXT);
}

#[test]
fn only_the_hyphenated_form_is_an_id() {
    let simple = TEXT.replace('-', "");
    let others = [
        simple.clone(),
        format!("{{{TEXT}}}"),
        format!("urn:uuid:{TEXT}"),
        format!(" {TEXT}"),
        format!("{TEXT}\n"),
        TEXT.replacen('-', "", 1),
        TEXT.replace('-', "_"),
        TEXT.replacen('0', "g", 1),
        format!("{simple}----"),
        "0195b1c27-d3e-7f45-8a6b-9c0d1e2f3a4b".to_owned(),
        String::new(),
        "é".repeat(18),
    ];
    for text in others {
        assert!(text.parse::<MessageId>().is_err(), "{text:?}");
    }
}

#[test]
fn the_debug_form_names_the_kind() {
    let id: DeviceId = TEXT.parse().unwrap();
    assert_eq!(format!("{id:?}"), format!("DeviceId({TEXT})"));
}

proptest! {
    #[test]
    fn an_id_comes_back_from_its_text_and_from_its_bytes(bytes in any::<[u8; 16]>()) {
        let id = MessageId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<MessageId>(), Ok(id));
        prop_assert_eq!(id.as_bytes(), &bytes);
        prop_assert_eq!(MessageId::from(id.uuid()), id);
    }

    #[test]
    fn ids_sort_as_their_texts_do(a in any::<[u8; 16]>(), b in any::<[u8; 16]>()) {
        let (a, b) = (MessageId::from_bytes(a), MessageId::from_bytes(b));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
    }

    #[test]
    fn what_is_read_is_what_would_be_written(text in "[0-9a-fA-F{}:urn-]{30,40}|[0-9A-F]{8}(-[0-9a-f]{4}){3}-[0-9A-F]{12}") {
        if let Ok(id) = text.parse::<MessageId>() {
            prop_assert_eq!(id.to_string(), text.to_ascii_lowercase());
        }
    }
}
