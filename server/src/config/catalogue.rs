//! What settings there are, read off the definitions of the flags: so the settings file, the reference and
//! `serve --check` can name no setting that has no flag, and miss none.

use std::any::TypeId;
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Args as _, Command};

use super::Config;

/// A section: one struct of this folder, one table of the settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The table's name.
    pub name: String,
    /// What it is about, in a few words.
    pub about: String,
    /// In the order of their definition.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What clap calls it.
    pub id: String,
    /// Its section's name.
    pub section: String,
    /// Its key in the file.
    pub key: String,
    /// Its flag, with the dashes.
    pub flag: String,
    /// Its environment variable.
    pub variable: String,
    /// Its default, as one would write it behind the flag; empty where there is none.
    pub default: Vec<String>,
    /// How it is written in the file.
    pub kind: Kind,
    /// What stands for its value in the help.
    pub value_name: String,
    /// The words that it can be, if it is a choice.
    pub choices: Vec<String>,
    /// What separates values behind one flag.
    pub delimiter: Option<char>,
    /// What it does.
    pub help: String,
    /// Whether its value may be shown.
    pub shown: Shown,
}

/// How a value is written in the settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A number without quotes.
    Number,
    /// A text in quotes.
    Text,
    /// A list of texts.
    List,
}

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It may.
    Openly,
    /// It is a secret: its definition says `hide_env_values`, and so nothing else shows it either.
    Never,
}

impl Setting {
    /// As messages name it: flag and environment variable.
    pub fn name(&self) -> String {
        format!("{} ({})", self.flag, self.variable)
    }

    /// A line of the file that sets it to these values.
    pub fn line(&self, values: &[String]) -> String {
        let first = || values.first().map_or("", String::as_str);
        let value = match self.kind {
            Kind::Switch | Kind::Number => first().to_owned(),
            Kind::Text => quoted(first()),
            Kind::List => format!("[{}]", values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ")),
        };
        format!("{} = {value}", self.key)
    }

    /// A line of the file that shows how it is written.
    pub(super) fn example(&self) -> String {
        let value = match self.kind {
            Kind::Switch => "true".to_owned(),
            _ => self.default.first().or(self.choices.first()).unwrap_or(&self.value_name).clone(),
        };
        self.line(&[value])
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// Every section of [`Config`], in its order.
pub fn sections() -> Vec<Section> {
    sections_of(&Config::augment_args(Command::new("settings")))
}

/// Every section of a command; what has no heading `[name] about` is no setting.
pub(super) fn sections_of(command: &Command) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for arg in command.get_arguments() {
        let Some((name, about)) = arg.get_help_heading().and_then(heading) else { continue };
        let setting = setting(arg, name);
        match sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.settings.push(setting),
            None => sections.push(Section {
                name: name.to_owned(),
                about: about.to_owned(),
                settings: vec![setting],
            }),
        }
    }
    sections
}

/// Reads `[name] about`, the form of a section's heading in the help.
fn heading(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.split_once("] ")
}

fn setting(arg: &Arg, section: &str) -> Setting {
    let long = arg.get_long().unwrap_or_default();
    let kind = kind(arg);
    let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
    let mut default: Vec<String> = arg.get_default_values().iter().map(|value| text(value)).collect();
    if kind == Kind::Switch && default.is_empty() {
        default.push("false".to_owned());
    }
    let choices = match kind {
        Kind::Switch => Vec::new(),
        _ => arg.get_possible_values().iter().map(|choice| choice.get_name().to_owned()).collect(),
    };
    Setting {
        id: arg.get_id().to_string(),
        section: section.to_owned(),
        key: long.replace('-', "_"),
        flag: format!("--{long}"),
        variable: arg.get_env().map(text).unwrap_or_default(),
        default,
        kind,
        value_name: arg
            .get_value_names()
            .and_then(|names| names.first())
            .map_or_else(String::new, |name| name.to_string()),
        choices,
        delimiter: arg.get_value_delimiter(),
        help: arg.get_long_help().or(arg.get_help()).map_or_else(String::new, ToString::to_string),
        shown: if arg.is_hide_env_values_set() { Shown::Never } else { Shown::Openly },
    }
}

fn kind(arg: &Arg) -> Kind {
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => Kind::Switch,
        ArgAction::Append => Kind::List,
        // clap may learn more actions; whatever takes one value is told by its type.
        _ if is_number(arg.get_value_parser()) => Kind::Number,
        _ => Kind::Text,
    }
}

fn is_number(parser: &ValueParser) -> bool {
    let whole = [TypeId::of::<u8>(), TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>()];
    let signed = [TypeId::of::<i32>(), TypeId::of::<i64>(), TypeId::of::<usize>()];
    let nonzero = [
        TypeId::of::<NonZeroU8>(),
        TypeId::of::<NonZeroU16>(),
        TypeId::of::<NonZeroU32>(),
        TypeId::of::<NonZeroU64>(),
        TypeId::of::<NonZeroUsize>(),
    ];
    whole.iter().chain(&signed).chain(&nonzero).any(|number| parser.type_id() == *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_section_a_flag_a_variable_a_key_of_its_own_and_a_word_about_it() {
        let command = Config::augment_args(Command::new("settings"));
        let sections = sections();
        let settings: Vec<&Setting> = sections.iter().flat_map(|section| &section.settings).collect();
        assert_eq!(
            settings.len(),
            command.get_arguments().count(),
            "give the section in `Config` a `next_help_heading = \"[name] what it is about\"`"
        );
        for setting in settings {
            assert!(setting.flag.len() > 2 && !setting.help.is_empty(), "{setting:?}");
            assert_eq!(setting.variable, format!("RELAY_{}", setting.key.to_uppercase()));
        }
    }

    #[test]
    fn a_section_is_one_struct_under_a_heading_of_its_own() {
        let command = Config::augment_args(Command::new("settings"));
        let heading =
            |id| command.get_arguments().find(|arg| arg.get_id() == id).and_then(Arg::get_help_heading);
        let mut seen = Vec::new();
        // clap makes a group of each struct.
        for group in command.get_groups().filter(|group| group.get_args().next().is_some()) {
            let mut headings: Vec<_> = group.get_args().map(heading).collect();
            headings.dedup();
            assert_eq!(headings.len(), 1, "{}: {headings:?}", group.get_id());
            assert!(!seen.contains(&headings[0]), "{} has the heading of another section", group.get_id());
            seen.extend(headings);
        }
        assert_eq!(seen.len(), sections().len());
    }

    #[test]
    fn values_are_written_as_toml() {
        #[derive(clap::Args)]
        struct Odd {
            #[arg(long, env = "A", default_value = r#"C:\"x"#, help_heading = "[odd] odd things")]
            path: String,
            #[arg(long, env = "B", help_heading = "[odd] odd things", hide_env_values = true)]
            word: Option<String>,
        }
        let sections = sections_of(&Odd::augment_args(Command::new("odd")));
        let [path, word] = sections[0].settings.as_slice() else { panic!("{sections:?}") };
        assert_eq!(path.line(&path.default), r#"path = "C:\\\"x""#);
        assert_eq!((path.shown, word.shown), (Shown::Openly, Shown::Never));
        assert_eq!(word.example(), r#"word = "WORD""#);
    }
}
