//! Rows and the domain's values: how one becomes the other. Private to the store.

pub(crate) mod account;
pub(crate) mod device;
pub(crate) mod hub_state;
pub(crate) mod inbound;
pub(crate) mod key;
pub(crate) mod key_turn;
pub(crate) mod notice;
pub(crate) mod outbound;
pub(crate) mod sim;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod timeline;
pub(crate) mod usage;
pub(crate) mod webhook;

use std::time::Duration;

use diesel::result::{Error, QueryResult};

/// The id in a 16-byte column.
pub(crate) fn id<Id: From<uuid::Uuid>>(bytes: &[u8]) -> QueryResult<Id> {
    uuid::Uuid::from_slice(bytes).map(Id::from).map_err(|error| broken("id", error))
}

/// The id in a nullable column.
pub(crate) fn id_opt<Id: From<uuid::Uuid>>(bytes: Option<&[u8]>) -> QueryResult<Option<Id>> {
    bytes.map(id).transpose()
}

/// A column holds what no version of the hub has written.
pub(crate) fn broken(
    column: &str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
) -> Error {
    Error::DeserializationError(format!("column `{column}`: {}", error.into()).into())
}

/// A number that was written from an unsigned one.
pub(crate) fn unsigned(column: &str, value: i64) -> QueryResult<u64> {
    u64::try_from(value).map_err(|error| broken(column, error))
}

/// The same, 32 bits.
pub(crate) fn unsigned32(column: &str, value: i32) -> QueryResult<u32> {
    u32::try_from(value).map_err(|error| broken(column, error))
}

/// A slot.
pub(crate) fn slot(value: i32) -> QueryResult<u8> {
    u8::try_from(value).map_err(|error| broken("slot", error))
}

/// A time span that was written in nanoseconds.
pub(crate) fn span(column: &str, nanos: i64) -> QueryResult<Duration> {
    unsigned(column, nanos).map(Duration::from_nanos)
}

/// A time span as it is written.
pub(crate) fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// For a column: what does not fit is clamped (sequence numbers are below 2⁶³ by the protocol).
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The same, 32 bits.
pub(crate) fn signed32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
