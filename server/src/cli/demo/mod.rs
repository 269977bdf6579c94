//! `relay-hub demo`: the whole thing on one machine. A real hub, three simulated phones on real sockets, and a
//! customer who talks to it over HTTP and shows what comes of it.
//!
//! Owns the order of the play and its end: hub, cast (`set_up`), the first message (`first_message`), what to
//! try (`try_it`), what happens meanwhile (`follow`), and the judge's verdict (`verdict`). It reaches into the
//! hub only where an operator's commands do; everything that is shown came over the API.

mod cast;
mod customer;
mod first_message;
mod follow;
mod instant;
mod key_file;
mod logs;
mod set_up;
mod trouble;
mod try_it;
mod verdict;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use self::cast::Member;
use self::logs::Logs;
use self::trouble::DemoError;
use self::verdict::Judged;
use super::exit::Exit;
use super::output::{complain, say};
use super::signals::StopSignals;
use crate::app::{App, RunningApp, StartError};
use crate::config::{Config, DataSettings, ListenSettings};
use crate::relay::Relay;
use crate::telemetry::{self, LogForm};

/// Where the hub of a demo listens if nothing else does.
const DEFAULT_PORT: u16 = 8080;
/// Ports that are looked at after that one: where so many are taken, something else is wrong.
const PORTS_TRIED: u16 = 100;

const EXAMPLES: &str = "\
Examples:
  relay-hub demo                                  in ./relay-demo, on port 8080 or the next free one
  relay-hub demo --data-dir /tmp/try --port 9000  elsewhere
  rm -r ./relay-demo                              forget everything that the demo made

A second run finds its accounts, keys, phones and messages again. Stop it with Ctrl-C or SIGTERM.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    /// Folder of the demo: database, keys, the phones' journals and logs
    // Not RELAY_DATA_DIR: a demo must not find its way into the data of the hub that an environment describes.
    #[arg(long, value_name = "FOLDER", default_value = "./relay-demo")]
    data_dir: PathBuf,
    /// Port on 127.0.0.1; 0 takes any free one [default: 8080, or the next free one]
    #[arg(long)]
    port: Option<u16>,
}

pub(super) fn run(demo: Demo) -> Exit {
    // What the hub would tell an operator is not what a visitor came for; what goes wrong is still said.
    telemetry::start("warn", LogForm::Human);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format!("no runtime could be started: {error}"));
            return Exit::Failed;
        }
    };
    let exit = runtime.block_on(Box::pin(perform(demo))).unwrap_or_else(|error| {
        complain(&error);
        Exit::from(&error)
    });
    // Whatever still runs was given its time; what is durable is so already.
    runtime.shutdown_background();
    exit
}

async fn perform(demo: Demo) -> Result<Exit, DemoError> {
    // Before anything is opened: a signal that comes while the demo starts is not lost.
    let mut signals = StopSignals::listen().map_err(DemoError::Signals)?;
    let mut hub = start_hub(&demo.data_dir, demo.port).await?;
    let mut stage = Stage::open(&hub, demo.data_dir)?;
    let ended = tokio::select! {
        // Only something that cannot go on ends the play by itself.
        ended = Box::pin(stage.play()) => ended,
        // Asked to stop.
        _ = signals.come() => Ok(()),
        // Without its server there is nothing to show.
        why = hub.server_died() => Err(DemoError::HubDied(why)),
    };
    if ended.is_ok() {
        say("");
        say("Stopping (a second Ctrl-C stops at once)");
    }
    tokio::select! {
        // What ended the play is told, and not what it may have spoilt of the end.
        verdict = Box::pin(stage.finish(hub)) => ended.and_then(|()| announce(verdict?)),
        // Asked again, by somebody who does not want to wait; everything accepted is on disk.
        _ = signals.come_again() => std::process::exit(Exit::Failed as i32),
    }
}

/// Says what the judge said, or that there was nothing to judge.
fn announce(judged: Option<Judged>) -> Result<Exit, DemoError> {
    let Some(judged) = judged else {
        say("The demo was not set up yet, so there is nothing to judge; the next run goes on from here.");
        return Ok(Exit::Done);
    };
    judged.announce();
    Ok(if judged.is_clean() { Exit::Done } else { Exit::Failed })
}

/// Everything that plays.
struct Stage {
    relay: Relay,
    /// `http://127.0.0.1:port`.
    url: String,
    data_dir: PathBuf,
    logs: Logs,
    /// In the cast's order; fewer than the cast while it is set up.
    members: Vec<Member>,
    /// Id of the message that was shown first.
    first_id: String,
}

impl Stage {
    fn open(hub: &RunningApp, data_dir: PathBuf) -> Result<Stage, DemoError> {
        let relay = hub.relay().clone();
        let logs = Logs::open(&data_dir, relay.clock().now())?;
        let url = format!("http://{}", hub.addr());
        Ok(Stage { relay, url, data_dir, logs, members: Vec::new(), first_id: String::new() })
    }

    async fn play(&mut self) -> Result<(), DemoError> {
        self.check_folder().await?;
        say(format!("Relay Hub demo: the hub is at {}, its data in {}", self.url, self.data_dir.display()));
        self.set_up().await?;
        self.introduce();
        self.first_message().await?;
        self.suggest();
        self.follow().await
    }
}

/// Starts the hub on the wanted port, or on the next free one after the default.
async fn start_hub(data_dir: &Path, port: Option<u16>) -> Result<RunningApp, DemoError> {
    let first = port.unwrap_or(DEFAULT_PORT);
    let last = if port.is_some() { first } else { first.saturating_add(PORTS_TRIED) };
    for port in first..=last {
        let config = Config {
            data: DataSettings { data_dir: data_dir.to_owned() },
            listen: ListenSettings {
                listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
                ..ListenSettings::default()
            },
            ..Config::default()
        };
        match App::start(config).await {
            Ok(hub) if port != first => {
                say(format!("Port {first} is taken by another program: using {port}"));
                return Ok(hub);
            }
            Ok(hub) => return Ok(hub),
            // Told before the store is opened, so trying costs nothing.
            Err(StartError::PortTaken(_)) if port < last => {}
            Err(error) => return Err(DemoError::start(error, data_dir)),
        }
    }
    unreachable!("the last port's answer is returned")
}
