//! Accounts: the tenants.

use crate::plan::Plan;
use crate::{AccountId, Timestamp};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, for people.
    pub name: String,
    /// What it may send.
    pub plan: Plan,
    /// When it was made.
    pub created_at: Timestamp,
}
