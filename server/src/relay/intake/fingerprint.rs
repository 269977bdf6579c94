//! What a request asks for, as a digest: two requests of one name are the same if their parsed drafts are.

use relay_domain::message::{Draft, Expiry};
use sha2::{Digest as _, Sha256};

/// SHA-256 over every field of every draft, each with its length or its kind, so that no two lists of drafts run
/// together to the same bytes. What is left out follows from the rest.
pub(super) fn fingerprint(drafts: &[Draft]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for draft in drafts {
        let Draft { recipient, recipient_normal: _, body, parts: _, priority, scheduled_at, expiry } = draft;
        for text in [recipient.as_str(), body] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.update(priority.number().to_be_bytes());
        digest.update(scheduled_at.map_or([0; 9], |at| tagged(1, at.nanos().to_be_bytes())));
        digest.update(match expiry {
            None => [0; 9],
            Some(Expiry::At(at)) => tagged(1, at.nanos().to_be_bytes()),
            Some(Expiry::After(span)) => tagged(2, span.as_secs().to_be_bytes()),
        });
    }
    digest.finalize().into()
}

fn tagged(tag: u8, number: [u8; 8]) -> [u8; 9] {
    let mut bytes = [tag; 9];
    bytes[1..].copy_from_slice(&number);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use relay_domain::Timestamp;
    use relay_domain::message::Priority;
    use relay_domain::phone_number::PhoneNumber;

    use super::*;

    fn draft(to: &str, body: &str) -> Draft {
        Draft::new(PhoneNumber::parse(to).unwrap(), body.into(), 1)
    }

    #[test]
    fn every_difference_that_a_customer_can_make_shows() {
        let plain = || draft("+639171234567", "a");
        let at = Timestamp::from_nanos(7);
        let requests = [
            vec![],
            vec![plain()],
            vec![plain(), plain()],
            vec![draft("+639171234568", "a")],
            vec![draft("+639171234567", "b")],
            vec![draft("+63917123456", "7a")],
            vec![Draft { priority: Priority::High, ..plain() }],
            vec![Draft { scheduled_at: Some(at), ..plain() }],
            vec![Draft { expiry: Some(Expiry::At(at)), ..plain() }],
            vec![Draft { expiry: Some(Expiry::After(Duration::from_secs(7))), ..plain() }],
            vec![Draft { scheduled_at: Some(at), expiry: Some(Expiry::At(at)), ..plain() }],
        ];
        let seen: HashSet<[u8; 32]> = requests.iter().map(|drafts| fingerprint(drafts)).collect();
        assert_eq!(seen.len(), requests.len());
        assert_eq!(fingerprint(&requests[1]), fingerprint(&[plain()]));
    }
}
