//! Outbound messages, looked up: one, a list, and everything that was reported about one.
//!
//! The scope is always an account: another account's message is as good as none.

use std::collections::HashMap;

use relay_domain::allocate::Wait;
use relay_domain::message::Outbound;
use relay_domain::state::Rank;
use relay_domain::{AccountId, MessageId};
use relay_store::queries::{FindOutbound, ListOutbound, TimelineOf, WaitsOf};

pub use relay_store::queries::{OutboundFilter, TimelineEntry, Waiting};

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

    /// Why those of these messages wait that are not sent yet.
    pub async fn waits(&self, messages: &[Outbound]) -> Result<HashMap<MessageId, Waiting>, Trouble> {
        let asked = WaitsOf::of(messages, self.clock.now());
        let mut waits: HashMap<MessageId, Waiting> = self.reads.ask(asked).await?.into_iter().collect();
        waits.extend(messages.iter().filter_map(|message| Some((message.id, self.wait_at_phone(message)?))));
        Ok(waits)
    }

    /// Why a message that was dispatched is not sent yet, as far as its phone tells.
    fn wait_at_phone(&self, message: &Outbound) -> Option<Waiting> {
        if message.state.rank != Rank::Dispatched || message.state.is_uncertain() {
            return None;
        }
        let connected = self.presence.last_frame_at(message.device_id).is_some();
        let why = if connected { self.presence.radio_wait(message.device_id)? } else { Wait::DeviceOffline };
        Some(Waiting { why, leaves_at: None, ahead: 0 })
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
