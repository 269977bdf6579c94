//! A customer cancels a message.

use diesel::QueryResult;
use relay_domain::message::Outbound;
use relay_domain::state::{Fact, FactKind, FailedAt, Failure, Rank};
use relay_domain::{AccountId, MessageId};

use super::fact;
use crate::lane::{Change, Tx};
use crate::rows::id;
use crate::rows::outbound::load_of_account;

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
    /// A phone has it, or may have had it before a restore, nobody knows how far it is, or it has ended: nothing was
    /// changed.
    TooLate(Box<Outbound>),
    /// The account has no such message.
    NoSuchMessage,
}

impl Change for CancelMessage {
    type Verdict = CancelVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<CancelVerdict> {
        let Some(row) = load_of_account(tx.conn, self.account_id, self.message_id)? else {
            return Ok(CancelVerdict::NoSuchMessage);
        };
        let stream = tx.stream(id(&row.device_id)?)?.filter(|_| row.restored_at.is_none());
        let (Some(mut stream), true) = (stream, row.rank == Rank::Queued.number()) else {
            return row.read().map(|message| CancelVerdict::TooLate(Box::new(message)));
        };
        let kind = FactKind::Failed(FailedAt::Cancel, Failure::canceled());
        fact::record(tx, &mut stream, &row, &Fact { kind, at: tx.now, up_seq: 0 })?;
        tx.put_stream(stream);
        let canceled = load_of_account(tx.conn, self.account_id, self.message_id)?;
        let canceled = canceled.ok_or(diesel::result::Error::NotFound)?;
        canceled.read().map(|message| CancelVerdict::Canceled(Box::new(message)))
    }
}
