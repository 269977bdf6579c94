//! What a key's number received, and its conversations. The scope is (account, number): it stays readable wherever the
//! SIM goes within the account, and what the number received for another account is not shown.

use relay_domain::InboundId;
use relay_domain::message::Inbound;
use relay_store::queries::{FindInbound, ListInbound, ReadConversation};

pub use relay_store::queries::{Conversation, ConversationFilter, Direction, Exchanged, InboundFilter};

use super::keys::Principal;
use super::lookup::LookupError;
use super::{Page, Relay, Trouble, Window};

impl Relay {
    /// What the key's number received, newest first, on whatever phone it sat.
    pub async fn list_inbound(
        &self,
        principal: &Principal,
        filter: InboundFilter,
        window: Window,
    ) -> Result<Page<Inbound>, Trouble> {
        let line = principal.line();
        let (account_id, number) = (line.account_id, line.number.clone());
        Ok(self.reads.ask(ListInbound { account_id, number: Some(number), filter, window }).await?)
    }

    /// One message that the key's number received; another number's is as good as none.
    pub async fn inbound(
        &self,
        principal: &Principal,
        inbound_id: InboundId,
    ) -> Result<Inbound, LookupError> {
        let line = principal.line();
        let (account_id, number) = (line.account_id, line.number.clone());
        let question = FindInbound { account_id, number, inbound_id };
        self.reads.ask(question).await.map_err(Trouble::from)?.ok_or(LookupError::NoSuchMessage)
    }

    /// What the key's number and somebody have exchanged, oldest first. `with` is a number in any spelling, or the
    /// name that a sender goes by.
    pub async fn conversation(
        &self,
        principal: &Principal,
        with: String,
        filter: ConversationFilter,
        window: Window,
    ) -> Result<Conversation, Trouble> {
        let line = principal.line();
        let (account_id, number) = (line.account_id, line.number.clone());
        Ok(self.reads.ask(ReadConversation { account_id, number, with, filter, window }).await?)
    }
}
