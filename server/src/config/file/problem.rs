//! A settings file that cannot be used: where, what, and what to write instead.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a settings file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// It was named and is not there.
    #[error(
        "the settings file `{path}` is not there: name one that is with --config (RELAY_CONFIG), or leave that out; \
         `relay-hub settings --toml` prints one to start from"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("the settings file `{path}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It says what cannot be.
    #[error("{}", lines(.path, .wrongs))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, from top to bottom.
        wrongs: Vec<Wrong>,
    },
}

/// One thing that is wrong in a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Counted from 1.
    pub line: usize,
    /// Key, value and remedy.
    pub what: String,
}

/// One line for each, all at once: whoever repairs one wants to know the next.
fn lines(path: &Path, wrongs: &[Wrong]) -> String {
    let place = |wrong: &Wrong| format!("{}:{}: {}", path.display(), wrong.line, wrong.what);
    match wrongs {
        [only] => place(only),
        several => {
            let list: Vec<String> = several.iter().map(|wrong| format!("\n  {}", place(wrong))).collect();
            format!("{} settings cannot be:{}", several.len(), list.concat())
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}
