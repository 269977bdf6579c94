//! Outbound messages, looked up: one, a list, and everything that was reported about one.
//!
//! The scope is always an account: another account's message is as good as none.

use relay_domain::message::Outbound;
use relay_domain::{AccountId, MessageId};
use relay_store::queries::{FindOutbound, ListOutbound, TimelineOf};

pub use relay_store::queries::{OutboundFilter, TimelineEntry};

use super::{Page, Relay, Trouble, Window};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The account has no such message.
    #[error("the account has no such message")]
    NoSuchMessage,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// One message.
    pub async fn outbound(
        &self,
        account_id: AccountId,
        message_id: MessageId,
    ) -> Result<Outbound, LookupError> {
        let found = self.reads.ask(FindOutbound { account_id, message_id }).await.map_err(Trouble::from)?;
        found.ok_or(LookupError::NoSuchMessage)
    }

    /// Messages, newest first.
    pub async fn list_outbound(
        &self,
        account_id: AccountId,
        filter: OutboundFilter,
        window: Window,
    ) -> Result<Page<Outbound>, Trouble> {
        Ok(self.reads.ask(ListOutbound { account_id, filter, window }).await?)
    }

    /// Every report about a message, in the order in which they were stored.
    pub async fn timeline(
        &self,
        account_id: AccountId,
        message_id: MessageId,
    ) -> Result<Vec<TimelineEntry>, Trouble> {
        Ok(self.reads.ask(TimelineOf { account_id, message_id }).await?)
    }
}
