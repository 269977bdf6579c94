//! Plans: burst, refill and monthly cap.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// What one device may dispatch: `burst` at once, then `refill_per_minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// Messages that a full bucket holds.
    pub burst: NonZeroU32,
    /// Messages added back each minute.
    pub refill_per_minute: NonZeroU32,
}

impl Quota {
    /// A quota; `None` if either number is zero.
    pub const fn new(burst: u32, refill_per_minute: u32) -> Option<Quota> {
        match (NonZeroU32::new(burst), NonZeroU32::new(refill_per_minute)) {
            (Some(burst), Some(refill_per_minute)) => Some(Quota { burst, refill_per_minute }),
            _ => None,
        }
    }

    /// Time in which one message is added back, rounded up to a nanosecond so that a plan is never exceeded.
    pub fn interval(self) -> Duration {
        const MINUTE_NANOS: u64 = 60_000_000_000;
        Duration::from_nanos(MINUTE_NANOS.div_ceil(u64::from(self.refill_per_minute.get())))
    }
}

/// What an account may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Its name.
    pub name: PlanName,
    /// Per device.
    pub quota: Quota,
    /// Messages accepted in a calendar month, where capped.
    pub monthly_cap: Option<u32>,
}

/// The plans that a vendor's page names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanName {
    /// 5 at once, 1 a minute, 500 a month.
    Free,
    /// 50 at once, 20 a minute.
    Starter,
    /// 100 at once, 50 a minute.
    Pro,
    /// Custom.
    Enterprise,
}

impl PlanName {
    /// Every name, in rising order.
    pub const ALL: [PlanName; 4] = [PlanName::Free, PlanName::Starter, PlanName::Pro, PlanName::Enterprise];

    /// As it stands in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            PlanName::Free => "free",
            PlanName::Starter => "starter",
            PlanName::Pro => "pro",
            PlanName::Enterprise => "enterprise",
        }
    }

    /// The plan with the documented numbers. Enterprise starts at ten times Pro until it is given its own.
    pub const fn plan(self) -> Plan {
        const fn plan(name: PlanName, burst: u32, refill: u32, monthly_cap: Option<u32>) -> Plan {
            let quota = Quota {
                burst: NonZeroU32::new(burst).expect("documented plans have a burst"),
                refill_per_minute: NonZeroU32::new(refill).expect("documented plans have a refill"),
            };
            Plan { name, quota, monthly_cap }
        }
        match self {
            PlanName::Free => plan(self, 5, 1, Some(500)),
            PlanName::Starter => plan(self, 50, 20, None),
            PlanName::Pro => plan(self, 100, 50, None),
            PlanName::Enterprise => plan(self, 1000, 500, None),
        }
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// No plan has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown plan `{0}`: one of free, starter, pro, enterprise")]
pub struct UnknownPlan(pub String);

impl FromStr for PlanName {
    type Err = UnknownPlan;
    fn from_str(text: &str) -> Result<PlanName, UnknownPlan> {
        PlanName::ALL.into_iter().find(|name| name.word() == text).ok_or_else(|| UnknownPlan(text.to_owned()))
    }
}
