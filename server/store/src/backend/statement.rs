//! A statement whose words are part of the program, for what is written with every message.
//!
//! diesel's builder spells each of them anew and walks it three times, and it never keeps an `UPDATE` prepared, because
//! its words might differ from call to call; parsing one costs more than carrying it out. A `SELECT` it keeps, and spells
//! anew all the same to find it. These are prepared once.

use std::marker::PhantomData;
use std::sync::OnceLock;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use diesel::{RunQueryDsl, result};

use super::{Backend, Conn};

/// The words of a statement, where each `?` stands for a value. Taken apart once: diesel walks a statement five times
/// each time that it is carried out.
#[derive(Debug)]
pub(crate) struct Words {
    whole: &'static str,
    pieces: OnceLock<Vec<&'static str>>,
}

impl Words {
    pub(crate) const fn new(whole: &'static str) -> Words {
        Words { whole, pieces: OnceLock::new() }
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &'static str {
        self.whole
    }

    /// With a value for each `?` in turn.
    pub(crate) fn with<'a, const N: usize>(&'static self, values: [Value<'a>; N]) -> Statement<'a> {
        let pieces = self.pieces.get_or_init(|| self.whole.split('?').collect());
        Statement { whole: self.whole, pieces, values: values.into() }
    }
}

/// The statement with its values.
#[derive(Debug)]
pub(crate) struct Statement<'a> {
    whole: &'static str,
    pieces: &'static [&'static str],
    values: Vec<Value<'a>>,
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

impl<'a> Statement<'a> {
    /// Carries it out: how many rows it changed.
    pub(crate) fn run(self, conn: &mut Conn) -> QueryResult<usize> {
        self.execute(conn)
    }

    /// As a question whose answer has columns of these types.
    pub(crate) fn answering<Columns>(self) -> Question<'a, Columns> {
        Question { statement: self, columns: PhantomData }
    }
}

/// A statement that reads.
#[derive(Debug)]
pub(crate) struct Question<'a, Columns> {
    statement: Statement<'a>,
    columns: PhantomData<Columns>,
}

impl<Columns> Query for Question<'_, Columns> {
    type SqlType = Columns;
}

impl<Columns> QueryFragment<Backend> for Question<'_, Columns> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }
}

impl<Columns> QueryId for Question<'_, Columns> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Columns> RunQueryDsl<Conn> for Question<'_, Columns> {}

impl QueryFragment<Backend> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Some((first, rest)) =
            self.pieces.split_first().filter(|(_, rest)| rest.len() == self.values.len())
        else {
            return Err(result::Error::QueryBuilderError(self.whole.into()));
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

/// The words differ within one type: statements are told apart by their text.
impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<Conn> for Statement<'_> {}

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
