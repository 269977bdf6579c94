//! For tests: that words which are spelt out name the columns of a row as diesel would.

use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;

use super::Words;

/// Asserts that the words of a question name the columns of its rows in their order; `whole` asks for whole rows by
/// diesel's builder.
pub(crate) fn assert_names_the_columns<W: Words>(whole: &impl QueryFragment<Sqlite>) {
    let Some((columns, rest)) = W::WHOLE.split_once(" FROM ") else { panic!("no question: {}", W::WHOLE) };
    let table = rest.split(' ').next().unwrap_or(rest);
    let spelt = diesel::debug_query::<Sqlite, _>(whole).to_string();
    let spelt = spelt.replace(&format!("`{table}`."), "").replace('`', "");
    assert!(spelt.starts_with(&format!("{columns} FROM {table}")), "{spelt}\n{columns}");
}
