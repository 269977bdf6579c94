//! Which key a request shows: `Authorization: Bearer`, else `X-API-Key`, the same in every dialect.

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};

const API_KEY: &str = "x-api-key";
const BEARER: &str = "bearer";

/// Why a request shows no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialsError {
    /// Neither header holds one.
    Missing,
    /// Two different ones: which is meant cannot be guessed.
    Contradict,
}

/// The one key that a request shows.
pub fn shown(request: &HttpRequest) -> Result<&str, CredentialsError> {
    from_headers(request.headers())
}

fn from_headers(headers: &HeaderMap) -> Result<&str, CredentialsError> {
    let bearers = headers.get_all(AUTHORIZATION).filter_map(|value| bearer(value.to_str().ok()?));
    let keys = headers.get_all(API_KEY).filter_map(|value| value.to_str().ok().map(str::trim));
    let mut all = bearers.chain(keys).filter(|key| !key.is_empty());
    let first = all.next().ok_or(CredentialsError::Missing)?;
    if all.all(|other| other == first) { Ok(first) } else { Err(CredentialsError::Contradict) }
}

/// The scheme's name has no case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn shown_by(headers: &[(&'static str, &'static str)]) -> Result<String, CredentialsError> {
        let request =
            headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        shown(&request.to_http_request()).map(str::to_owned)
    }

    #[test]
    fn bearer_comes_first_and_an_api_key_header_serves_too() {
        assert_eq!(shown_by(&[("authorization", "Bearer one")]).unwrap(), "one");
        assert_eq!(shown_by(&[("Authorization", "bEARER  one ")]).unwrap(), "one");
        assert_eq!(shown_by(&[("x-api-key", "two")]).unwrap(), "two");
        assert_eq!(shown_by(&[("authorization", "Basic abc"), ("x-api-key", "two")]).unwrap(), "two");
        assert_eq!(shown_by(&[("authorization", "Bearer two"), ("x-api-key", "two")]).unwrap(), "two");
    }

    #[test]
    fn two_different_keys_contradict_and_none_is_missing() {
        let two = [("authorization", "Bearer one"), ("x-api-key", "two")];
        assert_eq!(shown_by(&two), Err(CredentialsError::Contradict));
        let twice = [("authorization", "Bearer one"), ("authorization", "Bearer two")];
        assert_eq!(shown_by(&twice), Err(CredentialsError::Contradict));
        for none in [
            &[][..],
            &[("authorization", "Bearer")],
            &[("authorization", "Basic abc")],
            &[("x-api-key", " ")],
        ] {
            assert_eq!(shown_by(none), Err(CredentialsError::Missing), "{none:?}");
        }
    }
}
