//! Who asks, in the vendor's words: the key that a request shows, let in by the door or not.

use actix_web::HttpRequest;

use super::error::ApiError;
use crate::http::door::{self, Denied};
use crate::relay::Relay;
use crate::relay::keys::Principal;

/// The principal of a request.
pub(super) async fn authenticate(relay: &Relay, request: &HttpRequest) -> Result<Principal, ApiError> {
    door::authenticate(relay, request).await.map_err(refuse)
}

/// Why somebody is not let in.
pub(super) fn refuse(denied: Denied) -> ApiError {
    match denied {
        Denied::NoKey => {
            ApiError::Unauthorized("No API key given: send it as `Authorization: Bearer rlyn_your_api_key`.")
        }
        Denied::TwoKeys => {
            ApiError::Unauthorized("Two different API keys given: send one, as `Authorization: Bearer`.")
        }
        Denied::WrongKey => ApiError::Unauthorized("The API key is unknown or was revoked."),
        Denied::TooMany(refused) => ApiError::TooManyRequests(refused),
        Denied::Store(trouble) => trouble.into(),
    }
}
