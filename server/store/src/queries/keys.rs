//! API keys.

use diesel::prelude::*;
use relay_domain::AccountId;
use relay_domain::key::{Key, KeyDigest};

use super::{Query, Read};
use crate::rows::key::{KeyRow, LineRow};
use crate::schema::{api_key, line};

/// The key with this digest, revoked or not. The secret itself says whose it is.
#[derive(Debug, Clone, Copy)]
pub struct FindKey(pub KeyDigest);

impl Query for FindKey {
    type Answer = Option<Key>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Option<Key>> {
        let found: Option<KeyRow> = api_key::table
            .filter(api_key::digest.eq(self.0.0.as_slice()))
            .select(KeyRow::as_select())
            .first(read.conn)
            .optional()?;
        found.map(|row| with_line(read, row)).transpose()
    }
}

/// Keys, oldest first: an account's, or all for whoever runs the installation.
#[derive(Debug, Clone, Copy)]
pub struct ListKeys {
    /// Whose; `None` for everyone's.
    pub account_id: Option<AccountId>,
}

impl Query for ListKeys {
    type Answer = Vec<Key>;

    fn run(&self, read: &mut Read<'_>) -> QueryResult<Vec<Key>> {
        let mut list = api_key::table.order(api_key::id).select(KeyRow::as_select()).into_boxed();
        if let Some(account) = &self.account_id {
            list = list.filter(api_key::account_id.eq(account.as_bytes().as_slice()));
        }
        let found: Vec<KeyRow> = list.load(read.conn)?;
        found.into_iter().map(|row| with_line(read, row)).collect()
    }
}

fn with_line(read: &mut Read<'_>, row: KeyRow) -> QueryResult<Key> {
    let bound: LineRow =
        line::table.filter(line::id.eq(&row.line_id)).select(LineRow::as_select()).first(read.conn)?;
    row.read(bound)
}
