//! `timeline`: every report about a message, with its own time.

use diesel::prelude::*;
use relay_domain::MessageId;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure};

use super::signed;
use crate::backend::{Words as _, words};
use crate::lane::Tx;

/// The word of a report in the timeline.
pub(crate) fn word(kind: &FactKind) -> &'static str {
    match kind {
        FactKind::Sent => "sent",
        FactKind::Delivered => "delivered",
        FactKind::Uncertain => "uncertain",
        FactKind::TooLate => "too_late",
        FactKind::Failed(at, _) => match at {
            FailedAt::Unknown => "failed_unknown",
            FailedAt::Deadline => "expired",
            FailedAt::Cancel => "canceled",
            FailedAt::Hub => "failed_hub",
            FailedAt::Radio => "failed_radio",
            FailedAt::Receipt => "failed_receipt",
        },
    }
}

words!(
    Append = "INSERT INTO timeline (message_id, recorded_at, entry, up_seq, kind, happened_at, class, code, reason) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
);

/// Appends a report.
pub(crate) fn append(tx: &mut Tx<'_>, message: MessageId, fact: &Fact) -> QueryResult<()> {
    let failure: Option<&Failure> = match &fact.kind {
        FactKind::Failed(_, failure) => Some(failure),
        _ => None,
    };
    let entry = tx.entry();
    let insert = Append::with([
        message.as_bytes().into(),
        tx.now.nanos().into(),
        entry.into(),
        signed(fact.up_seq).into(),
        word(&fact.kind).into(),
        fact.at.nanos().into(),
        failure.map(|failure| failure.class.word()).into(),
        failure.map(|failure| failure.code.as_str()).into(),
        failure.map(|failure| failure.reason.as_str()).into(),
    ]);
    insert.run(tx.conn).map(drop)
}
