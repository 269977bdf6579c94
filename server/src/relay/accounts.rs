//! Accounts and their plans: made, listed and changed by whoever runs the installation.

use relay_domain::account::{Account, AccountChanges};
use relay_domain::month::{self, Zone};
use relay_domain::plan::{Plan, Quota};
use relay_domain::{AccountId, DeviceId, Timestamp};
use relay_store::changes::{ChangeAccount, CreateAccount, SetDeviceQuota};
use relay_store::queries::{FindAccount, ListAccounts, UsageOf};

pub use relay_store::queries::MonthUsed;

use super::devices::DeviceError;
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

/// Months of usage that are shown: a year and the one that is not over.
const MONTHS_SHOWN: i64 = 13;

/// What an account was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// This month, year × 100 + month in the account's calendar.
    pub month: i32,
    /// Messages accepted in it.
    pub accepted: u64,
    /// Messages that it still takes; `None` without a cap.
    pub left: Option<u64>,
    /// When the next one begins.
    pub resets_at: Timestamp,
    /// The newest months with messages, newest first.
    pub months: Vec<MonthUsed>,
}

/// Why an account was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeAccountError {
    /// There is none.
    #[error("there is no such account: `relay-hub account list` shows those there are")]
    NoSuchAccount,
    /// The store.
    #[error(transparent)]
    Store(#[from] Trouble),
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
    pub async fn create_account(
        &self,
        name: &str,
        plan: Plan,
        zone: Zone,
    ) -> Result<Account, CreateAccountError> {
        let name = check_name(name)?;
        Ok(self.lane.api(CreateAccount { name, plan, zone }).await.map_err(Trouble::from)?)
    }

    /// Changes an account. When this answers, every device of it has the new quota.
    pub async fn change_account(
        &self,
        account_id: AccountId,
        changes: AccountChanges,
    ) -> Result<Account, ChangeAccountError> {
        let changed = self.lane.api(ChangeAccount { account_id, changes }).await.map_err(Trouble::from)?;
        let changed = changed.ok_or(ChangeAccountError::NoSuchAccount)?;
        // Housekeeping ends it if this process dies on the way.
        self.spread_plans().await.map_err(Trouble::from)?;
        Ok(changed)
    }

    /// Gives a device a quota of its own, or its account's again; answers what holds now.
    pub async fn set_device_quota(
        &self,
        account_id: AccountId,
        device_id: DeviceId,
        quota: Option<Quota>,
    ) -> Result<Quota, DeviceError> {
        let change = SetDeviceQuota { account_id, device_id, quota };
        self.lane.api(change).await.map_err(Trouble::from)?.ok_or(DeviceError::NoSuchDevice)
    }

    /// What an account was accepted in its newest months, and what is left of this one.
    pub async fn usage(&self, account: &Account) -> Result<Usage, Trouble> {
        let months = self.reads.ask(UsageOf { account_id: account.id, months: MONTHS_SHOWN }).await?;
        let now = self.clock.now();
        let month = month::of(now, &account.zone);
        let accepted = months.iter().find(|used| used.month == month).map_or(0, |used| used.accepted);
        let left = account.plan.monthly_cap.map(|cap| u64::from(cap).saturating_sub(accepted));
        Ok(Usage { month, accepted, left, resets_at: month::ends_at(now, &account.zone), months })
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
