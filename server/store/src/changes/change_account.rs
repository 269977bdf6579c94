//! What an operator changes of an account, and a quota of its own for one device.
//!
//! A bucket has memory: what was used stays used under the new plan. An account may have tens of thousands of
//! devices, so its new quota reaches them in small changes; the account remembers that some are left.

use diesel::prelude::*;
use relay_domain::account::{Account, AccountChanges};
use relay_domain::plan::Quota;
use relay_domain::{AccountId, DeviceId, bucket};

use super::SWEEP_ROWS;
use crate::backend::condition;
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::account::{self as rows, AccountRow};
use crate::rows::{device as device_rows, id, signed32};
use crate::schema::{account, device, device_stream};

/// Changes an account. The monthly cap is the new one's at once, what was accepted this month included; devices follow
/// by [`SpreadPlan`].
#[derive(Debug, Clone)]
pub struct ChangeAccount {
    /// Which.
    pub account_id: AccountId,
    /// What.
    pub changes: AccountChanges,
}

impl Change for ChangeAccount {
    type Verdict = Option<Account>;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Option<Account>> {
        let Some(before) = rows::load(tx.conn, self.account_id)? else { return Ok(None) };
        let after = Account {
            plan: self.changes.plan.unwrap_or(before.plan),
            zone: self.changes.zone.clone().unwrap_or_else(|| before.zone.clone()),
            short_codes: self.changes.short_codes.unwrap_or(before.short_codes),
            ..before
        };
        let quota = after.plan.quota;
        diesel::update(account::table.filter(account::id.eq(self.account_id.as_bytes().as_slice())))
            .set((
                account::plan.eq(after.plan.name.word()),
                account::burst.eq(signed32(quota.burst.get())),
                account::refill_per_minute.eq(signed32(quota.refill_per_minute.get())),
                account::monthly_cap.eq(after.plan.monthly_cap.map(signed32)),
                account::zone.eq(after.zone.name()),
                account::short_codes.eq(rows::flag(after.short_codes)),
                account::spreading.eq(1),
            ))
            .execute(tx.conn)?;
        tx.hot.forget_account(self.account_id);
        Ok(Some(after))
    }
}

/// Brings some devices of one account to its new plan. The verdict counts them; zero means that every device of
/// every account has its plan.
#[derive(Debug, Clone, Copy)]
pub struct SpreadPlan;

impl Change for SpreadPlan {
    type Verdict = usize;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<usize> {
        let spreading: Option<AccountRow> = account::table
            .filter(condition("spreading = 1"))
            .select(AccountRow::as_select())
            .first(tx.conn)
            .optional()?;
        let Some(owner) = spreading.map(AccountRow::read).transpose()? else { return Ok(0) };
        let quota = owner.plan.quota;
        let (burst, refill) = (signed32(quota.burst.get()), signed32(quota.refill_per_minute.get()));
        let left: Vec<Vec<u8>> = device::table
            .inner_join(device_stream::table.on(device_stream::device_id.eq(device::id)))
            .filter(device::account_id.eq(owner.id.as_bytes().as_slice()))
            .filter(device::own_burst.is_null())
            .filter(device_stream::burst.ne(burst).or(device_stream::refill_per_minute.ne(refill)))
            .order(device::id)
            .limit(SWEEP_ROWS)
            .select(device::id)
            .load(tx.conn)?;
        for device_id in &left {
            if let Some(stream) = tx.stream(id(device_id)?)? {
                requote(tx, stream, quota);
            }
        }
        if left.is_empty() {
            diesel::update(account::table.filter(account::id.eq(owner.id.as_bytes().as_slice())))
                .set(account::spreading.eq(0))
                .execute(tx.conn)?;
        }
        Ok(left.len().max(1))
    }
}

/// Gives one device a quota of its own, or its account's again. The verdict is the quota that holds now, or `None`
/// where the account has no such device.
#[derive(Debug, Clone, Copy)]
pub struct SetDeviceQuota {
    /// Whose.
    pub account_id: AccountId,
    /// Which.
    pub device_id: DeviceId,
    /// Its own; `None` for the account's plan.
    pub quota: Option<Quota>,
}

impl Change for SetDeviceQuota {
    type Verdict = Option<Quota>;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<Option<Quota>> {
        let owned = device_rows::load_of_account(tx.conn, self.account_id, self.device_id)?.is_some();
        let (Some(stream), Some(owner), true) =
            (tx.stream(self.device_id)?, rows::load(tx.conn, self.account_id)?, owned)
        else {
            return Ok(None);
        };
        let own = |number: fn(Quota) -> u32| self.quota.map(|quota| signed32(number(quota)));
        diesel::update(device::table.filter(device::id.eq(self.device_id.as_bytes().as_slice())))
            .set((
                device::own_burst.eq(own(|quota| quota.burst.get())),
                device::own_refill_per_minute.eq(own(|quota| quota.refill_per_minute.get())),
            ))
            .execute(tx.conn)?;
        let quota = self.quota.unwrap_or(owner.plan.quota);
        requote(tx, stream, quota);
        Ok(Some(quota))
    }
}

fn requote(tx: &mut Tx<'_>, mut stream: Stream, quota: Quota) {
    stream.arrival = bucket::rescale(stream.quota, quota, stream.arrival, tx.now);
    stream.quota = quota;
    tx.put_stream(stream);
    // Its session sleeps until a token of the old plan.
    if stream.connected && stream.queued > 0 {
        tx.effect(Effect::Wake { device_id: stream.device_id });
    }
}
