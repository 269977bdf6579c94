//! `api_key` with its `line`.

use diesel::prelude::*;
use relay_domain::key::{Dialect, Key};
use relay_domain::line::Line;
use relay_domain::{KeyId, Timestamp};

use super::{broken, id, slot};
use crate::backend::Conn;
use crate::schema::{api_key, line};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = line)]
pub(crate) struct LineRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) device_id: Vec<u8>,
    pub(crate) sim_id: Vec<u8>,
    pub(crate) slot: i32,
    pub(crate) number: String,
}

impl LineRow {
    pub(crate) fn read(self) -> QueryResult<Line> {
        Ok(Line {
            id: id(&self.id)?,
            account_id: id(&self.account_id)?,
            device_id: id(&self.device_id)?,
            slot: slot(self.slot)?,
            sim_id: id(&self.sim_id)?,
            number: self.number,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_key)]
pub(crate) struct KeyRow {
    pub(crate) id: Vec<u8>,
    pub(crate) account_id: Vec<u8>,
    pub(crate) line_id: Vec<u8>,
    pub(crate) dialect: String,
    pub(crate) prefix: String,
    pub(crate) digest: Vec<u8>,
    pub(crate) name: String,
    pub(crate) created_at: i64,
    pub(crate) revoked_at: Option<i64>,
}

impl KeyRow {
    pub(crate) fn read(self, line: LineRow) -> QueryResult<Key> {
        let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.word() == self.dialect);
        Ok(Key {
            id: id(&self.id)?,
            dialect: dialect.ok_or_else(|| broken("dialect", self.dialect))?,
            prefix: self.prefix,
            name: self.name,
            line: line.read()?,
            created_at: Timestamp::from_nanos(self.created_at),
            revoked_at: self.revoked_at.map(Timestamp::from_nanos),
        })
    }
}

/// Whether there is such a key, and it was not revoked.
pub(crate) fn lives(conn: &mut Conn, key: KeyId) -> QueryResult<bool> {
    let revoked_at: Option<Option<i64>> = api_key::table
        .filter(api_key::id.eq(key.as_bytes().as_slice()))
        .select(api_key::revoked_at)
        .first(conn)
        .optional()?;
    Ok(revoked_at.is_some_and(|at| at.is_none()))
}
