//! Accounts: the tenants.

use crate::month::Zone;
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
    /// In whose calendar its months are counted.
    pub zone: Zone,
    /// When it was made.
    pub created_at: Timestamp,
}
