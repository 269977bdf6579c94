//! `relay-hub serve`, and with `--check` what it would run with.

use super::exit::Exit;
use super::output;
use super::signals::StopSignals;
use crate::app::App;
use crate::config::{Config, Effective, Found, LogFormat, Problem, SettingsFile, Told};
use crate::telemetry::{self, LogForm};

const EXAMPLES: &str = "\
Examples:
  relay-hub serve                                                   for programs on this machine
  relay-hub serve --listen 0.0.0.0:8080 --trusted-proxy 10.0.0.5    behind a TLS proxy
  RELAY_LISTEN=127.0.0.1:9000 RELAY_LOG_FORMAT=json relay-hub serve settings from the environment
  relay-hub serve --config /etc/relay-hub.toml                      settings from a file
  relay-hub serve --config /etc/relay-hub.toml --check              only tell whether they are good, and what holds

Stop it with SIGTERM or Ctrl-C: it ends within five seconds and loses nothing. A second signal ends it at once.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    _file: SettingsFile,
    /// Start nothing: tell whether the settings are good, and where each comes from
    #[arg(long)]
    check: bool,
    // Last, because a section's heading would stay over what comes behind it.
    #[command(flatten)]
    config: Config,
}

pub(super) fn run(serve: Serve, told: &Told) -> Exit {
    if serve.check {
        show(told);
    }
    // The hub looks itself, but it does not know in which file the operator has to look.
    if let Err(problem) = serve.config.check() {
        output::complain(placed(&problem, told));
        return Exit::Usage;
    }
    if serve.check {
        output::say("The settings are good.");
        return Exit::Done;
    }
    let form = match serve.config.logs.log_format {
        LogFormat::Human => LogForm::Human,
        LogFormat::Json => LogForm::Json,
    };
    telemetry::start(serve.config.logs.log.as_str(), form);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(format!("no runtime could be started: {error}"));
            return Exit::Failed;
        }
    };
    let exit = runtime.block_on(serve_until_told(serve.config));
    // Whatever still runs was given its time; what is durable is so already.
    runtime.shutdown_background();
    exit
}

/// Every setting as it holds.
fn show(told: &Told) {
    match &told.file {
        Some(file) => {
            let found = match file.found {
                Found::Named => "named",
                Found::InDataDir => "found in the data directory",
            };
            output::say(format!("Settings file: {} ({found})\n", file.path.display()));
        }
        None => output::say("Settings file: none\n"),
    }
    let row = |setting: &Effective| {
        let name = format!("{}.{}", setting.section, setting.key);
        [name, setting.value.clone(), setting.origin.to_string()]
    };
    let rows: Vec<_> = told.settings.iter().map(row).collect();
    output::table(["SETTING", "VALUE", "FROM"], &rows, "");
    output::say("");
}

/// What cannot be, with the place in the file that says so.
fn placed(problem: &Problem, told: &Told) -> String {
    match told.place(problem.name) {
        Some(place) => format!("{place}: {problem}"),
        None => problem.to_string(),
    }
}

async fn serve_until_told(config: Config) -> Exit {
    // Before anything is opened: a signal that comes while the hub starts is not lost.
    let mut signals = match StopSignals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            output::complain(format!("signals cannot be listened to: {error}"));
            return Exit::Failed;
        }
    };
    let mut running = match App::start(config).await {
        Ok(running) => running,
        Err(error) => {
            output::complain(&error);
            return Exit::from(&error);
        }
    };
    let exit = tokio::select! {
        // Asked to stop.
        name = signals.come() => {
            tracing::info!(signal = name, "stopping; a second signal ends the hub at once");
            Exit::Done
        }
        // Without its server the hub is no use: it ends, and a supervisor starts it again.
        why = running.server_died() => {
            tracing::error!(why, "stopping");
            Exit::Failed
        }
    };
    tokio::select! {
        () = running.stop() => exit,
        name = signals.come_again() => {
            tracing::warn!(signal = name, "ended at once; what was accepted is on disk");
            std::process::exit(Exit::Failed as i32);
        }
    }
}
