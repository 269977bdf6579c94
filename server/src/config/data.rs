//! Where everything durable lives.

use std::path::PathBuf;

/// Section "data".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct DataSettings {
    /// Folder of the database, the secrets and the control socket; made with mode 0700
    #[arg(long, env = "RELAY_DATA_DIR", value_name = "FOLDER", default_value = DataSettings::DEFAULT)]
    pub data_dir: PathBuf,
}

impl DataSettings {
    const DEFAULT: &str = "./relay-data";
    /// What clap calls the field.
    pub(super) const ID: &str = "data_dir";
}

impl Default for DataSettings {
    fn default() -> DataSettings {
        DataSettings { data_dir: PathBuf::from(DataSettings::DEFAULT) }
    }
}
