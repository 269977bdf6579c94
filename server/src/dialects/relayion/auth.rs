//! Who asks: the key that a request shows, looked up.

use actix_web::HttpRequest;

use super::error::ApiError;
use crate::http::credentials::{self, CredentialsError};
use crate::relay::Relay;
use crate::relay::keys::{AuthenticateError, Principal};

/// The principal of a request.
pub(super) async fn authenticate(relay: &Relay, request: &HttpRequest) -> Result<Principal, ApiError> {
    let key = credentials::shown(request).map_err(|error| match error {
        CredentialsError::Missing => {
            ApiError::Unauthorized("No API key given: send it as `Authorization: Bearer rlyn_your_api_key`.")
        }
        CredentialsError::Contradict => {
            ApiError::Unauthorized("Two different API keys given: send one, as `Authorization: Bearer`.")
        }
    })?;
    relay.authenticate(key).await.map_err(|error| match error {
        AuthenticateError::Unknown => ApiError::Unauthorized("The API key is unknown or was revoked."),
        AuthenticateError::Store(trouble) => trouble.into(),
    })
}
