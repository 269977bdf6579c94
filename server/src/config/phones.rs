//! How phones are treated. The intervals are settings so that a test can shorten them: a fleet is served well by
//! the defaults, which other numbers of the protocol were chosen to match.

use std::time::Duration;

use super::span;

/// Section "phones".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct PhoneSettings {
    /// Time between pings, both ways; a silent socket is dead after 2.4 of them [shortened by tests]
    #[arg(long, env = "RELAY_PING_INTERVAL", value_name = "TIME", default_value = "25s", value_parser = span::parse)]
    pub ping_interval: Duration,
    /// A phone that does not acknowledge a frame for so long gets nothing new until it does [shortened by tests]
    #[arg(long, env = "RELAY_STALLED_AFTER", value_name = "TIME", default_value = "5s", value_parser = span::parse)]
    pub stalled_after: Duration,
    /// Data that a phone does not take for so long costs it the connection [shortened by tests]
    #[arg(long, env = "RELAY_WRITE_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = span::parse)]
    pub write_timeout: Duration,
    /// A message whose fate nobody has told for so long is given up as failed, outcome unknown
    #[arg(long, env = "RELAY_UNCERTAIN_AFTER", value_name = "TIME", default_value = "24h", value_parser = span::parse)]
    pub uncertain_after: Duration,
    /// Time between two looks at deadlines and leftovers [shortened by tests]
    #[arg(long, env = "RELAY_SWEEP_INTERVAL", value_name = "TIME", default_value = "5s", value_parser = span::parse)]
    pub sweep_interval: Duration,
    /// On a stop, phones are asked to come back spread over this time
    #[arg(long, env = "RELAY_DRAIN_SPREAD", value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    pub drain_spread: Duration,
    /// Segments that a phone may submit in any window before it waits (Android asks its owner at about 30 a
    /// minute); 0 switches the guard off
    #[arg(long, env = "RELAY_RADIO_GUARD_SEGMENTS", value_name = "SEGMENTS", default_value = "24", value_parser = segments)]
    pub radio_guard_segments: u32,
    /// The window of the radio guard
    #[arg(long, env = "RELAY_RADIO_GUARD_WINDOW", value_name = "TIME", default_value = "60s", value_parser = span::parse)]
    pub radio_guard_window: Duration,
}

impl Default for PhoneSettings {
    fn default() -> PhoneSettings {
        PhoneSettings {
            ping_interval: Duration::from_secs(25),
            stalled_after: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
            uncertain_after: Duration::from_secs(24 * 60 * 60),
            sweep_interval: Duration::from_secs(5),
            drain_spread: Duration::from_secs(10),
            radio_guard_segments: 24,
            radio_guard_window: Duration::from_secs(60),
        }
    }
}

fn segments(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a whole number, such as 24, or 0 for no guard".to_owned())
}
