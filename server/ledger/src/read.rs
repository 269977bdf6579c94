//! Reading logs. Owns lines, files and what is tolerated of a writer that was killed; knows no judgement.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::entry::Entry;
use crate::{Ledger, Violation};

/// A log could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the log `{path}`: {source}", path = path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Ledger {
    /// Reads a log file.
    pub fn read_file(&mut self, path: impl AsRef<Path>) -> Result<(), ReadError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        File::open(path)
            .and_then(|file| self.read(&name, BufReader::new(file)))
            .map_err(|source| ReadError { path: path.to_owned(), source })
    }

    /// Reads a log; `name` is what a report calls it.
    pub fn read(&mut self, name: &str, mut log: impl BufRead) -> io::Result<()> {
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            // Bytes, not text: a killed writer may leave half a character behind.
            if log.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            number += 1;
            self.line(name, number, &line, log.fill_buf()?.is_empty());
        }
    }

    /// Reads the lines of a log that is in memory.
    pub fn read_lines<L: AsRef<str>>(&mut self, name: &str, lines: impl IntoIterator<Item = L>) {
        let mut lines = lines.into_iter().peekable();
        let mut number = 0;
        while let Some(line) = lines.next() {
            number += 1;
            self.line(name, number, line.as_ref().as_bytes(), lines.peek().is_none());
        }
    }

    fn line(&mut self, name: &str, number: u64, line: &[u8], last: bool) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let problem = match serde_json::from_slice::<Entry>(line) {
            Ok(entry) => match self.enter(entry) {
                Ok(()) => None,
                Err(problem) => Some(problem.to_owned()),
            },
            // Its writer was killed within this line: what it did not write down, it did not do.
            Err(error) if last && error.is_eof() => {
                self.torn += 1;
                return;
            }
            Err(error) => Some(error.to_string()),
        };
        self.lines += 1;
        if let Some(problem) = problem {
            let source_name = name.to_owned();
            self.malformed.push(Violation::Malformed { source_name, line: number, problem });
        }
    }
}
