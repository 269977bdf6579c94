//! `relay-hub migrate`

use super::exit::Exit;
use super::output;
use crate::app;
use crate::config::{DataSettings, SettingsFile};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "`serve` does the same when it starts; this is for those who want to see it done first."
)]
pub(super) struct Migrate {
    #[command(flatten)]
    data: DataSettings,
    /// It may say where the data directory is.
    #[command(flatten)]
    _file: SettingsFile,
    /// Answer with one JSON object, for programs
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Migrated<'a> {
    answer: &'static str,
    data_dir: &'a std::path::Path,
    incarnation: u32,
}

pub(super) fn run(migrate: &Migrate) -> Exit {
    let data_dir = migrate.data.data_dir.as_path();
    match app::migrate(data_dir) {
        Ok(incarnation) if migrate.json => {
            output::object(&Migrated { answer: "migrated", data_dir, incarnation });
            Exit::Done
        }
        Ok(_) => {
            output::say(format!("The database in {} is up to date", data_dir.display()));
            Exit::Done
        }
        Err(error) => {
            output::complain(&error);
            Exit::from(&error)
        }
    }
}
