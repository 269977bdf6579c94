//! Bodies, bounded in size. Their time is bounded by `uploads`, whoever reads them.

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;

/// A body of the REST surfaces: an SMS is at most some tens of kilobytes, and JSON escapes can make six of one.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Read and thrown away after the limit, so that a client that is still sending reads the refusal instead of a
/// reset connection.
const DISCARDED_BYTES: usize = 8 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// More than [`MAX_BODY_BYTES`].
    TooLarge,
    /// It did not arrive, or not in time.
    Incomplete,
}

/// Reads a whole body.
pub async fn read(mut payload: Payload) -> Result<Bytes, BodyError> {
    let (mut body, mut arrived) = (BytesMut::new(), 0usize);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => BodyError::TooLarge,
            _ => BodyError::Incomplete,
        })?;
        arrived += chunk.len();
        if arrived > MAX_BODY_BYTES + DISCARDED_BYTES {
            break;
        }
        if arrived <= MAX_BODY_BYTES {
            body.extend_from_slice(&chunk);
        }
    }
    if arrived > MAX_BODY_BYTES { Err(BodyError::TooLarge) } else { Ok(body.freeze()) }
}
