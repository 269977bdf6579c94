//! Inbound messages, listed. The scope is (account, number): what a number received for another account before it
//! moved is not shown.

use relay_domain::message::Inbound;
use relay_store::queries::ListInbound;

pub use relay_store::queries::InboundFilter;

use super::keys::Principal;
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
}
