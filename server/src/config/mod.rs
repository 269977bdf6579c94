//! Settings: one section one file, each value from a flag, its environment variable or the settings file, with its
//! default beside it. A wrong value is refused here, at start, with its name, its value and what to write instead.
//!
//! A setting is defined once, as a flag. `catalogue` reads the definitions, `file` reads a settings file by them,
//! `layers` says what counts before what, and `reference` writes the documents.
//!
//! Nothing of ours is known here: the composition root hands each room what it needs.

mod catalogue;
mod data;
mod door;
mod file;
mod layers;
mod listen;
mod logs;
mod phones;
mod problem;
mod reference;
mod span;
mod texts;
mod webhooks;

pub use data::DataSettings;
pub use door::DoorSettings;
pub use file::{FileProblem, Found, SETTINGS_FILE, SettingsFile, UsedFile};
pub use layers::{Effective, Origin, ReadError, Told, read};
pub use listen::{ListenSettings, Network, TrustedProxies};
pub use logs::{LogFormat, LogSettings};
pub use phones::PhoneSettings;
pub use problem::Problem;
pub use reference::{example, markdown};
pub use span::parse as parse_span;
pub use texts::TextSettings;
pub use webhooks::{AllowedEndpoint, PlainWebhooks, WebhookSettings};

/// Everything that a hub is told at start. `Default` is what a start without any flag means.
///
/// A section's heading names its table in the settings file, and says in a few words what it is about. A new section
/// is a field here; the documents are then written anew (see `reference`).
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Where everything durable lives.
    #[command(flatten, next_help_heading = "[data] Where everything durable lives")]
    pub data: DataSettings,
    /// Where customers and phones connect.
    #[command(flatten, next_help_heading = "[listen] Where customers and phones connect")]
    pub listen: ListenSettings,
    /// What may be asked of it.
    #[command(flatten, next_help_heading = "[door] How much one key and one address may ask")]
    pub door: DoorSettings,
    /// How phones are treated.
    #[command(flatten, next_help_heading = "[phones] How phones are treated")]
    pub phones: PhoneSettings,
    /// What texts are accepted.
    #[command(flatten, next_help_heading = "[texts] What texts are accepted")]
    pub texts: TextSettings,
    /// Whom webhooks reach.
    #[command(flatten, next_help_heading = "[webhooks] Whom webhooks reach, and how long a post may take")]
    pub webhooks: WebhookSettings,
    /// What is logged.
    #[command(flatten, next_help_heading = "[logs] What is logged")]
    pub logs: LogSettings,
}

impl Config {
    /// Looks at what only the settings together can get wrong.
    pub fn check(&self) -> Result<(), Problem> {
        self.listen.check()
    }
}

#[cfg(test)]
mod tests;
