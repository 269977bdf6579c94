//! argv → subcommand → exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    relay_hub::cli::run()
}
