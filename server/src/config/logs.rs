//! What is logged.

/// Section "logs".
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct LogSettings {
    /// Form of the log lines on standard error
    #[arg(long, env = "RELAY_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// What is logged: `warn`, `info`, `debug`, or a filter such as `info,relay_hub::hub=debug`
    #[arg(long, env = "RELAY_LOG", value_name = "FILTER", default_value_t)]
    pub log: LogFilter,
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// A filter whose syntax was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> LogFilter {
        // The HTTP library tells of each of its threads; what matters of it the hub says itself. Of each request that
        // it cannot read it tells as of an error of its own: any stranger could fill the log with them.
        LogFilter("info,actix_server=warn,actix_http::h1=off".to_owned())
    }
}

impl std::fmt::Display for LogFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for LogFilter {
    type Err = String;
    fn from_str(text: &str) -> Result<LogFilter, String> {
        match text.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => Ok(LogFilter(text.to_owned())),
            Err(error) => Err(format!(
                "{error}; write a level (error, warn, info, debug) or `info,relay_hub::hub=debug`"
            )),
        }
    }
}
