//! A customer takes a message back.

use relay_domain::message::Outbound;
use relay_domain::state::Rank;
use relay_domain::{AccountId, MessageId};
use relay_store::changes::{CancelMessage, CancelVerdict};

use super::{Relay, Trouble};

/// Why a message was not canceled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The account has no such message.
    #[error("the account has no such message")]
    NoSuchMessage,
    /// A phone has it, or had it.
    #[error("a phone has the message already")]
    Dispatched,
    /// The hub was restored, and nobody knows yet whether a phone had it.
    #[error("the hub was restored from a backup, and a phone may have had the message")]
    Held,
    /// A phone had it, and nobody knows what came of it.
    #[error("a phone had the message and nobody knows what came of it")]
    Uncertain,
    /// It ended before any phone had it.
    #[error("the message has ended")]
    Ended,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Cancels a message that waits in the hub. Canceling it again is no error.
    pub async fn cancel(
        &self,
        account_id: AccountId,
        message_id: MessageId,
    ) -> Result<Outbound, CancelError> {
        match self.lane.api(CancelMessage { account_id, message_id }).await.map_err(Trouble::from)? {
            CancelVerdict::Canceled(message) => Ok(*message),
            CancelVerdict::TooLate(message) => match message.state.rank {
                Rank::Canceled if message.dispatch.is_none() => Ok(*message),
                _ if message.is_held() => Err(CancelError::Held),
                Rank::Dispatched if message.state.is_uncertain() => Err(CancelError::Uncertain),
                _ if message.dispatch.is_some() => Err(CancelError::Dispatched),
                _ => Err(CancelError::Ended),
            },
            CancelVerdict::NoSuchMessage => Err(CancelError::NoSuchMessage),
        }
    }
}
