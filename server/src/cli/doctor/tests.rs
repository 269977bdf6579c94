//! The whole report: its form, its end, and that it leaves no trace.

use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use super::*;
use crate::config::read;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    doctor: Doctor,
}

async fn report(data_dir: &Path, flags: &[&str]) -> Vec<Finding> {
    let words = ["doctor", "--listen", "127.0.0.1:0", "--data-dir", data_dir.to_str().unwrap()];
    let words: Vec<_> = words.iter().chain(flags).map(std::ffi::OsString::from).collect();
    let (matches, told) = read(Line::command(), &words).unwrap();
    examine(&Line::from_arg_matches(&matches).unwrap().doctor, &told).await
}

fn find<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    findings
        .iter()
        .find(|finding| finding.check == check)
        .unwrap_or_else(|| panic!("no {check}: {findings:?}"))
}

#[tokio::test]
async fn a_first_look_at_nothing_is_good_and_makes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let findings = report(&data, &["--thorough"]).await;
    for check in ["settings", "data", "hub", "database", "disk", "port", "exposure"] {
        assert_eq!(find(&findings, check).level, Level::Ok, "{findings:?}");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn people_get_a_line_a_check_with_the_remedy_below() {
    let findings = [
        Finding::ok("clock", "it is noon"),
        Finding::warn("space", "little", "free some"),
        Finding::fail("port", "taken", "stop it"),
    ];
    assert_eq!(
        lines(&findings),
        [
            "ok    clock  it is noon",
            "warn  space  little",
            "             → free some",
            "FAIL  port   taken",
            "             → stop it",
            "",
            "Failed: 1; warnings: 1. The arrows say what to do: begin with what failed.",
        ]
    );
    assert_eq!(worst(&findings), Level::Fail);
    assert_eq!(worst(&findings[..2]), Level::Warn);
    assert_eq!(lines(&findings[..1]).last().unwrap(), "All is well.");
}

#[test]
fn programs_get_an_object_a_check() {
    let findings = [Finding::ok("clock", "it is noon"), Finding::fail("port", "taken", "stop it")];
    let wanted = serde_json::json!([
        { "check": "clock", "level": "ok", "finding": "it is noon", "remedy": null },
        { "check": "port", "level": "fail", "finding": "taken", "remedy": "stop it" },
    ]);
    assert_eq!(serde_json::to_value(&findings[..]).unwrap(), wanted);
}

#[test]
fn the_help_shows_what_doctor_looks_at_and_takes_the_rest() {
    let help = Line::command().render_long_help().to_string();
    assert!(
        ["--config", "--thorough", "--json", "--data-dir", "--listen"].iter().all(|flag| help.contains(flag)),
        "{help}"
    );
    assert!(!help.contains("--ping-interval"), "{help}");
    assert!(Line::try_parse_from(["doctor", "--ping-interval", "1s"]).is_ok());
}
