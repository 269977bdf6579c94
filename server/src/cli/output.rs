//! What a command writes: JSON for programs, aligned columns for people, complaints on standard error.
//!
//! A closed pipe (`| head`) is nobody's mistake, so failed writes are let go.

use std::io::Write;

use serde::Serialize;

use crate::app::answer::Refused;
use crate::app::{Answer, RefusedKind};

/// Whether a person or a program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Person,
    Program,
}

/// One line on standard output.
pub(super) fn say(line: impl std::fmt::Display) {
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}

/// One line on standard error.
pub(super) fn complain(line: impl std::fmt::Display) {
    let _closed = writeln!(std::io::stderr().lock(), "relay-hub: {line}");
}

/// One line on standard error for whoever watches: nothing is wrong.
pub(super) fn remark(line: impl std::fmt::Display) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// One JSON object on standard output.
pub(super) fn object(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => say(text),
        Err(error) => complain(error),
    }
}

/// A failure for programs, in the shape of every refusal.
pub(super) fn refused(error: &impl std::fmt::Display) {
    let refused = Refused { kind: RefusedKind::Failed, message: error.to_string() };
    object(&Answer::Refused(refused));
}

/// Columns, each as wide as its widest cell; `empty` is said when there are no rows.
pub(super) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]], empty: &str) {
    if rows.is_empty() {
        return say(empty);
    }
    for line in lines(heads, rows) {
        say(line);
    }
}

fn lines<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let line = |cells: [&str; N]| {
        let padded =
            cells.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(line(heads))
        .chain(rows.iter().map(|row| line(row.each_ref().map(String::as_str))))
        .collect()
}

/// A cell that may be empty.
pub(super) fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_end_without_spaces() {
        let rows = [["a".to_owned(), "1".to_owned()], ["Ünïcode".to_owned(), String::new()]];
        assert_eq!(lines(["NAME", "N"], &rows), ["NAME     N", "a        1", "Ünïcode"]);
    }
}
