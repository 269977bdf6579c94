//! Accounts, for whoever runs the installation.

use diesel::prelude::*;
use relay_domain::AccountId;
use relay_domain::account::Account;

use super::{Query, Read};
use crate::rows::account::{self as rows, AccountRow};
use crate::schema::account;

/// Every account, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct ListAccounts;

impl Query for ListAccounts {
    type Answer = Vec<Account>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Account>> {
        let found: Vec<AccountRow> =
            account::table.order(account::id).select(AccountRow::as_select()).load(read.conn)?;
        found.into_iter().map(AccountRow::read).collect()
    }
}

/// One account.
#[derive(Debug, Clone, Copy)]
pub struct FindAccount(pub AccountId);

impl Query for FindAccount {
    type Answer = Option<Account>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Account>> {
        rows::load(read.conn, self.0)
    }
}
