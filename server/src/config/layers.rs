//! What counts: a flag before the environment, the environment before the settings file, the file before the
//! default. And where each value came from, for `serve --check`.
//!
//! The command line is read twice. The first time tells whether a file is named and what flags and environment
//! say; the second time what the file says has become the flags' defaults, which is its place in the order.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::DataSettings;
use super::catalogue::{Setting, Shown, sections};
use super::file::{self, Entry, FileProblem, Found, SETTINGS_FILE, SettingsFile, UsedFile};

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its flag.
    Flag,
    /// Its environment variable.
    Environment,
    /// The settings file.
    File {
        /// Counted from 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("flag"),
            Origin::Environment => f.write_str("environment"),
            Origin::File { line } => write!(f, "file, line {line}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A setting as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: String,
    /// As messages name it: flag and environment variable.
    pub name: String,
    /// As it was written; a secret is only said to be set.
    pub value: String,
    /// Where from.
    pub origin: Origin,
}

/// What was told to a command, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The settings file that was read.
    pub file: Option<UsedFile>,
    /// Every setting that the command takes.
    pub settings: Vec<Effective>,
}

impl Told {
    /// Where in the settings file a value stands, if the setting with this name has it from there.
    pub fn place(&self, name: &str) -> Option<String> {
        let setting = self.settings.iter().find(|setting| setting.name == name)?;
        match (&self.file, setting.origin) {
            (Some(file), Origin::File { line }) => Some(format!("{}:{line}", file.path.display())),
            (_, Origin::Flag | Origin::Environment | Origin::Default | Origin::File { .. }) => None,
        }
    }
}

/// Why a command line gives no settings.
#[derive(Debug)]
pub enum ReadError {
    /// The command line itself, or a variable: clap says it all. Help and version are among them.
    Usage(clap::Error),
    /// The settings file. What the command line says without it, for a command that goes on.
    File {
        /// What is wrong with it.
        problem: FileProblem,
        /// Flags and environment alone.
        without: Box<ArgMatches>,
    },
}

impl From<clap::Error> for ReadError {
    fn from(error: clap::Error) -> ReadError {
        ReadError::Usage(error)
    }
}

/// Reads a command line with the settings file that belongs to it.
pub fn read(command: Command, words: &[OsString]) -> Result<(ArgMatches, Told), ReadError> {
    let first = command.clone().try_get_matches_from(words)?;
    let (path, leaf) = leaf(&first);
    let Some(file) = file_of(leaf) else {
        let told = Told { file: None, settings: effective(leaf, &[]) };
        return Ok((first, told));
    };
    let entries = match file::read(&file, &sections()) {
        Ok(entries) => entries,
        Err(problem) => return Err(ReadError::File { problem, without: Box::new(first) }),
    };
    let Some(mut entries) = entries else {
        let told = Told { file: None, settings: effective(leaf, &[]) };
        return Ok((first, told));
    };
    entries.retain(|entry| leaf.try_contains_id(&entry.id).is_ok());
    let second = with_defaults(command, &path, &entries).try_get_matches_from(words)?;
    let settings = effective(self::leaf(&second).1, &entries);
    Ok((second, Told { file: Some(file), settings }))
}

/// The subcommand at the end: the names that lead to it, and its arguments.
fn leaf(matches: &ArgMatches) -> (Vec<String>, &ArgMatches) {
    let (mut path, mut leaf) = (Vec::new(), matches);
    while let Some((name, below)) = leaf.subcommand() {
        path.push(name.to_owned());
        leaf = below;
    }
    (path, leaf)
}

/// The file that a command reads: the named one, or the one that may be in the data directory.
fn file_of(leaf: &ArgMatches) -> Option<UsedFile> {
    if let Some(path) = leaf.try_get_one::<PathBuf>(SettingsFile::ID).ok()? {
        return Some(UsedFile { path: path.clone(), found: Found::Named });
    }
    // The file in the data directory cannot say where that is, so it has nothing to say to a command that takes
    // no other setting.
    let sections = sections();
    let mut others =
        sections.iter().flat_map(|section| &section.settings).filter(|s| s.id != DataSettings::ID);
    let data_dir = leaf.try_get_one::<PathBuf>(DataSettings::ID).ok()??;
    others
        .any(|setting| leaf.try_contains_id(&setting.id).is_ok())
        .then(|| UsedFile { path: data_dir.join(SETTINGS_FILE), found: Found::InDataDir })
}

fn with_defaults(command: Command, path: &[String], entries: &[Entry]) -> Command {
    match path.split_first() {
        Some((name, below)) => command.mut_subcommand(name, |sub| with_defaults(sub, below, entries)),
        None => entries.iter().fold(command, |command, entry| {
            command.mut_arg(&entry.id, |arg| arg.default_values(&entry.values))
        }),
    }
}

fn effective(leaf: &ArgMatches, entries: &[Entry]) -> Vec<Effective> {
    let sections = sections();
    let settings = sections.iter().flat_map(|section| &section.settings);
    settings.filter_map(|setting| effective_one(leaf, entries, setting)).collect()
}

fn effective_one(leaf: &ArgMatches, entries: &[Entry], setting: &Setting) -> Option<Effective> {
    leaf.try_contains_id(&setting.id).ok()?;
    let from_file = entries.iter().find(|entry| entry.id == setting.id);
    let origin = match (leaf.value_source(&setting.id), from_file) {
        (Some(ValueSource::CommandLine), _) => Origin::Flag,
        (Some(ValueSource::EnvVariable), _) => Origin::Environment,
        (_, Some(entry)) => Origin::File { line: entry.line },
        (_, None) => Origin::Default,
    };
    let raw = leaf.get_raw(&setting.id).into_iter().flatten();
    let values: Vec<String> = raw.map(|value| value.to_string_lossy().into_owned()).collect();
    let value = match (setting.shown, values.is_empty()) {
        (_, true) => "-".to_owned(),
        (Shown::Openly, false) => values.join(", "),
        (Shown::Never, false) => "(secret)".to_owned(),
    };
    let (section, key) = (setting.section.clone(), setting.key.clone());
    Some(Effective { section, key, name: setting.name(), value, origin })
}

#[cfg(test)]
mod tests;
