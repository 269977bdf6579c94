//! `relay-hub account …`; `plan` is what accounts and their devices may send.

pub(super) mod plan;

use clap::Subcommand;

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::answer::UsageShown;
use crate::app::{Answer, PlanNumbers, Verb};
use plan::Numbers;

#[derive(Subcommand)]
pub(super) enum Account {
    /// Make an account
    #[command(after_help = "Example:\n  relay-hub account create \"Corner Shop\" --plan starter")]
    Create {
        /// Its name, for people
        name: String,
        /// free (5 at once, 1 a minute, 500 a month), starter (50, 20), pro (100, 50) or enterprise
        #[arg(long, default_value = "free")]
        plan: String,
        #[command(flatten)]
        numbers: Numbers,
        /// In whose calendar its months are counted: an IANA name, such as Asia/Manila
        #[arg(long, default_value = "UTC")]
        zone: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show what accounts have sent this month, and one account's months
    #[command(after_help = "Examples:\n  relay-hub account usage\n  relay-hub account usage \"Corner Shop\"")]
    Usage {
        /// Only this account, with its months
        account: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Change in whose calendar an account's months are counted
    #[command(after_help = "Example:\n  relay-hub account zone \"Corner Shop\" Asia/Manila")]
    Zone {
        /// The account
        account: String,
        /// An IANA name, such as Asia/Manila
        zone: String,
        #[command(flatten)]
        place: Place,
    },
    /// Allow an account to send to short codes (3 to 8 digits), or not
    #[command(after_help = "Example:\n  relay-hub account short-codes \"Corner Shop\" on")]
    ShortCodes {
        /// The account
        account: String,
        /// Some short codes cost money, and a phone may ask its owner: off unless you say so
        allowed: Allowed,
        #[command(flatten)]
        place: Place,
    },
    /// Show the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Allowed {
    On,
    Off,
}

pub(super) fn run(account: Account) -> Exit {
    match account {
        Account::Create { name, plan, numbers, zone, place } => {
            let verb = Verb::AccountCreate { name, plan, numbers: numbers.into(), zone: Some(zone) };
            ask(&place, verb, show)
        }
        Account::Usage { account, place } => {
            let history = account.is_some();
            ask(&place, Verb::AccountUsage { account }, |answer| usage(answer, history))
        }
        Account::Zone { account, zone, place } => {
            let numbers = PlanNumbers::default();
            let verb = Verb::AccountSet { account, plan: None, numbers, zone: Some(zone), short_codes: None };
            ask(&place, verb, plan::show)
        }
        Account::ShortCodes { account, allowed, place } => {
            let (numbers, short_codes) = (PlanNumbers::default(), Some(allowed == Allowed::On));
            ask(
                &place,
                Verb::AccountSet { account, plan: None, numbers, zone: None, short_codes },
                plan::show,
            )
        }
        Account::List { place } => ask(&place, Verb::AccountList, show),
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::AccountCreated(account) => {
            say(format!("Account {} made: {} ({})", account.name, account.id, account.plan));
        }
        Answer::Accounts { accounts } => {
            let rows: Vec<_> = accounts
                .into_iter()
                .map(|account| {
                    let monthly = cell(account.monthly_cap);
                    let numbers = [account.burst.to_string(), account.refill_per_minute.to_string()];
                    let [burst, refill] = numbers;
                    [
                        account.id,
                        account.name,
                        account.plan,
                        burst,
                        refill,
                        monthly,
                        instant(&account.created_at),
                    ]
                })
                .collect();
            let heads = ["ID", "NAME", "PLAN", "BURST", "PER MINUTE", "PER MONTH", "MADE (UTC)"];
            table(heads, &rows, "No accounts yet. Make one: relay-hub account create NAME");
        }
        other => super::output::object(&other),
    }
}

/// A line for each account, or for each month of one.
fn usage(answer: Answer, history: bool) {
    let Answer::Usage { usage } = answer else { return super::output::object(&answer) };
    let rows: Vec<_> = usage.iter().map(usage_row).collect();
    let heads = ["ACCOUNT", "PLAN", "MONTH", "SENT", "CAP", "LEFT", "NEXT MONTH BEGINS (UTC)"];
    table(heads, &rows, "No accounts yet. Make one: relay-hub account create NAME");
    if history {
        let months = usage.into_iter().flat_map(|one| one.months);
        let rows: Vec<_> = months.map(|one| [one.month, one.accepted.to_string()]).collect();
        say("");
        table(["MONTH", "SENT"], &rows, "Nothing was sent yet.");
    }
}

fn usage_row(used: &UsageShown) -> [String; 7] {
    let account = &used.account;
    [
        account.name.clone(),
        account.plan.clone(),
        used.month.clone(),
        used.accepted.to_string(),
        cell(account.monthly_cap),
        cell(used.left),
        instant(&used.resets_at),
    ]
}
