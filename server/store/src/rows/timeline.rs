//! `timeline`: every report about a message, with its own time.

use diesel::prelude::*;
use relay_domain::MessageId;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure};

use super::signed;
use crate::lane::Tx;
use crate::schema::timeline;

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

/// Appends a report.
pub(crate) fn append(tx: &mut Tx<'_>, message: MessageId, fact: &Fact) -> QueryResult<()> {
    let failure: Option<&Failure> = match &fact.kind {
        FactKind::Failed(_, failure) => Some(failure),
        _ => None,
    };
    let entry = tx.entry();
    diesel::insert_into(timeline::table)
        .values((
            timeline::message_id.eq(message.as_bytes().as_slice()),
            timeline::recorded_at.eq(tx.now.nanos()),
            timeline::entry.eq(entry),
            timeline::up_seq.eq(signed(fact.up_seq)),
            timeline::kind.eq(word(&fact.kind)),
            timeline::happened_at.eq(fact.at.nanos()),
            timeline::class.eq(failure.map(|failure| failure.class.word())),
            timeline::code.eq(failure.map(|failure| failure.code.as_str())),
            timeline::reason.eq(failure.map(|failure| failure.reason.as_str())),
        ))
        .execute(tx.conn)
        .map(drop)
}
