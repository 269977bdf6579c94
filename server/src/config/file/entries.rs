//! The text of a settings file → the settings that it gives. Tables and keys are those of the catalogue, and each
//! value goes through the parser of its flag, so that no rule is written twice.

use std::error::Error as _;
use std::ops::Range;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue};
use clap::{Args as _, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Wrong;
use crate::config::Config;
use crate::config::catalogue::{Kind, Section, Setting, Shown};

/// A setting with its value, as one would write it behind its flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct Entry {
    /// What clap calls the setting.
    pub(in crate::config) id: String,
    /// One value, or those of a list.
    pub(in crate::config) values: Vec<String>,
    /// Counted from 1.
    pub(in crate::config) line: usize,
}

/// A word this near to another was probably meant to be it (Jaro similarity; clap asks the same of flags).
const NEAR: f64 = 0.7;
/// A longer value is cut in messages.
const MOST_SHOWN: usize = 60;

/// Reads them all, and everything that is wrong.
pub(super) fn read(text: &str, sections: &[Section]) -> (Vec<Entry>, Vec<Wrong>) {
    let mut reading = Reading { text, sections, entries: Vec::new(), wrongs: Vec::new() };
    match DeTable::parse(text) {
        Ok(tables) => tables.get_ref().iter().for_each(|(name, value)| reading.table(name, value)),
        Err(error) => {
            let what = format!("this is no TOML: {}", error.message().replace('\n', ", "));
            reading.wrong(&error.span().unwrap_or_default(), what);
        }
    }
    (reading.entries, reading.wrongs)
}

struct Reading<'a> {
    text: &'a str,
    sections: &'a [Section],
    entries: Vec<Entry>,
    wrongs: Vec<Wrong>,
}

impl Reading<'_> {
    fn table(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let word = name.get_ref().as_ref();
        let section = self.sections.iter().find(|section| section.name == word);
        match (section, value.get_ref()) {
            (Some(section), DeValue::Table(table)) => {
                table.iter().for_each(|(key, value)| self.entry(section, key, value));
            }
            (None, DeValue::Table(_)) => self.wrong(&name.span(), self.no_table(word)),
            // A key above the first table, or a table written as something else.
            (section, _) => {
                let what = match (self.home_of(word), section) {
                    (Some(home), _) => {
                        format!("`{word}` belongs under [{home}]: write it below a line `[{home}]`")
                    }
                    (None, Some(_)) => format!("write `[{word}]` on a line of its own, once"),
                    (None, None) => format!("`{word}` is no table of settings: {}", self.tables()),
                };
                self.wrong(&name.span(), what);
            }
        }
    }

    fn entry(
        &mut self,
        section: &Section,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let word = key.get_ref().as_ref();
        let Some(setting) = section.settings.iter().find(|setting| setting.key == word) else {
            return self.wrong(&key.span(), self.no_key(section, word));
        };
        match values(setting, value.get_ref()).and_then(|values| check(setting, &values).map(|()| values)) {
            Ok(values) => {
                let line = self.line_of(&key.span());
                self.entries.push(Entry { id: setting.id.clone(), values, line });
            }
            Err(remedy) => {
                let given = match setting.shown {
                    Shown::Openly => self.given(&value.span()),
                    Shown::Never => "what it is".to_owned(),
                };
                self.wrong(&value.span(), format!("[{}] {word} cannot be {given}: {remedy}", section.name));
            }
        }
    }

    fn no_table(&self, word: &str) -> String {
        match nearest(word, self.sections.iter().map(|section| section.name.as_str())) {
            Some(near) => format!("there is no table [{word}]; did you mean [{near}]?"),
            None => format!("there is no table [{word}]: {}", self.tables()),
        }
    }

    fn no_key(&self, section: &Section, word: &str) -> String {
        if let Some(home) = self.home_of(word) {
            return format!("`{word}` belongs under [{home}], not under [{}]", section.name);
        }
        let keys = || section.settings.iter().map(|setting| setting.key.as_str());
        match nearest(word, keys()) {
            Some(near) => format!("[{}] has no key `{word}`; did you mean `{near}`?", section.name),
            None => {
                format!(
                    "[{}] has no key `{word}`: it has {}",
                    section.name,
                    keys().collect::<Vec<_>>().join(", ")
                )
            }
        }
    }

    /// The table that a key belongs to.
    fn home_of(&self, key: &str) -> Option<&str> {
        let has = |section: &&Section| section.settings.iter().any(|setting| setting.key == key);
        self.sections.iter().find(has).map(|section| section.name.as_str())
    }

    fn tables(&self) -> String {
        let names: Vec<_> = self.sections.iter().map(|section| format!("[{}]", section.name)).collect();
        format!("there are {}", names.join(", "))
    }

    /// A value as it stands in the file.
    fn given(&self, span: &Range<usize>) -> String {
        let given = self.text.get(span.clone()).unwrap_or_default().replace('\n', " ");
        match given.char_indices().nth(MOST_SHOWN) {
            Some((end, _)) => format!("{}…", &given[..end]),
            None => given,
        }
    }

    fn wrong(&mut self, span: &Range<usize>, what: String) {
        let line = self.line_of(span);
        self.wrongs.push(Wrong { line, what });
    }

    fn line_of(&self, span: &Range<usize>) -> usize {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|known| (strsim::jaro(word, known), known)).filter(|(nearness, _)| *nearness > NEAR);
    near.max_by(|(one, _), (two, _)| one.total_cmp(two)).map(|(_, known)| known)
}

/// The values as one would write them behind the flag; `Err` says what to write if the type is another one.
fn values(setting: &Setting, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let wanted = match setting.kind {
        Kind::Switch => "true or false, without quotes",
        Kind::Number => "a whole number, without quotes",
        Kind::Text => "a text, in quotes",
        Kind::List => "a list of texts",
    };
    let refuse = || Err(format!("write {wanted}, such as {}", setting.example()));
    match (setting.kind, value) {
        (Kind::Switch, DeValue::Boolean(on)) => Ok(vec![on.to_string()]),
        (Kind::Number, DeValue::Integer(number)) => {
            match i128::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Ok(vec![number.to_string()]),
                Err(_) => refuse(),
            }
        }
        (Kind::Text, DeValue::String(text)) => Ok(vec![text.to_string()]),
        (Kind::List, DeValue::Array(list)) => {
            let mut values = Vec::new();
            for item in list.iter() {
                let DeValue::String(text) = item.get_ref() else { return refuse() };
                match setting.delimiter {
                    Some(delimiter) => values.extend(text.split(delimiter).map(str::to_owned)),
                    None => values.push(text.to_string()),
                }
            }
            Ok(values)
        }
        _ => refuse(),
    }
}

/// Hands the values to their flag; `Err` is its remedy.
fn check(setting: &Setting, values: &[String]) -> Result<(), String> {
    if setting.kind == Kind::Switch {
        return Ok(());
    }
    // The environment of whoever runs this has no say in what a file may hold.
    let command = Command::new("settings").no_binary_name(true);
    let command = Config::augment_args(command).mut_args(|arg| arg.env(Resettable::<OsStr>::Reset));
    let words = values.iter().map(|value| format!("{}={value}", setting.flag));
    match command.try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => Err(remedy(&error, setting)),
    }
}

fn remedy(error: &clap::Error, setting: &Setting) -> String {
    match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(words), _) => words.to_string(),
        (None, Some(ContextValue::Strings(choices))) if !choices.is_empty() => {
            format!("write one of {}", choices.join(", "))
        }
        (None, _) => format!("write something like {}", setting.example()),
    }
}
