//! Accounts: made and listed by whoever runs the installation.

use relay_domain::AccountId;
use relay_domain::account::Account;
use relay_domain::plan::Plan;
use relay_store::changes::CreateAccount;
use relay_store::queries::{FindAccount, ListAccounts};

use super::{Relay, Trouble};

/// Characters of a name: it stands in a table's column.
const NAME_CHARS: usize = 100;

/// What a person may call an account, a device or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {NAME_CHARS} characters, on one line and with none that cannot be seen")]
pub struct BadName;

/// A name without the space around it.
pub fn check_name(name: &str) -> Result<String, BadName> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS).contains(&name.chars().count());
    if fits && !name.contains(char::is_control) { Ok(name.to_owned()) } else { Err(BadName) }
}

/// Why no account was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateAccountError {
    /// The name.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
}

impl Relay {
    /// Makes an account.
    pub async fn create_account(&self, name: &str, plan: Plan) -> Result<Account, CreateAccountError> {
        let name = check_name(name)?;
        Ok(self.lane.api(CreateAccount { name, plan }).await.map_err(Trouble::from)?)
    }

    /// Every account, oldest first.
    pub async fn list_accounts(&self) -> Result<Vec<Account>, Trouble> {
        Ok(self.reads.ask(ListAccounts).await?)
    }

    /// One account.
    pub async fn account(&self, account_id: AccountId) -> Result<Option<Account>, Trouble> {
        Ok(self.reads.ask(FindAccount(account_id)).await?)
    }
}
