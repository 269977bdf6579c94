//! What a message may ask for beyond the vendor's page: `priority`, `scheduledAt`, `expiresAt` or `ttlSeconds`.

use std::time::Duration;

use relay_domain::Timestamp;
use relay_domain::message::{Expiry, Priority};
use serde_json::Value;

use super::mistake::{Mistake, kind};
use crate::http::instant;
use crate::relay::intake::{LONGEST_WAIT, Options};

pub(super) const PRIORITY: &str = "priority";
pub(in super::super) const SCHEDULED: &str = "scheduledAt";
pub(in super::super) const EXPIRES: &str = "expiresAt";
pub(in super::super) const TTL: &str = "ttlSeconds";

/// The words of the classes.
pub(in super::super) const PRIORITIES: [(&str, Priority); 3] =
    [("high", Priority::High), ("normal", Priority::Normal), ("low", Priority::Low)];

/// Reads them; `given` is the value of a field, if it was given and is not null.
pub(super) fn read<'a>(given: impl Fn(&'static str) -> Option<&'a Value>) -> Result<Options, Mistake> {
    let priority = given(PRIORITY).map_or(Ok(Priority::default()), priority)?;
    let scheduled_at = given(SCHEDULED).map(|value| instant_of(SCHEDULED, value)).transpose()?;
    let expires_at = given(EXPIRES).map(|value| instant_of(EXPIRES, value)).transpose()?;
    let ttl = given(TTL).map(ttl).transpose()?;
    let expiry = match (expires_at, ttl) {
        (Some(_), Some(_)) => {
            return Err(Mistake::of(EXPIRES, "and ttlSeconds contradict each other: give one of them"));
        }
        (Some(at), None) => Some(Expiry::At(at)),
        (None, Some(span)) => Some(Expiry::After(span)),
        (None, None) => None,
    };
    Ok(Options { priority, scheduled_at, expiry })
}

fn priority(value: &Value) -> Result<Priority, Mistake> {
    let known = value.as_str().and_then(|word| PRIORITIES.iter().find(|(known, _)| *known == word));
    let mistake = || Mistake::of(PRIORITY, "must be one of \"high\", \"normal\" and \"low\"");
    known.map(|(_, priority)| *priority).ok_or_else(mistake)
}

fn instant_of(field: &'static str, value: &Value) -> Result<Timestamp, Mistake> {
    let text = value
        .as_str()
        .ok_or_else(|| Mistake::of(field, format!("must be an instant as a string, not {}", kind(value))))?;
    instant::exact(text).ok_or_else(|| {
        Mistake::of(field, "must be an RFC 3339 instant with its offset, such as 2026-04-25T08:00:00Z")
    })
}

fn ttl(value: &Value) -> Result<Duration, Mistake> {
    let most = LONGEST_WAIT.as_secs();
    let seconds = value.as_u64().filter(|seconds| (1..=most).contains(seconds));
    let mistake = || Mistake::of(TTL, format!("must be a whole number of seconds from 1 to {most}"));
    seconds.map(Duration::from_secs).ok_or_else(mistake)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(object: &Value) -> Result<Options, Mistake> {
        read(|field| object.get(field))
    }

    #[test]
    fn every_option_is_read() {
        assert_eq!(options(&json!({})).unwrap(), Options::default());
        let all = options(&json!({
            "priority": "low", "scheduledAt": "2026-04-25T10:00:00+02:00", "ttlSeconds": 60,
        }));
        let at = Timestamp::from_millis(1_777_104_000_000);
        let expiry = Some(Expiry::After(Duration::from_secs(60)));
        let wanted = Options { priority: Priority::Low, scheduled_at: Some(at), expiry };
        assert_eq!(all.unwrap(), wanted);
        let until = options(&json!({"expiresAt": "2026-04-25T08:00:00.000Z"})).unwrap();
        assert_eq!(until.expiry, Some(Expiry::At(at)));
    }

    #[test]
    fn every_mistake_names_its_option() {
        for (object, field) in [
            (json!({"priority": "urgent"}), "priority"),
            (json!({"priority": "HIGH"}), "priority"),
            (json!({"priority": 1}), "priority"),
            (json!({"scheduledAt": "tomorrow"}), "scheduledAt"),
            (json!({"scheduledAt": "2026-04-25"}), "scheduledAt"),
            (json!({"scheduledAt": "2026-04-25T08:00:00"}), "scheduledAt"),
            (json!({"scheduledAt": 1_777_104_000}), "scheduledAt"),
            (json!({"scheduledAt": "9999-01-01T00:00:00Z"}), "scheduledAt"),
            (json!({"expiresAt": ""}), "expiresAt"),
            (json!({"expiresAt": "2026-04-25T08:00:00Z", "ttlSeconds": 5}), "expiresAt"),
            (json!({"ttlSeconds": 0}), "ttlSeconds"),
            (json!({"ttlSeconds": -5}), "ttlSeconds"),
            (json!({"ttlSeconds": 1.5}), "ttlSeconds"),
            (json!({"ttlSeconds": "60"}), "ttlSeconds"),
            (json!({"ttlSeconds": 40_000_000}), "ttlSeconds"),
        ] {
            let mistake = options(&object).unwrap_err();
            assert_eq!(mistake.field, Some(field), "{object}");
            assert!(mistake.message.starts_with(field), "{mistake:?}");
        }
    }
}
