//! The routes: one function each, in the order of the vendor's reference.

use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::auth::authenticate;
use super::convert;
use super::error::ApiError;
use super::wire::filters::{self, Filters, Paging, Party};
use super::wire::{Envelope, request};
use crate::http::{body, query::Parameters};
use crate::relay::intake::Refusal;
use crate::relay::{Page, Relay, Window};

const TOTAL: &str = "x-total-count";

pub(super) fn configure(relay: &Relay, config: &mut ServiceConfig) {
    let api = web::scope("/api/v1")
        .app_data(Data::new(relay.clone()))
        .service(
            web::resource("/devices").get(list_devices).default_service(web::to(|| refuse_method("GET"))),
        )
        .service(
            web::resource("/outbound")
                .get(list_outbound)
                .post(create_outbound)
                .default_service(web::to(|| refuse_method("GET, POST"))),
        )
        .service(
            web::resource("/outbound/{id}")
                .get(get_outbound)
                .default_service(web::to(|| refuse_method("GET"))),
        )
        .service(
            web::resource("/inbound").get(list_inbound).default_service(web::to(|| refuse_method("GET"))),
        )
        .default_service(web::to(refuse_route));
    config.service(api);
}

/// `GET /api/v1/devices`: all of the account's.
async fn list_devices(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let devices = relay.list_devices(Some(principal.account_id())).await?;
    let shown: Vec<_> = devices.into_iter().map(convert::device).collect();
    Ok(HttpResponse::Ok().json(Envelope::of(shown)))
}

/// `POST /api/v1/outbound`: 202 once the message is on disk.
async fn create_outbound(
    relay: Data<Relay>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let bytes = body::read(payload).await?;
    let asked = request::read(&bytes, &convert::binding(&principal))?;
    let draft = relay.draft(&asked.recipient, asked.body)?;
    let mut verdicts = relay.accept(&principal, vec![draft]).await?;
    match verdicts.pop() {
        Some(Ok(message)) => Ok(HttpResponse::Accepted().json(Envelope::of(convert::outbound(message)))),
        Some(Err(Refusal::MonthlyCap)) => Err(ApiError::MonthlyLimit),
        None => {
            tracing::error!("the lane answered one draft with no verdict");
            Err(ApiError::Internal)
        }
    }
}

/// `GET /api/v1/outbound`: the account's, newest first.
async fn list_outbound(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let query = Parameters::parse(request.query_string());
    let paging = Paging::read(&query)?;
    let filter = convert::outbound_filter(Filters::read(&query, Party::Recipient)?, filters::status(&query)?);
    let page = relay.list_outbound(principal.account_id(), filter, window(paging)).await?;
    Ok(list(&request, &query, paging, page, convert::outbound))
}

/// `GET /api/v1/outbound/:id`. What cannot be an id is no message's either.
async fn get_outbound(
    relay: Data<Relay>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let message_id = id.parse().map_err(|_| ApiError::MessageNotFound)?;
    let message = relay.outbound(principal.account_id(), message_id).await?;
    Ok(HttpResponse::Ok().json(Envelope::of(convert::outbound(message))))
}

/// `GET /api/v1/inbound`: the bound number's, newest first.
async fn list_inbound(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let query = Parameters::parse(request.query_string());
    let paging = Paging::read(&query)?;
    let filter = convert::inbound_filter(Filters::read(&query, Party::Sender)?);
    let page = relay.list_inbound(&principal, filter, window(paging)).await?;
    Ok(list(&request, &query, paging, page, convert::inbound))
}

fn window(paging: Paging) -> Window {
    Window { offset: paging.offset(), limit: i64::from(paging.limit) }
}

/// A page as the documented array; what the array cannot hold stands in headers.
fn list<T, S: Serialize>(
    request: &HttpRequest,
    query: &Parameters,
    paging: Paging,
    page: Page<T>,
    show: impl Fn(T) -> S,
) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::OK);
    if let Some(total) = page.total {
        answer.insert_header((TOTAL, total.to_string()));
    }
    if let Some(next) = paging.next(query, page.rows.len(), page.total) {
        answer.insert_header((LINK, format!("<{}?{next}>; rel=\"next\"", request.path())));
    }
    let shown: Vec<S> = page.rows.into_iter().map(show).collect();
    answer.json(Envelope::of(shown))
}

async fn refuse_method(allowed: &'static str) -> Result<HttpResponse, ApiError> {
    Err(ApiError::MethodNotAllowed(allowed))
}

async fn refuse_route() -> Result<HttpResponse, ApiError> {
    Err(ApiError::RouteNotFound)
}
