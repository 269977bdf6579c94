//! Requests that named themselves, with what was answered: shared by acceptance and by the sweep that forgets them.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::message::{Refusal, Untimely};
use relay_domain::{KeyId, MessageId};

use crate::lane::Tx;
use crate::rows::{broken, id};
use crate::schema::idempotency;

/// A request that named itself (`Idempotency-Key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its name, unique for the key.
    pub name: String,
    /// Digest of what it asks for: another request must not hide behind the same name.
    pub fingerprint: [u8; 32],
}

/// How long a request's name is kept.
pub(super) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What came of each draft of a request, in order.
pub(super) type Answered = Vec<Result<MessageId, Refusal>>;

/// What is kept of a request.
pub(super) struct Kept {
    pub(super) fingerprint: Vec<u8>,
    pub(super) answered: Answered,
}

/// The request of this key and name, if it is not older than [`KEPT`].
pub(super) fn load(tx: &mut Tx<'_>, key: KeyId, name: &str) -> QueryResult<Option<Kept>> {
    let found: Option<(Vec<u8>, Vec<u8>)> = idempotency::table
        .filter(idempotency::key_id.eq(key.as_bytes().as_slice()))
        .filter(idempotency::name.eq(name))
        .filter(idempotency::created_at.gt(tx.now.minus(KEPT).nanos()))
        .select((idempotency::fingerprint, idempotency::answer))
        .first(tx.conn)
        .optional()?;
    found.map(|(fingerprint, answer)| Ok(Kept { fingerprint, answered: read(&answer)? })).transpose()
}

/// Keeps a request; one of the same name that has grown old is replaced.
pub(super) fn store(tx: &mut Tx<'_>, key: KeyId, request: &Request, answered: &Answered) -> QueryResult<()> {
    let old = idempotency::table
        .filter(idempotency::key_id.eq(key.as_bytes().as_slice()))
        .filter(idempotency::name.eq(&request.name));
    diesel::delete(old).execute(tx.conn)?;
    let id: uuid::Uuid = tx.id();
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::id.eq(id.as_bytes().as_slice()),
            idempotency::key_id.eq(key.as_bytes().as_slice()),
            idempotency::name.eq(&request.name),
            idempotency::fingerprint.eq(request.fingerprint.as_slice()),
            idempotency::answer.eq(write(answered)),
            idempotency::created_at.eq(tx.now.nanos()),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Forgets the oldest `most` of what has grown old; answers how many that were.
pub(super) fn forget(tx: &mut Tx<'_>, most: i64) -> QueryResult<usize> {
    let old: Vec<Vec<u8>> = idempotency::table
        .filter(idempotency::created_at.le(tx.now.minus(KEPT).nanos()))
        .order(idempotency::created_at)
        .limit(most)
        .select(idempotency::id)
        .load(tx.conn)?;
    diesel::delete(idempotency::table.filter(idempotency::id.eq_any(old))).execute(tx.conn)
}

const ACCEPTED: u8 = 0;
const MONTHLY_CAP: u8 = 1;
const SCHEDULE_PAST: u8 = 2;
const DEADLINE_PAST: u8 = 3;
const SHORT_CODE: u8 = 4;

/// One byte a draft; the id follows where it was accepted.
fn write(answered: &Answered) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(answered.len() * 17);
    for one in answered {
        match one {
            Ok(id) => {
                bytes.push(ACCEPTED);
                bytes.extend_from_slice(id.as_bytes());
            }
            Err(Refusal::MonthlyCap) => bytes.push(MONTHLY_CAP),
            Err(Refusal::Untimely(Untimely::Schedule)) => bytes.push(SCHEDULE_PAST),
            Err(Refusal::Untimely(Untimely::Deadline)) => bytes.push(DEADLINE_PAST),
            Err(Refusal::ShortCode) => bytes.push(SHORT_CODE),
        }
    }
    bytes
}

fn read(mut bytes: &[u8]) -> QueryResult<Answered> {
    let mut answered = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        bytes = rest;
        answered.push(match *kind {
            ACCEPTED => {
                let (message, rest) = bytes
                    .split_at_checked(16)
                    .ok_or_else(|| broken("answer", "ends in the middle of an id"))?;
                bytes = rest;
                Ok(id(message)?)
            }
            MONTHLY_CAP => Err(Refusal::MonthlyCap),
            SCHEDULE_PAST => Err(Refusal::Untimely(Untimely::Schedule)),
            DEADLINE_PAST => Err(Refusal::Untimely(Untimely::Deadline)),
            SHORT_CODE => Err(Refusal::ShortCode),
            other => return Err(broken("answer", format!("holds the unknown verdict {other}"))),
        });
    }
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written_and_a_torn_one_is_told() {
        let answered: Answered = vec![
            Ok(MessageId::from_bytes([7; 16])),
            Err(Refusal::MonthlyCap),
            Err(Refusal::Untimely(Untimely::Schedule)),
            Err(Refusal::Untimely(Untimely::Deadline)),
            Err(Refusal::ShortCode),
            Ok(MessageId::from_bytes([0; 16])),
        ];
        let bytes = write(&answered);
        assert_eq!(read(&bytes).unwrap(), answered);
        assert!(read(&bytes[..bytes.len() - 1]).is_err());
        assert!(read(&[9]).is_err());
        assert_eq!(read(&[]).unwrap(), []);
    }
}
