//! How many messages an account was accepted, month by month.

use diesel::prelude::*;
use relay_domain::AccountId;

use super::{Query, Read};
use crate::schema::usage;

/// One month of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthUsed {
    /// Year × 100 + month, in the account's calendar.
    pub month: i32,
    /// Messages accepted.
    pub accepted: u64,
}

/// An account's months with messages, newest first.
#[derive(Debug, Clone, Copy)]
pub struct UsageOf {
    /// Whose.
    pub account_id: AccountId,
    /// Months at most.
    pub months: i64,
}

impl Query for UsageOf {
    type Answer = Vec<MonthUsed>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<MonthUsed>> {
        let found: Vec<(i32, i64)> = usage::table
            .filter(usage::account_id.eq(self.account_id.as_bytes().as_slice()))
            .order(usage::month.desc())
            .limit(self.months)
            .select((usage::month, usage::accepted))
            .load(read.conn)?;
        let used = |(month, accepted)| MonthUsed { month, accepted: u64::try_from(accepted).unwrap_or(0) };
        Ok(found.into_iter().map(used).collect())
    }
}
