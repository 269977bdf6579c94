//! `relay-hub settings`: the documents about settings, written from their definitions.

use super::exit::Exit;
use super::output;
use crate::config;

const EXAMPLES: &str = "\
Examples:
  relay-hub settings                                 every setting, as a page of Markdown
  relay-hub settings --toml > relay-hub.toml         a settings file to start from
  relay-hub serve --config relay-hub.toml --check    whether it is good, and what holds";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Settings {
    /// Print a settings file with every default in a comment instead
    #[arg(long)]
    toml: bool,
}

pub(super) fn run(settings: &Settings) -> Exit {
    let text = if settings.toml { config::example() } else { config::markdown() };
    output::say(text.trim_end());
    Exit::Done
}
