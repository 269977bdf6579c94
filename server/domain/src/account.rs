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
    /// Whether it may send to short codes.
    pub short_codes: ShortCodes,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether messages to short codes are accepted: some cost money, and a phone asks its owner before it sends to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShortCodes {
    /// They are refused.
    #[default]
    Refused,
    /// They are accepted.
    Accepted,
}

/// What an operator changes of an account; `None` leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountChanges {
    /// Another plan.
    pub plan: Option<Plan>,
    /// Another calendar.
    pub zone: Option<Zone>,
    /// Other recipients.
    pub short_codes: Option<ShortCodes>,
}
