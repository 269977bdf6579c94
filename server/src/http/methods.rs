//! The methods that belong to HTTP and to no route: HEAD is answered wherever GET is, OPTIONS says what a route takes,
//! and every 405 names them all (RFC 9110, sections 9.3.2, 9.3.7 and 15.5.6).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue, UPGRADE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

/// Stands before the routing.
pub async fn complete(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let asked = request.method().clone();
    // The connection remembers the HEAD and writes no body. A HEAD that asks for another protocol means nothing.
    if asked == Method::HEAD && !request.headers().contains_key(UPGRADE) {
        request.head_mut().method = Method::GET;
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return Ok(response);
    }
    let Some(all) = response.headers().get(ALLOW).and_then(with_http_methods) else {
        return Ok(response);
    };
    if asked == Method::OPTIONS {
        return Ok(response.into_response(HttpResponse::NoContent().insert_header((ALLOW, all)).finish()));
    }
    response.headers_mut().insert(ALLOW, all);
    Ok(response)
}

/// The methods of a route, and those that come with them.
fn with_http_methods(allowed: &HeaderValue) -> Option<HeaderValue> {
    let routed = allowed.to_str().ok()?;
    let mut methods: Vec<&str> =
        routed.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
    if let Some(get) = methods.iter().position(|method| *method == "GET") {
        methods.insert(get + 1, "HEAD");
    }
    methods.push("OPTIONS");
    HeaderValue::try_from(methods.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_comes_with_get_and_options_with_everything() {
        for (routed, all) in [
            ("GET", "GET, HEAD, OPTIONS"),
            ("GET, POST", "GET, HEAD, POST, OPTIONS"),
            ("DELETE,GET", "DELETE, GET, HEAD, OPTIONS"),
            ("POST", "POST, OPTIONS"),
        ] {
            assert_eq!(with_http_methods(&HeaderValue::from_static(routed)).unwrap(), all);
        }
    }
}
