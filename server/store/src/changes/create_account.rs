//! A new tenant.

use diesel::prelude::*;
use relay_domain::account::{Account, ShortCodes};
use relay_domain::month::Zone;
use relay_domain::plan::Plan;

use crate::lane::{Change, Tx};
use crate::rows::account::AccountRow;
use crate::schema::account;

/// Creates an account.
#[derive(Debug, Clone)]
pub struct CreateAccount {
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
    /// Its calendar.
    pub zone: Zone,
}

impl Change for CreateAccount {
    type Verdict = Account;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Account> {
        let created = Account {
            id: tx.id(),
            name: self.name.clone(),
            plan: self.plan,
            zone: self.zone.clone(),
            short_codes: ShortCodes::default(),
            created_at: tx.now,
        };
        diesel::insert_into(account::table).values(AccountRow::from(&created)).execute(tx.conn)?;
        Ok(created)
    }
}
