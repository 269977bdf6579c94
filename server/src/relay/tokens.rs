//! Device tokens: signed, without expiry, revocable by their generation.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use relay_domain::DeviceId;
use relay_store::ReadError;
use relay_store::queries::TokenStateOf;
use serde::{Deserialize, Serialize};

use super::Relay;

/// Says that a token is for phones and not for anything else that this hub may sign one day.
const AUDIENCE: &str = "relay-device";

/// What a valid token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceToken {
    /// The device.
    pub device_id: DeviceId,
    /// Which pairing it comes from.
    pub generation: u32,
}

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours.
    #[error("the token is not one of this hub's")]
    Invalid,
    /// The device was revoked or paired again.
    #[error("the token was revoked")]
    Revoked,
    /// It cannot be checked now.
    #[error("the token cannot be checked now: {0}")]
    Unavailable(#[from] ReadError),
    /// It could not be signed: a bug.
    #[error("the token could not be signed: {0}")]
    Signing(String),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: uuid::Uuid,
    aud: String,
    generation: u32,
}

impl Relay {
    /// Signs a token.
    pub(crate) fn sign_token(&self, token: DeviceToken) -> Result<String, TokenError> {
        let claims =
            Claims { sub: token.device_id.uuid(), aud: AUDIENCE.to_owned(), generation: token.generation };
        let key = EncodingKey::from_secret(&self.secrets.device_token_key);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|error| TokenError::Signing(error.to_string()))
    }

    /// Checks a token's signature, and that its device still lives. Opening a session checks the generation once
    /// more inside its transaction.
    pub async fn authorise_device(&self, token: &str) -> Result<DeviceToken, TokenError> {
        let token = self.verify_token(token)?;
        match self.reads.ask(TokenStateOf(token.device_id)).await? {
            Some(state) if state.paired && state.generation == token.generation => Ok(token),
            Some(_) => Err(TokenError::Revoked),
            None => Err(TokenError::Invalid),
        }
    }

    fn verify_token(&self, token: &str) -> Result<DeviceToken, TokenError> {
        let mut rules = Validation::new(Algorithm::HS256);
        // Revocation is by generation: a phone in a drawer for a year is still paired.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        rules.set_audience(&[AUDIENCE]);
        let key = DecodingKey::from_secret(&self.secrets.device_token_key);
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|_| TokenError::Invalid)?.claims;
        Ok(DeviceToken { device_id: DeviceId::from(claims.sub), generation: claims.generation })
    }
}
