//! `relay-hub held …`

use clap::Subcommand;

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::answer::{HeldMessageShown, HoldingShown};
use crate::app::{Answer, Verb};

#[derive(Subcommand)]
pub(super) enum Held {
    /// Show the devices whose messages are held since the hub was restored, and why
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Show the held messages of a device
    Show {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let the held messages of a device leave
    #[command(
        after_help = "Those that waited leave from the queue, those that were on their way are given to their phone again. \
                      Do this\nonly where you know that they were not sent: a phone that was re-installed may have sent \
                      them before."
    )]
    Release {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
    /// Give the held messages of a device up: nobody sends them any more
    #[command(
        after_help = "They become uncertain and end as FAILED, \"Outcome unknown\", unless a phone still tells better. Send \
                      anew what matters."
    )]
    GiveUp {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn run(held: Held) -> Exit {
    match held {
        Held::List { place } => ask(&place, Verb::HeldList, show),
        Held::Show { device, place } => ask(&place, Verb::HeldShow { device }, show),
        Held::Release { device, place } => ask(&place, Verb::HeldRelease { device }, show),
        Held::GiveUp { device, place } => ask(&place, Verb::HeldGiveUp { device }, show),
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::Held { devices } => list(&devices),
        Answer::HeldMessages { device_name, messages, .. } => {
            let rows: Vec<_> = messages.iter().map(row).collect();
            let heads = ["ID", "WAS", "TO", "ACCEPTED (UTC)", "SCHEDULED", "EXPIRES"];
            table(heads, &rows, &format!("{device_name} holds no messages."));
        }
        Answer::HeldDecided { messages, decision, .. } => {
            let what = match decision.as_str() {
                "released" => "may leave now",
                _ => "are given up: their end is FAILED, unless a phone tells better",
            };
            say(format!("{messages} messages {what}"));
        }
        other => super::output::object(&other),
    }
}

fn list(devices: &[HoldingShown]) {
    let rows: Vec<_> = devices
        .iter()
        .map(|one| {
            let counts = [one.queued, one.dispatched, one.recovered].map(|count| count.to_string());
            let [queued, dispatched, recovered] = counts;
            [one.device_id.clone(), one.device_name.clone(), queued, dispatched, recovered, why(&one.state)]
        })
        .collect();
    let heads = ["DEVICE", "NAME", "WAITED", "ON THEIR WAY", "UNKNOWN REPORTS", "WHY"];
    table(heads, &rows, "No messages are held.");
    if devices.iter().any(|one| one.state == "unclear") {
        say("");
        say(
            "Where you are to decide: relay-hub held show DEVICE, then held release DEVICE or held give-up DEVICE.",
        );
    }
    if devices.iter().any(|one| one.recovered > 0) {
        say(
            "Unknown reports are of messages that the restored hub does not know: accepted after the backup, and sent.",
        );
    }
}

fn why(state: &str) -> String {
    match state {
        "unheard" => "its phone has not come back yet",
        "unclear" => "it came back as another journal, or with a gap: you decide",
        "releasing" => "its phone was heard: they leave by themselves",
        other => other,
    }
    .to_owned()
}

fn row(message: &HeldMessageShown) -> [String; 6] {
    let HeldMessageShown { id, state, to, created_at, scheduled_at, expires_at } = message;
    let was = if state == "queued" { "waiting" } else { "on its way" };
    [
        id.clone(),
        was.to_owned(),
        to.clone(),
        instant(created_at),
        cell(scheduled_at.as_deref().map(instant)),
        cell(expires_at.as_deref().map(instant)),
    ]
}
