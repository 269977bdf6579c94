//! How many rows a question has, counted where they are: diesel cannot ask a question about a question.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;

use super::Conn;

/// The number of rows of a question, which should ask for nothing but a column of its index.
pub(crate) fn counted<'query, Question>(question: Question, conn: &mut Conn) -> QueryResult<i64>
where
    Counted<Question>: LoadQuery<'query, Conn, i64>,
{
    Counted(question).get_result(conn)
}

/// The question around a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<Question>(Question);

impl<Question, DB> QueryFragment<DB> for Counted<Question>
where
    DB: Backend,
    Question: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT COUNT(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS counted");
        Ok(())
    }
}

impl<Question> Query for Counted<Question> {
    type SqlType = BigInt;
}

/// Told apart by its text, as what is inside may be.
impl<Question> QueryId for Counted<Question> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Question> RunQueryDsl<Conn> for Counted<Question> {}
