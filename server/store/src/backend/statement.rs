//! A statement whose words are part of the program, for what is written with every message.
//!
//! diesel's builder spells each of them anew and walks it three times, and it never keeps an `UPDATE` prepared, because
//! its words might differ from call to call; parsing one costs more than carrying it out. A `SELECT` it keeps, and spells
//! anew all the same to find it. These are prepared once and found by their type, and go to the connection itself, past
//! the layer that could choose between backends.

use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{OptionalExtension as _, RunQueryDsl, SqliteConnection, result};

use super::Conn;

/// The words of a statement, where each `?` stands for a value. Each is a type of its own, made by [`words!`]: diesel finds
/// the prepared statement by it, and need not spell the words.
pub(crate) trait Words: Sized + 'static {
    const WHOLE: &'static str;

    /// Between the values. Taken apart once: diesel walks a statement each time that it is carried out.
    fn pieces() -> &'static [&'static str];

    /// With a value for each `?` in turn.
    fn with<'a, const N: usize>(values: [Value<'a>; N]) -> Statement<'a, Self, N> {
        Statement { values, words: PhantomData }
    }
}

/// Names the words of a statement.
macro_rules! words {
    ($name:ident = $whole:expr) => {
        struct $name;

        impl $crate::backend::Words for $name {
            const WHOLE: &'static str = $whole;

            fn pieces() -> &'static [&'static str] {
                static PIECES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
                PIECES.get_or_init(|| <Self as $crate::backend::Words>::WHOLE.split('?').collect())
            }
        }
    };
}
pub(crate) use words;

/// The statement with its values.
pub(crate) struct Statement<'a, W, const N: usize> {
    values: [Value<'a>; N],
    words: PhantomData<W>,
}

/// One value, of the type that its column has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Bytes(Option<&'a [u8]>),
    Text(Option<&'a str>),
    Small(i16),
    Integer(i32),
    Big(Option<i64>),
}

impl<'a, W: Words, const N: usize> Statement<'a, W, N> {
    /// Carries it out: how many rows it changed.
    pub(crate) fn run(self, conn: &mut Conn) -> QueryResult<usize> {
        let Conn::Sqlite(sqlite) = conn;
        self.execute(sqlite)
    }

    /// As a question whose answer has columns of these types.
    pub(crate) fn answering<Columns>(self) -> Question<'a, W, N, Columns> {
        Question { statement: self, columns: PhantomData }
    }
}

/// A statement that reads.
pub(crate) struct Question<'a, W, const N: usize, Columns> {
    statement: Statement<'a, W, N>,
    columns: PhantomData<Columns>,
}

impl<'a, W: Words, const N: usize, Columns> Question<'a, W, N, Columns> {
    /// The first row, if there is one.
    pub(crate) fn first<'query, Row>(self, conn: &mut Conn) -> QueryResult<Option<Row>>
    where
        Self: LoadQuery<'query, SqliteConnection, Row>,
    {
        let Conn::Sqlite(sqlite) = conn;
        self.get_result(sqlite).optional()
    }

    /// All rows.
    pub(crate) fn all<'query, Row>(self, conn: &mut Conn) -> QueryResult<Vec<Row>>
    where
        Self: LoadQuery<'query, SqliteConnection, Row>,
    {
        let Conn::Sqlite(sqlite) = conn;
        self.load(sqlite)
    }
}

impl<W, const N: usize, Columns> Query for Question<'_, W, N, Columns> {
    type SqlType = Columns;
}

impl<W: Words, const N: usize, Columns> QueryFragment<Sqlite> for Question<'_, W, N, Columns> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }
}

impl<W: Words, const N: usize, Columns> QueryId for Question<'_, W, N, Columns> {
    type QueryId = W;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<W, const N: usize, Columns> RunQueryDsl<SqliteConnection> for Question<'_, W, N, Columns> {}

impl<W: Words, const N: usize> QueryFragment<Sqlite> for Statement<'_, W, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let Some((first, rest)) = W::pieces().split_first().filter(|(_, rest)| rest.len() == N) else {
            return Err(result::Error::QueryBuilderError(W::WHOLE.into()));
        };
        out.push_sql(first);
        for (value, words) in self.values.iter().zip(rest) {
            match value {
                Value::Bytes(bytes) => out.push_bind_param::<Nullable<Binary>, _>(bytes)?,
                Value::Text(text) => out.push_bind_param::<Nullable<Text>, _>(text)?,
                Value::Small(number) => out.push_bind_param::<SmallInt, _>(number)?,
                Value::Integer(number) => out.push_bind_param::<Integer, _>(number)?,
                Value::Big(number) => out.push_bind_param::<Nullable<BigInt>, _>(number)?,
            }
            out.push_sql(words);
        }
        Ok(())
    }
}

impl<W: Words, const N: usize> QueryId for Statement<'_, W, N> {
    type QueryId = W;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<W, const N: usize> RunQueryDsl<SqliteConnection> for Statement<'_, W, N> {}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Value<'a> {
        Value::Bytes(Some(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Value<'a> {
        Value::Bytes(Some(bytes))
    }
}

impl<'a> From<&'a [u8; 16]> for Value<'a> {
    fn from(bytes: &'a [u8; 16]) -> Value<'a> {
        Value::Bytes(Some(bytes))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Value<'a> {
        Value::Bytes(bytes)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Value<'a> {
        Value::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Value<'a> {
        Value::Text(text)
    }
}

impl From<i16> for Value<'_> {
    fn from(number: i16) -> Self {
        Value::Small(number)
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Value::Integer(number)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Big(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Value::Big(number)
    }
}
