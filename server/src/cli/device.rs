//! `relay-hub device …`

mod replace;

use std::time::Duration;

use clap::{ArgGroup, Subcommand};

use super::exit::Exit;
use super::manage::{Place, ask, instant};
use super::output::{cell, say, table};
use crate::app::answer::{DeviceShown, SimShown};
use crate::app::{Answer, Verb};

#[derive(Subcommand)]
pub(super) enum Device {
    /// Issue a code that pairs a phone; it works once, for ten minutes
    #[command(
        group = ArgGroup::new("target").required(true).args(["name", "device"]),
        after_help = "Examples:\n  relay-hub device pair-code --name \"Office Phone 1\"\n  \
                      relay-hub device pair-code --device \"Office Phone 1\"   pair another phone in its place"
    )]
    PairCode {
        /// Name of a new device
        #[arg(long)]
        name: Option<String>,
        /// A device that exists: its phone was re-installed or replaced
        #[arg(long, conflicts_with = "account")]
        device: Option<String>,
        /// Account of the new device; not needed while there is only one
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show the devices with their SIMs
    List {
        /// Only this account's
        #[arg(long)]
        account: Option<String>,
        /// The deleted ones too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
    /// SIMs of a device
    #[command(subcommand)]
    Sim(Sim),
    /// Revoke a lost or stolen phone at once: what it had not reported is lost
    Revoke {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a phone go: it tells what it still knows, then its token dies
    #[command(
        after_help = "What it has queued fails at once; what it has taken it still sends and reports. A phone that is online \
                      is gone within\nseconds. One that is not in time is revoked: what it had not reported is lost then.\n\n\
                      Examples:\n  relay-hub device unpair \"Office Phone 1\"\n  relay-hub device unpair \"Office Phone 1\" \
                      --within 2h\n\nLost or stolen? `relay-hub device revoke` locks it out at once."
    )]
    Unpair {
        /// The device
        device: String,
        /// How long it may take to come and tell
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = crate::config::parse_span)]
        within: Duration,
        #[command(flatten)]
        place: Place,
    },
    /// Put another phone in a device's place: numbers, keys and history stay
    #[command(
        after_help = "The old phone gets nothing new, finishes what it has and tells what it knows; then a code for the new \
                      phone is shown.\nWhat is accepted meanwhile waits for the new phone. Ctrl-C only ends the watching; \
                      --cancel keeps the old phone.\n\nExamples:\n  relay-hub device replace \"Office Phone 1\"\n  relay-hub \
                      device replace \"Office Phone 1\" --cancel\n\nIs the old phone broken? It will never be done: `relay-hub \
                      device pair-code --device \"Office Phone 1\"`\npairs the new one at once, and what the old one had is \
                      uncertain."
    )]
    Replace {
        /// The device
        device: String,
        /// Answer at once how far it is, instead of waiting for the code
        #[arg(long)]
        no_wait: bool,
        /// Keep the old phone after all
        #[arg(long, conflicts_with = "no_wait")]
        cancel: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Take a device that is not paired out of the lists and revoke its keys; its messages stay
    #[command(
        after_help = "A paired phone is revoked first:\n  relay-hub device revoke \"Office Phone 1\"\n  relay-hub device \
                      delete \"Office Phone 1\"\n\n`relay-hub device list --all` still shows it."
    )]
    Delete {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
pub(super) enum Sim {
    /// Tell the number of the SIM that sits in a slot
    #[command(after_help = "Example:\n  relay-hub device sim set \"Office Phone 1\" 0 +639171234567")]
    Set {
        /// The device
        device: String,
        /// The slot, counted from 0
        slot: u8,
        /// The number, +639171234567
        number: String,
        #[command(flatten)]
        place: Place,
    },
    /// Ask the phone to read its SIMs anew
    Refresh {
        /// The device
        device: String,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn run(device: Device) -> Exit {
    match device {
        Device::PairCode { name, device, account, place } => {
            let verb = match (device, name) {
                (Some(device), _) => Verb::DevicePairAgain { device },
                (None, name) => Verb::DevicePairNew { account, name: name.unwrap_or_default() },
            };
            ask(&place, verb, show)
        }
        Device::List { account, all, place } => ask(&place, Verb::DeviceList { account, all }, show),
        Device::Sim(Sim::Set { device, slot, number, place }) => {
            ask(&place, Verb::SimSet { device, slot, number }, show)
        }
        Device::Sim(Sim::Refresh { device, place }) => ask(&place, Verb::SimRefresh { device }, show),
        Device::Revoke { device, place } => ask(&place, Verb::DeviceRevoke { device }, show),
        Device::Unpair { device, within, place } => {
            let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
            ask(&place, Verb::DeviceUnpair { device, within_ms }, show)
        }
        Device::Replace { device, cancel: true, place, .. } => ask(&place, Verb::DeviceKeep { device }, show),
        Device::Replace { device, no_wait: true, place, .. } => {
            ask(&place, Verb::DeviceReplace { device }, show)
        }
        Device::Replace { device, place, .. } => replace::run(&place, &device),
        Device::Delete { device, place } => ask(&place, Verb::DeviceDelete { device }, show),
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::PairingCode { code, device_id, expires_at } => {
            say(format!("Pairing code  {code}"));
            say(format!("Valid until   {} UTC, once", instant(&expires_at)));
            say(format!("Device        {device_id}"));
            say("Type it into the app on the phone, together with this hub's address.");
        }
        Answer::Devices { devices } => {
            let rows: Vec<_> = devices.iter().map(row).collect();
            let heads = ["ID", "NAME", "STATUS", "LAST SEEN (UTC)", "QUEUED", "ON ITS WAY", "SIMS"];
            table(heads, &rows, "No devices yet. Pair one: relay-hub device pair-code --name NAME");
            for device in &devices {
                if device.held > 0 {
                    let (name, held) = (&device.name, device.held);
                    say(format!(
                        "! {name}: {held} messages are held since the hub was restored: relay-hub held list"
                    ));
                }
                if let Some(remark) = &device.remark {
                    say(format!("! {}: {remark}", device.name));
                }
                if device.recovered > 0 {
                    say(format!(
                        "! {}: {} reports name messages that this hub does not know; they were kept",
                        device.name, device.recovered
                    ));
                }
                if device.unreadable > 0 {
                    say(format!(
                        "! {}: {} events could not be read and were kept",
                        device.name, device.unreadable
                    ));
                }
            }
        }
        Answer::SimSet { slot, number, inbound_numbered, .. } => {
            say(format!("Slot {slot} has the number {number}; {inbound_numbered} inbound messages took it"));
        }
        Answer::SimRefreshAsked { .. } => {
            say("Asked. The phone answers when it is connected; `relay-hub device list` shows its SIMs.");
        }
        Answer::DeviceRevoked { device_id } => {
            say(format!(
                "Device {device_id} is revoked: its queued messages failed, those on their way are uncertain"
            ));
        }
        Answer::DeviceUnpaired { device_id, leave_by } => {
            say(format!(
                "Device {device_id} leaves: what it had queued has failed, and its phone still tells what it knows."
            ));
            say(format!("If it has not by {} UTC, it is revoked.", instant(&leave_by)));
        }
        Answer::DeviceDraining { heard, in_flight, .. } => {
            say(replace::left_to_do(heard, in_flight));
            say(
                "Nothing new is given to it. Ask again; once it is done, the answer is a code for the new phone.",
            );
        }
        Answer::DeviceKept { device_id } => {
            say(format!("Device {device_id} keeps its phone: what waits leaves from it again"));
        }
        Answer::DeviceDeleted { device_id, keys_revoked } => {
            say(format!(
                "Device {device_id} is deleted; {keys_revoked} keys were revoked, its messages stay"
            ));
        }
        other => super::output::object(&other),
    }
}

fn row(device: &DeviceShown) -> [String; 7] {
    let sims: Vec<String> = device.sims.iter().map(sim).collect();
    let sims = (!sims.is_empty()).then(|| sims.join(", "));
    [
        device.id.clone(),
        device.name.clone(),
        status(device),
        cell(device.last_seen_at.as_deref().map(instant)),
        device.queued.to_string(),
        device.in_flight.to_string(),
        cell(sims),
    ]
}

fn status(device: &DeviceShown) -> String {
    match &device.leave_by {
        Some(by) if device.status == "leaving" => format!("leaving until {}", instant(by)),
        _ => device.status.clone(),
    }
}

fn sim(sim: &SimShown) -> String {
    let number = sim.number.as_deref().unwrap_or("number unknown");
    match &sim.carrier {
        Some(carrier) => format!("{}: {number} ({carrier})", sim.slot),
        None => format!("{}: {number}", sim.slot),
    }
}
