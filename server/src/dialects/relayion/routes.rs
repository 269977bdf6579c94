//! The routes: one function each, in the order of the vendor's reference; those of outbound messages have a file of
//! their own.

mod outbound;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use serde::Serialize;

use super::auth::authenticate;
use super::convert;
use super::error::ApiError;
use super::wire::Envelope;
use super::wire::filters::{self, Filters, Paging, Party};
use crate::http::door::{self, Door};
use crate::http::query::Parameters;
use crate::http::route::Route;
use crate::relay::devices::Devices;
use crate::relay::{Page, Relay, Window};

const TOTAL: &str = "x-total-count";

/// Where all of them are.
pub(super) const BELOW: &str = "/api/v1";

pub(super) fn configure(relay: &Relay, door: &Arc<Door>, config: &mut ServiceConfig) {
    let too_many = |refused| ApiError::TooManyRequests(refused).error_response();
    let api = web::scope(BELOW)
        .wrap(from_fn(door::guard(Arc::clone(door), too_many)))
        .app_data(Data::from(Arc::clone(door)))
        .app_data(Data::new(relay.clone()))
        .default_service(web::to(refuse_route));
    let api = routes().into_iter().fold(api, |api, route| api.service(route.refusing(refuse_method)));
    config.service(api);
}

/// Each is described in `openapi`. A fixed path comes before those with a placeholder that it would fill.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::at("/devices").get(list_devices),
        Route::at("/outbound").get(outbound::list_all).post(outbound::create),
        Route::at("/outbound/bulk").post(outbound::create_bulk),
        Route::at("/outbound/{id}").get(outbound::get).delete(outbound::cancel),
        Route::at("/inbound").get(list_inbound),
        Route::at("/inbound/{id}").get(get_inbound),
        Route::at("/conversations/{phoneNumber}").get(get_conversation),
    ]
}

/// `GET /api/v1/devices`: all of the account's that were not deleted.
async fn list_devices(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let devices = relay.list_devices(Some(principal.account_id()), Devices::Active).await?;
    let shown: Vec<_> = devices.into_iter().map(convert::device).collect();
    Ok(HttpResponse::Ok().json(Envelope::of(shown)))
}

/// `GET /api/v1/inbound`: the bound number's, newest first.
async fn list_inbound(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let query = Parameters::parse(request.query_string());
    let paging = Paging::read(&query)?;
    let filter = convert::inbound_filter(Filters::read(&query, Some(Party::Sender))?);
    let page = relay.list_inbound(&principal, filter, window(paging)).await?;
    Ok(list(&request, &query, paging, page, convert::inbound))
}

/// `GET /api/v1/inbound/:id`. What another number received is as little there as what cannot be an id.
async fn get_inbound(
    relay: Data<Relay>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let inbound_id = id.parse().map_err(|_| ApiError::MessageNotFound)?;
    let message = relay.inbound(&principal, inbound_id).await?;
    Ok(HttpResponse::Ok().json(Envelope::of(convert::inbound(message))))
}

/// `GET /api/v1/conversations/:phoneNumber`: between the bound number and another, oldest first.
async fn get_conversation(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let with = filters::phone_number(request.path())?;
    let query = Parameters::parse(request.query_string());
    let paging = Paging::read(&query)?;
    let filter = convert::conversation_filter(Filters::read(&query, None)?, filters::direction(&query)?);
    let part = relay.conversation(&principal, with.clone(), filter, window(paging)).await?;
    let mut answer = HttpResponse::build(StatusCode::OK);
    if let Some(next) = paging.next(&query, part.messages.len(), Some(part.total)) {
        answer.insert_header((LINK, next_link(&request, &next)));
    }
    Ok(answer.json(Envelope::of(convert::conversation(with, part))))
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
    show: impl FnMut(T) -> S,
) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::OK);
    if let Some(total) = page.total {
        answer.insert_header((TOTAL, total.to_string()));
    }
    if let Some(next) = paging.next(query, page.rows.len(), page.total) {
        answer.insert_header((LINK, next_link(request, &next)));
    }
    let shown: Vec<S> = page.rows.into_iter().map(show).collect();
    answer.json(Envelope::of(shown))
}

fn next_link(request: &HttpRequest, next: &str) -> String {
    format!("<{}?{next}>; rel=\"next\"", request.path())
}

fn refuse_method(allowed: &str) -> HttpResponse {
    ApiError::MethodNotAllowed(allowed.to_owned()).error_response()
}

async fn refuse_route() -> Result<HttpResponse, ApiError> {
    Err(ApiError::RouteNotFound)
}
