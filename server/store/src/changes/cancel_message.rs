//! A customer cancels a message.

use diesel::prelude::*;
use relay_domain::message::Outbound;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure, Rank};
use relay_domain::{AccountId, MessageId};

use super::fact;
use crate::lane::{Change, Tx};
use crate::rows::id;
use crate::rows::outbound::OutboundRow;
use crate::schema::outbound;

/// Cancels a queued message.
#[derive(Debug, Clone, Copy)]
pub struct CancelMessage {
    /// Whose message.
    pub account_id: AccountId,
    /// The message.
    pub message_id: MessageId,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelVerdict {
    /// Canceled; it will not be sent.
    Canceled(Box<Outbound>),
    /// A phone has it, nobody knows how far it is, or it has ended: nothing was changed.
    TooLate(Box<Outbound>),
    /// The account has no such message.
    NoSuchMessage,
}

impl Change for CancelMessage {
    type Verdict = CancelVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<CancelVerdict> {
        let this = || {
            outbound::table
                .filter(outbound::id.eq(self.message_id.as_bytes().as_slice()))
                .filter(outbound::account_id.eq(self.account_id.as_bytes().as_slice()))
                .select(OutboundRow::as_select())
        };
        let Some(row) = this().first(tx.conn).optional()? else { return Ok(CancelVerdict::NoSuchMessage) };
        let stream = tx.stream(id(&row.device_id)?)?;
        let (Some(mut stream), true) = (stream, row.rank == Rank::Queued.number()) else {
            return row.read().map(|message| CancelVerdict::TooLate(Box::new(message)));
        };
        let kind = FactKind::Failed(FailedAt::Cancel, Failure::canceled());
        fact::record(tx, &mut stream, &row, &Fact { kind, at: tx.now, up_seq: 0 })?;
        tx.put_stream(stream);
        let canceled = this().first(tx.conn)?;
        canceled.read().map(|message| CancelVerdict::Canceled(Box::new(message)))
    }
}
