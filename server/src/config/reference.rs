//! The documents about settings, written from their definitions: `docs/settings.md` and the example of a settings
//! file. `relay-hub settings` prints them; tests hold the committed files to what is written here.

use std::fmt::Write as _;

use super::catalogue::{Kind, Section, Setting, sections};

/// Lines of the example end here at the latest.
const COLUMNS: usize = 100;

const HEAD: &str = "\
# Settings

<!-- Written by `relay-hub settings`: change the definitions in `server/src/config`, not this file. -->

Every setting of `relay-hub serve` is a flag, an environment variable and a key of the settings file. What counts: a
flag before the environment, the environment before the file, the file before the default.

* `relay-hub serve --check` says whether the settings are good, and where each value comes from.
* `relay-hub doctor` says whether this machine is good for them.

## The settings file

`--config FILE` (`RELAY_CONFIG`) names it, and then it must be there. Without that, `relay-hub.toml` in the data
directory is read if it is there. It is TOML, with one table a section;
[`relay-hub.example.toml`](relay-hub.example.toml) has every key, and `relay-hub settings --toml` prints it. Unknown
tables and keys, and values that cannot be, are refused at start, each with its line and what to write instead.

* A relative `data_dir` counts from the folder that the hub is started in. It makes no sense in the `relay-hub.toml`
  of the data directory itself, and is refused there.
* Management commands take `--config` too, and read the place of the data directory from it.
* A switch that the file turns on is turned off with `false` in its variable; its flag only turns it on.
* A flag with several values replaces the whole list of the file.
* A time is a whole number and a unit: `250ms`, `25s`, `10m`, `24h`.

";

/// `docs/settings.md`.
pub fn markdown() -> String {
    let sections: Vec<String> = sections().iter().map(section).collect();
    format!("{HEAD}{}", sections.join("\n"))
}

fn section(section: &Section) -> String {
    let mut text = format!("## `[{}]` {}\n\n", section.name, section.about);
    text.push_str("| key | flag | variable | default | what it does |\n|---|---|---|---|---|\n");
    for setting in &section.settings {
        let Setting { key, flag, variable, .. } = setting;
        let value = match setting.kind {
            Kind::Switch => String::new(),
            Kind::Number | Kind::Text | Kind::List => format!(" {}", setting.value_name),
        };
        let default = match setting.default.as_slice() {
            [] => "none".to_owned(),
            values => format!("`{}`", values.join(", ")),
        };
        let what = said(setting).replace('|', "\\|");
        let _ = writeln!(text, "| `{key}` | `{flag}{value}` | `{variable}` | {default} | {what} |");
    }
    text
}

/// What a setting does, on one line, with its choices.
fn said(setting: &Setting) -> String {
    let help = setting.help.split_whitespace().collect::<Vec<_>>().join(" ");
    match setting.choices.as_slice() {
        [] => help,
        choices => format!("{help}: {}", choices.join(" or ")),
    }
}

const EXAMPLE_HEAD: &str = "\
Settings of a hub, each with its default. Take the # away from a setting to change it, and put the file where \
`relay-hub serve --config FILE` (RELAY_CONFIG) finds it, or into the data directory as relay-hub.toml. \
Flags and environment count before it; `relay-hub serve --check` shows what holds.";

/// `docs/relay-hub.example.toml`: a settings file that changes nothing, with every setting in a comment.
pub fn example() -> String {
    let mut text = comment(EXAMPLE_HEAD);
    for section in sections() {
        let _ = write!(text, "\n\n{}[{}]\n", comment(&section.about), section.name);
        for setting in &section.settings {
            let names = format!("{}, {}", setting.flag, setting.variable);
            let _ = write!(text, "\n{}{}", comment(&said(setting)), comment(&names));
            let line = match (setting.default.is_empty(), setting.kind) {
                (true, Kind::Switch | Kind::Number | Kind::Text) => {
                    format!("# no default; written as {}", setting.example())
                }
                (true, Kind::List) | (false, _) => format!("#{}", setting.line(&setting.default)),
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Words as lines of a comment.
fn comment(words: &str) -> String {
    let (mut text, mut line) = (String::new(), String::from("#"));
    for word in words.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > COLUMNS {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line + "\n"
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::Config;
    use crate::config::tests::parse_with_file;

    fn committed(name: &str) -> String {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn the_committed_reference_is_what_the_definitions_say() {
        assert!(
            committed("settings.md") == markdown(),
            "docs/settings.md is out of date: write it anew with\n    cargo run -- settings > docs/settings.md"
        );
    }

    #[test]
    fn the_committed_example_is_what_the_definitions_say() {
        assert!(
            committed("relay-hub.example.toml") == example(),
            "docs/relay-hub.example.toml is out of date: write it anew with\n    \
             cargo run -- settings --toml > docs/relay-hub.example.toml"
        );
    }

    #[test]
    fn the_example_changes_nothing_as_it_stands_and_with_every_setting_in_it() {
        let example = committed("relay-hub.example.toml");
        assert_eq!(parse_with_file(&example).unwrap(), Config::default());
        // Settings have no space behind the #, remarks have one.
        let set = |line: &str| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
            Some(_) | None => line.to_owned(),
        };
        let all: String = example.lines().map(|line| set(line) + "\n").collect();
        assert_eq!(parse_with_file(&all).unwrap(), Config::default());
        for section in sections() {
            for Setting { key, .. } in section.settings {
                assert!(all.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}: {all}");
            }
        }
    }
}
