//! `relay-hub key …`

use clap::Subcommand;

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::{Answer, Verb};

#[derive(Subcommand)]
pub(super) enum Key {
    /// Make an API key, bound for life to the SIM that a slot holds now
    #[command(after_help = "Example:\n  relay-hub key create \"Office Phone 1\" --slot 0 --name shop")]
    Create {
        /// The device
        device: String,
        /// The slot, counted from 0
        #[arg(long, default_value_t = 0)]
        slot: u8,
        /// Its name, for people
        #[arg(long, default_value = "default")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Show the keys; of a key only its start is kept
    List {
        /// Only this account's
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key at once
    Revoke {
        /// The key's id, its name, or its start `rlyn_xxxxxxxx`
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn run(key: Key) -> Exit {
    match key {
        Key::Create { device, slot, name, place } => {
            ask(&place, Verb::KeyCreate { device, slot, name }, show)
        }
        Key::List { account, place } => ask(&place, Verb::KeyList { account }, show),
        Key::Revoke { key, place } => ask(&place, Verb::KeyRevoke { key }, show),
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::KeyCreated { secret, key } => {
            say(&secret);
            say(format!("Sends from {} (slot {} of device {}).", key.number, key.slot, key.device_id));
            say("The key is shown this once: copy it now.");
        }
        Answer::Keys { keys } => {
            let rows: Vec<_> = keys
                .into_iter()
                .map(|key| {
                    let slot = key.slot.to_string();
                    let revoked = cell(key.revoked_at.as_deref().map(instant));
                    [key.id, key.name, key.prefix, key.number, slot, instant(&key.created_at), revoked]
                })
                .collect();
            let heads = ["ID", "NAME", "STARTS WITH", "NUMBER", "SLOT", "MADE (UTC)", "REVOKED (UTC)"];
            table(heads, &rows, "No keys yet. Make one: relay-hub key create DEVICE --slot 0");
        }
        Answer::KeyRevoked { key_id } => {
            say(format!("Key {key_id} is revoked; no request passes with it any more"))
        }
        other => super::output::object(&other),
    }
}
