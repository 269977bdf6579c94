//! A condition written out in SQL, for partial indexes: with a bound value SQLite cannot know that the index holds the
//! answer.
//!
//! diesel's own `sql` would do, but it forbids to keep the prepared statement, and parsing it anew costs more than the
//! question itself.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

/// The condition. Its text is part of the program, so there are few of them and each is safe to keep prepared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Condition(&'static str);

/// `WHERE` these words.
pub(crate) fn condition(words: &'static str) -> Condition {
    Condition(words)
}

impl Expression for Condition {
    type SqlType = Bool;
}

impl<DB: Backend> QueryFragment<DB> for Condition {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        out.push_sql(self.0);
        out.push_sql(")");
        Ok(())
    }
}

/// The words differ within one type: statements are told apart by their text.
impl QueryId for Condition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<GB> ValidGrouping<GB> for Condition {
    type IsAggregate = is_aggregate::No;
}

impl<QS> SelectableExpression<QS> for Condition {}
impl<QS> AppearsOnTable<QS> for Condition {}
