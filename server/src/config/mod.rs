//! Settings: one section one file, each value from a flag or its environment variable, with its default beside
//! it. A wrong value is refused here, at start, with its name, its value and what to write instead.
//!
//! Nothing of ours is known here: the composition root hands each room what it needs.

mod data;
mod door;
mod listen;
mod logs;
mod phones;
mod problem;
mod span;
mod texts;

pub use data::DataSettings;
pub use door::DoorSettings;
pub use listen::{ListenSettings, Network, TrustedProxies};
pub use logs::{LogFormat, LogSettings};
pub use phones::PhoneSettings;
pub use problem::Problem;
pub use span::parse as parse_span;
pub use texts::TextSettings;

/// Everything that a hub is told at start. `Default` is what a start without any flag means.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Where everything durable lives.
    #[command(flatten)]
    pub data: DataSettings,
    /// Where customers and phones connect.
    #[command(flatten)]
    pub listen: ListenSettings,
    /// What may be asked of it.
    #[command(flatten)]
    pub door: DoorSettings,
    /// How phones are treated.
    #[command(flatten)]
    pub phones: PhoneSettings,
    /// What texts are accepted.
    #[command(flatten)]
    pub texts: TextSettings,
    /// What is logged.
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Config {
    /// Looks at what only the settings together can get wrong.
    pub fn check(&self) -> Result<(), Problem> {
        self.listen.check()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    fn parse(flags: &[&str]) -> Result<Config, String> {
        let line = Line::try_parse_from(std::iter::once(&"hub").chain(flags));
        line.map(|line| line.config).map_err(|error| error.to_string())
    }

    #[test]
    fn no_flag_at_all_is_the_default() {
        assert_eq!(parse(&[]).unwrap(), Config::default());
        Config::default().check().unwrap();
    }

    #[test]
    fn every_wrong_value_is_refused_with_its_name_and_value() {
        for (name, value) in [
            ("--listen", "8080"),
            ("--listen", "localhost:http"),
            ("--trusted-proxy", "10.0.0.0/33"),
            ("--trusted-proxy", "proxy.example"),
            ("--ping-interval", "25"),
            ("--ping-interval", "0s"),
            ("--stalled-after", "5 minutes"),
            ("--uncertain-after", "-1h"),
            ("--sweep-interval", ""),
            ("--drain-spread", "999999999999h"),
            ("--radio-guard-window", "1y"),
            ("--radio-guard-segments", "many"),
            ("--max-segments", "0"),
            ("--key-rate", "-1"),
            ("--address-burst", "0"),
            ("--wrong-key-rate", "1000001"),
            ("--head-timeout", "999ms"),
            ("--body-timeout", "0s"),
            ("--max-segments", "256"),
            ("--log-format", "xml"),
        ] {
            let refused = parse(&[&format!("{name}={value}")]).unwrap_err();
            assert!(refused.contains(name) && refused.contains(value), "{name}={value}: {refused}");
        }
    }

    #[test]
    fn intervals_can_be_as_short_as_a_test_wants() {
        let config = parse(&["--ping-interval=50ms", "--sweep-interval", "100ms"]).unwrap();
        assert_eq!(config.phones.ping_interval.as_millis(), 50);
        assert_eq!(config.phones.sweep_interval.as_millis(), 100);
    }
}
