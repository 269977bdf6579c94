//! `account`.

use diesel::prelude::*;
use relay_domain::account::{Account, ShortCodes};
use relay_domain::month::Zone;
use relay_domain::plan::{Plan, PlanName};
use relay_domain::{AccountId, Timestamp};

use super::{broken, id, signed32, stream, unsigned32};
use crate::backend::Conn;
use crate::schema::account;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = account)]
pub(crate) struct AccountRow {
    id: Vec<u8>,
    name: String,
    plan: String,
    burst: i32,
    refill_per_minute: i32,
    monthly_cap: Option<i32>,
    created_at: i64,
    zone: String,
    spreading: i32,
    short_codes: i32,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> AccountRow {
        AccountRow {
            id: account.id.as_bytes().to_vec(),
            name: account.name.clone(),
            plan: account.plan.name.word().to_owned(),
            burst: signed32(account.plan.quota.burst.get()),
            refill_per_minute: signed32(account.plan.quota.refill_per_minute.get()),
            monthly_cap: account.plan.monthly_cap.map(signed32),
            created_at: account.created_at.nanos(),
            zone: account.zone.name().to_owned(),
            spreading: 0,
            short_codes: flag(account.short_codes),
        }
    }
}

impl AccountRow {
    pub(crate) fn read(self) -> QueryResult<Account> {
        Ok(Account {
            id: id(&self.id)?,
            name: self.name,
            plan: Plan {
                name: self.plan.parse::<PlanName>().map_err(|error| broken("plan", error))?,
                quota: stream::quota(self.burst, self.refill_per_minute)?,
                monthly_cap: self.monthly_cap.map(|cap| unsigned32("monthly_cap", cap)).transpose()?,
            },
            zone: Zone::parse(&self.zone).map_err(|error| broken("zone", error))?,
            short_codes: if self.short_codes == 0 { ShortCodes::Refused } else { ShortCodes::Accepted },
            created_at: Timestamp::from_nanos(self.created_at),
        })
    }
}

/// For the column.
pub(crate) fn flag(short_codes: ShortCodes) -> i32 {
    i32::from(short_codes == ShortCodes::Accepted)
}

pub(crate) fn load(conn: &mut Conn, account_id: AccountId) -> QueryResult<Option<Account>> {
    account::table
        .filter(account::id.eq(account_id.as_bytes().as_slice()))
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?
        .map(AccountRow::read)
        .transpose()
}
