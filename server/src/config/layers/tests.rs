//! What counts before what, and which file is read. The environment's place is held by tests that start the binary.

use std::path::Path;

use super::*;
use crate::config::Config;
use crate::config::tests::{read_line, said};

fn write(path: &Path, text: &str) -> String {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn origin(told: &Told, key: &str) -> (String, Origin) {
    let setting = told.settings.iter().find(|setting| setting.key == key).unwrap();
    (setting.value.clone(), setting.origin)
}

#[test]
fn a_flag_counts_before_the_file_and_the_file_before_the_default() {
    let scratch = tempfile::tempdir().unwrap();
    let file = write(
        &scratch.path().join("a.toml"),
        "[texts]\nmax_segments = 3\n[phones]\nping_interval = \"7s\"\n[listen]\ntrusted_proxy = [\"10.0.0.1\"]\n",
    );
    let (config, told) =
        read_line(&["--config", &file, "--max-segments", "4", "--trusted-proxy", "10.0.0.2"]).unwrap();
    assert_eq!(config.texts.max_segments.get(), 4);
    assert_eq!(config.phones.ping_interval.as_secs(), 7);
    assert_eq!(
        config.listen.trusted_proxies,
        ["10.0.0.2".parse().unwrap()],
        "a list is replaced, not added to"
    );
    assert_eq!(config.phones.stalled_after, Config::default().phones.stalled_after);
    assert_eq!(origin(&told, "max_segments"), ("4".into(), Origin::Flag));
    assert_eq!(origin(&told, "ping_interval"), ("7s".into(), Origin::File { line: 4 }));
    assert_eq!(origin(&told, "stalled_after"), ("5s".into(), Origin::Default));
    assert_eq!(told.file, Some(UsedFile { path: file.clone().into(), found: Found::Named }));
    assert_eq!(told.place("--ping-interval (RELAY_PING_INTERVAL)"), Some(format!("{file}:4")));
    assert_eq!(told.place("--max-segments (RELAY_MAX_SEGMENTS)"), None);
}

#[test]
fn a_wrong_value_is_refused_although_a_flag_counts_before_it() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("a.toml");
    let file = write(&path, "[texts]\nmax_segments = 300\n");
    let refused = read_line(&["--config", &file, "--max-segments", "4"]).unwrap_err();
    assert!(said(&refused, &path).starts_with("FILE:2: [texts] max_segments cannot be 300"), "{refused:?}");
}

#[test]
fn the_file_in_the_data_directory_is_found_and_a_named_one_counts_instead() {
    let scratch = tempfile::tempdir().unwrap();
    let data = scratch.path().join("data");
    let data_dir = data.to_str().unwrap();
    let (config, told) = read_line(&["--data-dir", data_dir]).unwrap();
    assert_eq!((config.texts, told.file), (Config::default().texts, None), "no file, no directory: nothing");
    assert!(!data.exists());
    let inside = write(&data.join(SETTINGS_FILE), "[texts]\nmax_segments = 3\n");
    let (config, told) = read_line(&["--data-dir", data_dir]).unwrap();
    assert_eq!(config.texts.max_segments.get(), 3);
    assert_eq!(told.file, Some(UsedFile { path: inside.into(), found: Found::InDataDir }));
    let named = write(&scratch.path().join("b.toml"), "[phones]\nping_interval = \"9s\"\n");
    let (config, _) = read_line(&["--data-dir", data_dir, "--config", &named]).unwrap();
    assert_eq!(config.phones.ping_interval.as_secs(), 9);
    assert_eq!(config.texts, Config::default().texts, "one file is read, not two");
}

#[test]
fn a_named_file_may_say_where_the_data_is_and_the_one_inside_may_not() {
    let scratch = tempfile::tempdir().unwrap();
    let named = write(&scratch.path().join("a.toml"), "[data]\ndata_dir = \"/srv/relay\"\n");
    let (config, _) = read_line(&["--config", &named]).unwrap();
    assert_eq!(config.data.data_dir, Path::new("/srv/relay"));
    let data = scratch.path().join("data");
    let path = data.join(SETTINGS_FILE);
    write(&path, "[data]\n\ndata_dir = \"/srv/relay\"\n");
    let refused = said(&read_line(&["--data-dir", data.to_str().unwrap()]).unwrap_err(), &path);
    assert!(refused.starts_with("FILE:3: [data] data_dir makes no sense"), "{refused}");
    assert!(refused.contains("--config"), "{refused}");
}

#[test]
fn a_named_file_that_is_not_there_or_is_a_folder_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("nowhere.toml");
    let missing = said(&read_line(&["--config", path.to_str().unwrap()]).unwrap_err(), &path);
    assert!(
        missing.contains("`FILE` is not there") && missing.contains("--config (RELAY_CONFIG)"),
        "{missing}"
    );
    let folder = scratch.path();
    let refused = said(&read_line(&["--config", folder.to_str().unwrap()]).unwrap_err(), folder);
    assert!(refused.contains("`FILE` cannot be read"), "{refused}");
}

#[test]
fn without_its_file_a_command_line_still_says_what_it_says() {
    let Err(ReadError::File { without, .. }) =
        read_line(&["--config", "/nowhere.toml", "--max-segments", "4"])
    else {
        panic!("it is refused")
    };
    assert_eq!(without.get_one::<std::num::NonZeroU16>("max_segments").unwrap().get(), 4);
}
