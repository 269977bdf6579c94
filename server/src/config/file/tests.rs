//! What a settings file may hold, and how it is refused: with its line, the key, the value and what to write.

use crate::config::Config;
use crate::config::tests::parse_with_file;

fn refused(text: &str) -> String {
    parse_with_file(text).expect_err("it is refused")
}

#[test]
fn every_kind_of_value_is_read() {
    let text = r#"
        [listen]
        listen = "0.0.0.0:80"
        trusted_proxy = ["10.0.0.5", "192.168.0.0/16"]
        insecure_http = true
        [phones]
        ping_interval = "50ms"
        radio_guard_segments = 0
        [texts]
        max_segments = 0xff
        [logs]
        log_format = "json"
        log = "debug"
    "#;
    let mut wanted = Config::default();
    wanted.listen.listen = "0.0.0.0:80".parse().unwrap();
    wanted.listen.trusted_proxies = vec!["10.0.0.5".parse().unwrap(), "192.168.0.0/16".parse().unwrap()];
    wanted.listen.insecure_http = true;
    wanted.phones.ping_interval = std::time::Duration::from_millis(50);
    wanted.phones.radio_guard_segments = 0;
    wanted.texts.max_segments = 255.try_into().unwrap();
    wanted.logs.log_format = crate::config::LogFormat::Json;
    wanted.logs.log = "debug".parse().unwrap();
    assert_eq!(parse_with_file(text).unwrap(), wanted);
}

#[test]
fn a_list_may_be_empty_and_may_hold_commas() {
    assert_eq!(parse_with_file("[listen]\ntrusted_proxy = []").unwrap(), Config::default());
    let config = parse_with_file("[listen]\ntrusted_proxy = [\"10.0.0.5,10.0.0.6\"]").unwrap();
    assert_eq!(config.listen.trusted_proxies.len(), 2);
}

#[test]
fn an_empty_file_changes_nothing() {
    for text in ["", "# nothing\n", "[listen]\n[phones]\n"] {
        assert_eq!(parse_with_file(text).unwrap(), Config::default());
    }
}

#[test]
fn a_wrong_value_is_refused_in_the_words_of_its_flag() {
    for (line, parts) in [
        (
            "[phones]\nping_interval = \"25\"",
            &["[phones] ping_interval", "\"25\"", "250ms, 25s, 10m or 24h"][..],
        ),
        ("[phones]\nsweep_interval = \"\"", &["sweep_interval", "250ms"]),
        ("[listen]\nlisten = \"localhost\"", &["[listen] listen", "\"localhost\"", "127.0.0.1:8080"]),
        ("[listen]\ntrusted_proxy = [\"10.0.0.0/33\"]", &["trusted_proxy", "10.0.0.0/33", "10.0.0.0/8"]),
        ("[texts]\nmax_segments = 256", &["max_segments cannot be 256", "from 1 to 255"]),
        ("[texts]\nmax_segments = -1", &["max_segments cannot be -1", "from 1 to 255"]),
        ("[logs]\nlog_format = \"xml\"", &["log_format", "\"xml\"", "write one of human, json"]),
        ("[data]\ndata_dir = \"\"", &["[data] data_dir cannot be \"\"", "data_dir = \"./relay-data\""]),
    ] {
        let refused = refused(line);
        assert!(refused.starts_with("FILE:2: "), "{refused}");
        for part in parts {
            assert!(refused.contains(part), "`{part}` is missing: {refused}");
        }
    }
}

#[test]
fn a_wrong_type_is_refused_with_the_line_to_write() {
    for (line, parts) in [
        ("[phones]\nping_interval = 25", &["cannot be 25", "in quotes", "ping_interval = \"25s\""][..]),
        (
            "[phones]\nradio_guard_segments = \"24\"",
            &["\"24\"", "without quotes", "radio_guard_segments = 24"],
        ),
        ("[texts]\nmax_segments = 1.5", &["cannot be 1.5", "max_segments = 10"]),
        ("[listen]\ninsecure_http = \"yes\"", &["\"yes\"", "true or false", "insecure_http = true"]),
        ("[listen]\ntrusted_proxy = \"10.0.0.5\"", &["a list", "trusted_proxy = [\"ADDRESS[/BITS]\"]"]),
        ("[listen]\ntrusted_proxy = [10]", &["[10]", "a list of texts"]),
        ("[listen]\nlisten = 2026-11-22", &["2026-11-22", "listen = \"127.0.0.1:8080\""]),
        ("[listen]\nlisten.port = 80", &["[listen] listen cannot be", "in quotes"]),
    ] {
        let refused = refused(line);
        for part in parts {
            assert!(refused.contains(part), "`{part}` is missing: {refused}");
        }
    }
}

#[test]
fn an_unknown_table_or_key_is_refused_with_the_one_that_was_meant() {
    for (text, wanted) in [
        ("[phone]\n", "FILE:1: there is no table [phone]; did you mean [phones]?"),
        ("\n[carrier]\n", "FILE:2: there is no table [carrier]: there are [data], [listen]"),
        ("[phones]\nping-interval = 1", "[phones] has no key `ping-interval`; did you mean `ping_interval`?"),
        ("[texts]\nmax_segment = 1", "[texts] has no key `max_segment`; did you mean `max_segments`?"),
        ("[texts]\nxyz = 1", "[texts] has no key `xyz`: it has max_segments"),
        ("[data]\nlisten = \"127.0.0.1:1\"", "`listen` belongs under [listen], not under [data]"),
        ("data_dir = \"x\"", "FILE:1: `data_dir` belongs under [data]"),
        ("listen = \"127.0.0.1:1\"", "FILE:1: `listen` belongs under [listen]"),
        ("[[phones]]\n", "FILE:1: write `[phones]` on a line of its own, once"),
        ("colour = 1", "FILE:1: `colour` is no table of settings: there are [data]"),
        ("[data]\nconfig = \"x\"", "[data] has no key `config`"),
    ] {
        let refused = refused(text);
        assert!(refused.contains(wanted), "{text}: {refused}");
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    for text in [
        "[listen]\nlisten = 127.0.0.1:80\n",
        "[listen]\nlisten\n",
        "[listen\n\n",
        "[logs]\nlog=\"a\"\nlog=\"b\"",
    ] {
        let refused = refused(text);
        assert!(refused.contains("FILE:") && refused.contains("no TOML"), "{refused}");
    }
    assert!(refused("[logs]\nlog = \"a\"\nlog = \"b\"\n").starts_with("FILE:3: "));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_from_top_to_bottom() {
    let refused = refused("[texts]\nmax_segments = 0\n[phone]\n[listen]\nlisten = 1\n");
    let lines: Vec<&str> = refused.lines().collect();
    assert_eq!(lines[0], "3 settings cannot be:");
    for (line, start) in lines[1..].iter().zip(["  FILE:2:", "  FILE:3:", "  FILE:5:"]) {
        assert!(line.starts_with(start), "{refused}");
    }
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let refused = refused(&format!("[listen]\nlisten = \"{}\"", "ü".repeat(500)));
    assert!(refused.chars().count() < 250, "{refused}");
}

#[test]
fn a_file_that_is_too_large_or_no_text_is_refused() {
    let large = format!("# {}\n", "x".repeat(300 * 1024));
    assert!(refused(&large).contains("larger than 256 KiB"));
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("settings.toml");
    std::fs::write(&path, b"[listen]\n# caf\xe9\n").unwrap();
    let error = crate::config::tests::read_line(&["--config", path.to_str().unwrap()]).unwrap_err();
    let said = crate::config::tests::said(&error, &path);
    assert!(said.contains("line 2 is not UTF-8"), "{said}");
}
