//! Settings as a command reads them: flags, and what a settings file says.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use super::*;

#[derive(Debug, Parser)]
pub(super) struct Line {
    #[command(flatten)]
    pub(super) config: Config,
    #[command(flatten)]
    pub(super) file: SettingsFile,
}

/// Reads flags, with the settings file that they name or that lies in the data directory.
pub(super) fn read_line(flags: &[&str]) -> Result<(Config, Told), ReadError> {
    let words: Vec<OsString> = std::iter::once(&"hub").chain(flags).map(OsString::from).collect();
    let (matches, told) = read(Line::command(), &words)?;
    Ok((Line::from_arg_matches(&matches).unwrap().config, told))
}

/// Reads a settings file with this text, named by its flag.
pub(super) fn parse_with_file(text: &str) -> Result<Config, String> {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    read_line(&["--config", path.to_str().unwrap()])
        .map(|(config, _)| config)
        .map_err(|error| said(&error, &path))
}

/// The words of a refusal, with the file's path made short.
pub(super) fn said(error: &ReadError, path: &Path) -> String {
    match error {
        ReadError::Usage(error) => error.to_string(),
        ReadError::File { problem, .. } => problem.to_string().replace(path.to_str().unwrap(), "FILE"),
    }
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
