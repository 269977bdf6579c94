//! Logs, on standard error: one line per handled failure, never a text, a number or a secret.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging for the whole process; `filter` was checked when the settings were read.
///
/// A second start in one process keeps the first: tests and the demo start several hubs.
pub fn start(filter: &str, form: LogForm) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let _started_before = match form {
        LogForm::Human => lines.with_target(false).try_init(),
        LogForm::Json => lines.json().flatten_event(true).try_init(),
    };
}

/// Form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}
