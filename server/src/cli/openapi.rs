//! `relay-hub openapi`

use super::exit::Exit;
use super::output;
use crate::app::api_documents;

const EXAMPLES: &str = "\
Examples:
  relay-hub openapi relayion > relayion.openapi.json    for a program that writes clients

A running hub shows the same at /docs, to read and to try out.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OpenApi {
    /// The API to describe
    #[arg(value_name = "API", value_parser = clap::builder::PossibleValuesParser::new(api_documents::names()))]
    name: String,
}

pub(super) fn run(openapi: &OpenApi) -> Exit {
    // The name is one of those that there are: the command line was refused else.
    api_documents::named(&openapi.name).map(output::say).map_or(Exit::NotFound, |()| Exit::Done)
}
