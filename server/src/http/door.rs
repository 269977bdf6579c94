//! The door in HTTP: every request to a vendor's surface is counted, and told how it stands. Which limits there are is
//! `limits`' business; what a refusal says is the dialect's.
//!
//! [`guard`] stands before the routes of a dialect and counts the source before anything is looked at. [`authenticate`]
//! is called by the routes, before they read a body. What either finds is told in headers on whatever is answered.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::credentials::{self, CredentialsError};
use crate::limits::Source;
use crate::relay::keys::{AuthenticateError, Principal};
use crate::relay::{Relay, Trouble};

pub use crate::limits::{Door, Limited, Rate, Rates, Refused, Standing};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Why nobody is let in.
#[derive(Debug)]
pub enum Denied {
    /// No key is shown.
    NoKey,
    /// Two different ones are.
    TwoKeys,
    /// It is unknown or was revoked.
    WrongKey,
    /// A limit was reached.
    TooMany(Refused),
    /// The store.
    Store(Trouble),
}

/// What the answer tells of the limits.
#[derive(Debug, Clone, Copy)]
struct Told {
    standing: Standing,
    wait: Option<Duration>,
}

impl From<Refused> for Told {
    fn from(refused: Refused) -> Told {
        Told { standing: refused.standing, wait: Some(refused.wait) }
    }
}

/// Counts each request's source, and puts on the answer what became of the limits. `words` is the dialect's refusal.
pub fn guard(
    door: Arc<Door>,
    words: fn(Refused) -> HttpResponse,
) -> impl Fn(ServiceRequest, Next<BoxBody>) -> LocalBoxFuture<'static, Result<ServiceResponse, Error>> + Clone
{
    move |request, next| {
        let door = Arc::clone(&door);
        async move {
            let source = source(request.request());
            let mut response = match source.map(|source| door.knock(source)) {
                Some(Err(refused)) => {
                    request.extensions_mut().insert(Told::from(refused));
                    request.into_response(words(refused))
                }
                Some(Ok(())) | None => next.call(request).await?,
            };
            let told = response.request().extensions().get::<Told>().copied();
            if let Some(told) = told {
                tell(told, response.headers_mut());
            }
            Ok(response)
        }
        .boxed_local()
    }
}

/// Who asks. The key is looked at no further when its source was wrong too often, and counted when it is right.
pub async fn authenticate(relay: &Relay, request: &HttpRequest) -> Result<Principal, Denied> {
    let Some(door) = request.app_data::<Data<Door>>() else {
        return Err(Denied::Store(Trouble::Broken("a route was mounted without its door".to_owned())));
    };
    let source = source(request);
    let key = credentials::shown(request).map_err(|error| match error {
        CredentialsError::Missing => Denied::NoKey,
        // Neither is tried, so neither is a guess.
        CredentialsError::Contradict => Denied::TwoKeys,
    })?;
    let refuse = |refused: Refused| {
        request.extensions_mut().insert(Told::from(refused));
        Denied::TooMany(refused)
    };
    if let Some(source) = source {
        door.may_try(source, key).map_err(refuse)?;
    }
    let principal = match (relay.authenticate(key).await, source) {
        (Ok(principal), Some(source)) => {
            door.was_right(source, key);
            principal
        }
        (Ok(principal), None) => principal,
        (Err(AuthenticateError::Unknown), source) => {
            source.inspect(|source| door.was_wrong(*source, key));
            return Err(Denied::WrongKey);
        }
        (Err(AuthenticateError::Store(trouble)), _) => return Err(Denied::Store(trouble)),
    };
    if let Some(standing) = door.enter(principal.key().id).map_err(refuse)? {
        request.extensions_mut().insert(Told { standing, wait: None });
    }
    Ok(principal)
}

/// Whoever asks; nobody in tests without a socket.
fn source(request: &HttpRequest) -> Option<Source> {
    request.peer_addr().map(|peer| Source::of(peer.ip()))
}

fn tell(told: Told, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(told.standing.limit));
    headers.insert(REMAINING, HeaderValue::from(told.standing.remaining));
    headers.insert(RESET, HeaderValue::from(whole_seconds(told.standing.rested_in)));
    if let Some(wait) = told.wait {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(wait)));
    }
}

/// What `Retry-After` says of a wait: whole seconds, and never none.
pub fn retry_after_seconds(wait: Duration) -> u64 {
    whole_seconds(wait).max(1)
}

/// Rounded up: who comes back then does not come too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_whole_seconds_rounded_up_and_never_none() {
        for (millis, seconds) in [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(retry_after_seconds(Duration::from_millis(millis)), seconds, "{millis}");
        }
        assert_eq!(whole_seconds(Duration::ZERO), 0, "a rested key has nothing to wait for");
    }
}
