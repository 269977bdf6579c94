//! `relay-hub account …`

use clap::Subcommand;

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::{Answer, Verb};

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
        /// Enterprise only: messages that a phone may dispatch at once
        #[arg(long)]
        burst: Option<u32>,
        /// Enterprise only: messages added back each minute
        #[arg(long)]
        refill_per_minute: Option<u32>,
        /// Enterprise only: messages a calendar month
        #[arg(long)]
        monthly_cap: Option<u32>,
        #[command(flatten)]
        place: Place,
    },
    /// Show the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn run(account: Account) -> Exit {
    match account {
        Account::Create { name, plan, burst, refill_per_minute, monthly_cap, place } => {
            ask(&place, Verb::AccountCreate { name, plan, burst, refill_per_minute, monthly_cap }, show)
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
