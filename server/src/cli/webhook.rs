//! `relay-hub webhook …`

use clap::Subcommand;

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::answer::{AttemptShown, WebhookSecretShown, WebhookShown};
use crate::app::{Answer, Verb};

#[derive(Subcommand)]
pub(super) enum Webhook {
    /// Post events to a URL from now on; shows the secret that its posts are signed with, this once
    #[command(after_help = EVENTS)]
    Create {
        /// Where; https, unless the hub was told otherwise
        url: String,
        /// Which events, with commas; all of one category
        #[arg(long, value_delimiter = ',', required = true, value_name = "EVENT")]
        events: Vec<String>,
        /// Post the text of received messages, too
        #[arg(long)]
        include_body: bool,
        /// Whose; not needed while there is only one account
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show the webhooks, and what waits for each
    List {
        /// Only this account's
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show one webhook
    Show {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Change where a webhook is posted to, and what it is told; what waits goes to the new place
    #[command(after_help = EVENTS)]
    Set {
        /// Its id, the start of it, or its URL
        webhook: String,
        /// Where
        #[arg(long)]
        url: Option<String>,
        /// Which events, with commas; all of one category
        #[arg(long, value_delimiter = ',', value_name = "EVENT")]
        events: Option<Vec<String>>,
        /// Whether the text of received messages is posted, too
        #[arg(long, value_name = "BOOL")]
        include_body: Option<bool>,
        #[command(flatten)]
        place: Place,
    },
    /// Make a new secret: both sign for 7 days, then the new one alone
    Rotate {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let the new secret take over now
    Promote {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Post an event that means nothing
    Test {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Post events once more: one, or all of a webhook that were given up
    #[command(
        after_help = "Examples:\n  relay-hub webhook replay 01f7c1a0-5d5e-7c3a-8f00-1c2d3e4f5a6b\n  relay-hub webhook replay --failed-since 2026-11-28T08:00:00Z --webhook https://hooks.example.com/sms"
    )]
    Replay {
        /// The event's id in the outbox, as `webhook attempts` shows it
        #[arg(required_unless_present = "failed_since", conflicts_with = "failed_since")]
        event: Option<String>,
        /// All that were given up, none older than this
        #[arg(long, value_name = "INSTANT", requires = "webhook")]
        failed_since: Option<String>,
        /// Of this webhook
        #[arg(long, requires = "failed_since")]
        webhook: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Post nothing for now: events wait and do not grow old
    Pause {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Post again, what has gathered first
    Resume {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Delete a webhook: what waits for it is given up
    Delete {
        /// Its id, the start of it, or its URL
        webhook: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show what was tried, newest first; kept for 30 days
    Attempts {
        /// Its id, the start of it, or its URL
        webhook: String,
        /// Only this event, by its id in the outbox
        #[arg(long)]
        event: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20)]
        limit: u16,
        #[command(flatten)]
        place: Place,
    },
}

const EVENTS: &str = "Events, by category:
  inbound.received
  outbound.queued, outbound.dispatched, outbound.sent, outbound.delivered, outbound.failed
  device.online, device.offline, device.attention, message.uncertain, webhook.paused

Example:
  relay-hub webhook create https://hooks.example.com/sms --events outbound.delivered,outbound.failed";

pub(super) fn run(webhook: Webhook) -> Exit {
    match webhook {
        Webhook::Create { url, events, include_body, account, place } => {
            ask(&place, Verb::WebhookCreate { account, url, events, include_body }, show)
        }
        Webhook::List { account, place } => ask(&place, Verb::WebhookList { account }, show),
        Webhook::Show { webhook, place } => ask(&place, Verb::WebhookShow { webhook }, show),
        Webhook::Set { webhook, url, events, include_body, place } => {
            ask(&place, Verb::WebhookSet { webhook, url, events, include_body }, show)
        }
        Webhook::Rotate { webhook, place } => ask(&place, Verb::WebhookRotate { webhook }, show),
        Webhook::Promote { webhook, place } => ask(&place, Verb::WebhookPromote { webhook }, show),
        Webhook::Test { webhook, place } => ask(&place, Verb::WebhookTest { webhook }, show),
        Webhook::Replay { event, failed_since, webhook, place } => {
            let verb = match (event, failed_since, webhook) {
                (Some(event), _, _) => Verb::WebhookReplay { event },
                (None, Some(since), Some(webhook)) => Verb::WebhookReplayFailed { webhook, since },
                // clap asks for one or the other.
                (None, _, _) => return Exit::Usage,
            };
            ask(&place, verb, show)
        }
        Webhook::Pause { webhook, place } => ask(&place, Verb::WebhookPause { webhook }, show),
        Webhook::Resume { webhook, place } => ask(&place, Verb::WebhookResume { webhook }, show),
        Webhook::Delete { webhook, place } => ask(&place, Verb::WebhookDelete { webhook }, show),
        Webhook::Attempts { webhook, event, limit, place } => {
            ask(&place, Verb::WebhookAttempts { webhook, event, limit }, show)
        }
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::WebhookSecret(made) => secret(&made),
        Answer::Webhooks { webhooks } => list(webhooks),
        Answer::Webhook(webhook) => one(&webhook),
        Answer::WebhookTested { event_id, status } => {
            say(format!("Event {event_id} is on its way."));
            match status.as_str() {
                "active" => say("What comes of it: relay-hub webhook attempts WEBHOOK"),
                other => {
                    say(format!("The webhook is {}: it is posted after `webhook resume`.", words(other)))
                }
            }
        }
        Answer::WebhookReplayed { hurried: true, .. } => {
            say("It had not been taken yet: it is tried now, after what it waits for.");
        }
        Answer::WebhookReplayed { events: 0, .. } => {
            say("No event was given up since then: nothing is posted.")
        }
        Answer::WebhookReplayed { events, .. } => say(format!("{events} posted once more.")),
        Answer::WebhookDeleted { webhook_id } => {
            say(format!("Webhook {webhook_id} is deleted; what waited for it is given up."));
        }
        Answer::WebhookAttempts { attempts } => log(attempts),
        other => super::output::object(&other),
    }
}

fn secret(made: &WebhookSecretShown) {
    say(&made.secret);
    say(&made.standard_secret);
    say(format!(
        "Webhook {} posts {} to {}.",
        made.webhook.id,
        made.webhook.events.join(", "),
        made.webhook.url
    ));
    say(
        "The secret is shown this once, as it is and as libraries of Standard Webhooks take it: copy it now.",
    );
    if let Some(at) = &made.webhook.takes_over_at {
        say(format!(
            "It signs beside the old one (X-Relayion-Signature-Next) and takes over on {}, or with `webhook promote`.",
            instant(at)
        ));
    }
}

fn list(webhooks: Vec<WebhookShown>) {
    let rows: Vec<_> = webhooks
        .into_iter()
        .map(|webhook| {
            let (pending, state) = (pending(&webhook), words(&webhook.status).to_owned());
            let succeeded = cell(webhook.succeeded_at.as_deref().map(instant));
            [webhook.id, webhook.url, webhook.events.join(","), state, pending, succeeded]
        })
        .collect();
    let heads = ["ID", "URL", "EVENTS", "STATE", "WAITING", "LAST SUCCESS (UTC)"];
    table(heads, &rows, "No webhooks yet. Make one: relay-hub webhook create URL --events inbound.received");
}

fn one(webhook: &WebhookShown) {
    let lines = [
        ("webhook", webhook.id.clone()),
        ("account", webhook.account_id.clone()),
        ("url", webhook.url.clone()),
        ("events", webhook.events.join(", ")),
        ("texts", if webhook.include_body { "with received messages" } else { "left out" }.to_owned()),
        ("state", format!("{} since {}", words(&webhook.status), instant(&webhook.status_at))),
        ("waiting", pending(webhook)),
        ("next try", cell(webhook.next_at.as_deref().map(instant))),
        ("last success", cell(webhook.succeeded_at.as_deref().map(instant))),
        ("failing since", cell(webhook.failing_since.as_deref().map(instant))),
        ("new secret takes over", cell(webhook.takes_over_at.as_deref().map(instant))),
    ];
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().for_each(|(name, value)| say(format!("{name:<width$}  {value}")));
    match webhook.status.as_str() {
        "paused_failing" => {
            say("Its endpoint failed for 48 hours. When it is well: relay-hub webhook resume WEBHOOK")
        }
        "gone" => say("Its endpoint answered 410 Gone. If that was wrong: relay-hub webhook resume WEBHOOK"),
        _ => {}
    }
}

fn pending(webhook: &WebhookShown) -> String {
    webhook.pending.map_or_else(|| "over 10000".to_owned(), |pending| pending.to_string())
}

fn words(status: &str) -> &str {
    match status {
        "paused_failing" => "paused, it fails",
        other => other,
    }
}

fn log(attempts: Vec<AttemptShown>) {
    let rows: Vec<_> = attempts
        .into_iter()
        .map(|tried| {
            let said = match (&tried.error, tried.answer_status) {
                (Some(error), _) => error.clone(),
                (None, status) => cell(status),
            };
            let (at, next) = (instant(&tried.at), cell(tried.next_at.as_deref().map(instant)));
            let took = format!("{} ms", tried.took_ms);
            [at, tried.notice_id, tried.event, tried.attempt.to_string(), took, tried.status, next, said]
        })
        .collect();
    let heads = ["AT (UTC)", "EVENT ID", "EVENT", "TRY", "TOOK", "NOW", "NEXT (UTC)", "WHAT CAME OF IT"];
    table(heads, &rows, "Nothing was tried yet. Try it: relay-hub webhook test WEBHOOK");
}
