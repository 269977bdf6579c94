//! `usage`.

use diesel::prelude::*;

use crate::backend::{Conn, Words as _, words};
use crate::lane::UsageKey;
use crate::schema::usage;

pub(crate) fn load(conn: &mut Conn, (account, month): UsageKey) -> QueryResult<i64> {
    usage::table
        .filter(usage::account_id.eq(account.as_bytes().as_slice()))
        .filter(usage::month.eq(month))
        .select(usage::accepted)
        .first(conn)
        .optional()
        .map(Option::unwrap_or_default)
}

words!(Store = "UPDATE usage SET accepted = ? WHERE account_id = ? AND month = ?");

pub(crate) fn store(conn: &mut Conn, (account, month): UsageKey, accepted: i64) -> QueryResult<()> {
    let update = Store::with([accepted.into(), account.as_bytes().into(), month.into()]);
    if update.run(conn)? == 0 {
        diesel::insert_into(usage::table)
            .values((
                usage::account_id.eq(account.as_bytes().as_slice()),
                usage::month.eq(month),
                usage::accepted.eq(accepted),
            ))
            .execute(conn)?;
    }
    Ok(())
}
