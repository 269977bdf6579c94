//! Plans: what an account or one device may send, in whose calendar, and how much of it is used.

use std::num::NonZeroU32;

use relay_domain::account::{Account, AccountChanges, ShortCodes};
use relay_domain::month::Zone;
use relay_domain::plan::{Plan, PlanName, Quota};

use super::answer::{AccountShown, Answer, MonthShown, Refused, UsageShown};
use super::find::{account_of, find_device};
use super::refusal::{failed, invalid, not_found};
use super::verb::PlanNumbers;
use crate::http::instant::write as instant;
use crate::relay::Relay;
use crate::relay::accounts::{ChangeAccountError, CreateAccountError, Usage};
use crate::relay::devices::DeviceError;

pub(super) async fn create_account(
    relay: &Relay,
    name: &str,
    plan: &str,
    numbers: PlanNumbers,
    zone: Option<&str>,
) -> Result<Answer, Refused> {
    let (plan, zone) = (custom_plan(plan, numbers)?, parse_zone(zone)?.unwrap_or_default());
    let created = relay.create_account(name, plan, zone).await.map_err(|error| match error {
        CreateAccountError::BadName(error) => invalid(error),
        CreateAccountError::Store(trouble) => failed(trouble),
    })?;
    Ok(Answer::AccountCreated(shown(created)))
}

pub(super) async fn set_account(
    relay: &Relay,
    account: &str,
    plan: Option<&str>,
    numbers: PlanNumbers,
    others: AccountChanges,
) -> Result<Answer, Refused> {
    let account = account_of(relay, account).await?;
    let plan = plan.map(|plan| custom_plan(plan, numbers)).transpose()?;
    let changed = relay.change_account(account.id, AccountChanges { plan, ..others }).await;
    changed.map(|account| Answer::AccountSet(shown(account))).map_err(|error| match error {
        ChangeAccountError::NoSuchAccount => not_found(error),
        ChangeAccountError::Store(trouble) => failed(trouble),
    })
}

pub(super) async fn set_device_quota(
    relay: &Relay,
    device: &str,
    numbers: Option<(u32, u32)>,
) -> Result<Answer, Refused> {
    let (account_id, device_id) = find_device(relay, device).await?;
    let own =
        numbers.map(|(burst, refill)| Quota::new(burst, refill).ok_or_else(at_least_one)).transpose()?;
    let quota = relay.set_device_quota(account_id, device_id, own).await.map_err(|error| match error {
        DeviceError::NoSuchDevice => not_found(error),
        DeviceError::Store(trouble) => failed(trouble),
    })?;
    Ok(Answer::DeviceQuotaSet {
        device_id: device_id.to_string(),
        burst: quota.burst.get(),
        refill_per_minute: quota.refill_per_minute.get(),
        own: own.is_some(),
    })
}

/// Of one account, or of each.
pub(super) async fn usage(relay: &Relay, account: Option<&str>) -> Result<Answer, Refused> {
    let accounts = match account {
        Some(meant) => vec![account_of(relay, meant).await?],
        None => relay.list_accounts().await.map_err(failed)?,
    };
    let mut usage = Vec::with_capacity(accounts.len());
    for account in accounts {
        let used = relay.usage(&account).await.map_err(failed)?;
        usage.push(usage_shown(account, used));
    }
    Ok(Answer::Usage { usage })
}

/// A documented plan, or enterprise with its own numbers.
fn custom_plan(name: &str, numbers: PlanNumbers) -> Result<Plan, Refused> {
    let PlanNumbers { burst, refill_per_minute: refill, monthly_cap: cap } = numbers;
    let plan = name.parse::<PlanName>().map_err(invalid)?.plan();
    if plan.name != PlanName::Enterprise {
        if burst.or(refill).or(cap).is_some() {
            return Err(invalid(format!(
                "the plan `{name}` has fixed numbers: only `enterprise` takes its own"
            )));
        }
        return Ok(plan);
    }
    let positive = |number: u32| NonZeroU32::new(number).ok_or_else(at_least_one);
    let burst = burst.map_or(Ok(plan.quota.burst), positive)?;
    let refill_per_minute = refill.map_or(Ok(plan.quota.refill_per_minute), positive)?;
    Ok(Plan { quota: Quota { burst, refill_per_minute }, monthly_cap: cap, ..plan })
}

fn at_least_one() -> Refused {
    invalid("burst and refill must be at least 1")
}

pub(super) fn parse_zone(name: Option<&str>) -> Result<Option<Zone>, Refused> {
    name.map(Zone::parse).transpose().map_err(invalid)
}

pub(super) fn shown(account: Account) -> AccountShown {
    AccountShown {
        id: account.id.to_string(),
        name: account.name,
        plan: account.plan.name.to_string(),
        burst: account.plan.quota.burst.get(),
        refill_per_minute: account.plan.quota.refill_per_minute.get(),
        monthly_cap: account.plan.monthly_cap,
        zone: account.zone.name().to_owned(),
        short_codes: account.short_codes == ShortCodes::Accepted,
        created_at: instant(account.created_at),
    }
}

fn usage_shown(account: Account, used: Usage) -> UsageShown {
    UsageShown {
        month: month(used.month),
        accepted: used.accepted,
        left: used.left,
        resets_at: instant(used.resets_at),
        months: used
            .months
            .into_iter()
            .map(|used| MonthShown { month: month(used.month), accepted: used.accepted })
            .collect(),
        account: shown(account),
    }
}

/// `2026-04`
fn month(number: i32) -> String {
    format!("{:04}-{:02}", number / 100, number % 100)
}
