//! `relay-hub plan …`

use clap::Subcommand;

use super::super::exit::Exit;
use super::super::manage::{Place, ask};
use super::super::output::say;
use crate::app::{Answer, PlanNumbers, Verb};

#[derive(Subcommand)]
pub(in crate::cli) enum PlanCommand {
    /// Give an account another plan, at once: what it has used stays used
    #[command(after_help = "Examples:
  relay-hub plan set \"Corner Shop\" pro
  relay-hub plan set \"Corner Shop\" enterprise --burst 300 --refill-per-minute 120")]
    Set {
        /// The account
        account: String,
        /// free (5 at once, 1 a minute, 500 a month), starter (50, 20), pro (100, 50) or enterprise
        plan: String,
        #[command(flatten)]
        numbers: Numbers,
        #[command(flatten)]
        place: Place,
    },
    /// Give one device numbers of its own, or its account's again
    #[command(after_help = "Examples:
  relay-hub plan device \"Office Phone 1\" --burst 20 --refill-per-minute 10
  relay-hub plan device \"Office Phone 1\" --inherit")]
    Device {
        /// The device
        device: String,
        /// Messages that it may dispatch at once
        #[arg(long, required_unless_present = "inherit", requires = "refill_per_minute")]
        burst: Option<u32>,
        /// Messages added back each minute
        #[arg(long, requires = "burst")]
        refill_per_minute: Option<u32>,
        /// Its account's plan again
        #[arg(long, conflicts_with_all = ["burst", "refill_per_minute"])]
        inherit: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Numbers of an enterprise plan.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Numbers {
    /// Enterprise only: messages that a phone may dispatch at once
    #[arg(long)]
    burst: Option<u32>,
    /// Enterprise only: messages added back each minute
    #[arg(long)]
    refill_per_minute: Option<u32>,
    /// Enterprise only: messages a calendar month
    #[arg(long)]
    monthly_cap: Option<u32>,
}

impl From<Numbers> for PlanNumbers {
    fn from(numbers: Numbers) -> PlanNumbers {
        let Numbers { burst, refill_per_minute, monthly_cap } = numbers;
        PlanNumbers { burst, refill_per_minute, monthly_cap }
    }
}

pub(in crate::cli) fn run(plan: PlanCommand) -> Exit {
    match plan {
        PlanCommand::Set { account, plan, numbers, place } => {
            let verb = Verb::AccountSet {
                account,
                plan: Some(plan),
                numbers: numbers.into(),
                zone: None,
                short_codes: None,
            };
            ask(&place, verb, show)
        }
        PlanCommand::Device { device, burst, refill_per_minute, inherit: _, place } => {
            ask(&place, Verb::DeviceQuotaSet { device, burst, refill_per_minute }, show)
        }
    }
}

pub(in crate::cli) fn show(answer: Answer) {
    match answer {
        Answer::AccountSet(account) => {
            let cap = account.monthly_cap.map_or("no monthly cap".to_owned(), |cap| format!("{cap} a month"));
            say(format!(
                "Account {} is on {}: {} at once and {} a minute per device, {cap}; months by {}; short codes {}.",
                account.name,
                account.plan,
                account.burst,
                account.refill_per_minute,
                account.zone,
                if account.short_codes { "accepted" } else { "refused" }
            ));
        }
        Answer::DeviceQuotaSet { device_id, burst, refill_per_minute, own } => {
            let whose = if own { "of its own" } else { "by its account's plan" };
            say(format!(
                "Device {device_id} dispatches {burst} at once and {refill_per_minute} a minute, {whose}."
            ));
        }
        other => super::super::output::object(&other),
    }
}
