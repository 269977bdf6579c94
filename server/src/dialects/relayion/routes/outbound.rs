//! Outbound messages: sent one by one or by the thousand, read, listed, canceled.

use std::collections::HashMap;

use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use relay_domain::MessageId;
use relay_domain::message::{Draft, Outbound};

use super::super::auth::authenticate;
use super::super::convert;
use super::super::error::ApiError;
use super::super::wire::extensions::Include;
use super::super::wire::filters::{self, Filters, Paging, Party};
use super::super::wire::{BulkShown, Envelope, OutboundShown, RowShown, bulk, request};
use super::{list, window};
use crate::http::{body, query::Parameters};
use crate::relay::intake::{Accepted, Refusal, RequestName};
use crate::relay::{Relay, Trouble};

const REQUEST_NAME: &str = "idempotency-key";
const REPLAYED: &str = "idempotent-replayed";

/// `POST /api/v1/outbound`: 202 once the message is on disk.
pub(super) async fn create(
    relay: Data<Relay>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let include = filters::include(&Parameters::parse(request.query_string()))?;
    let name = request_name(request.headers())?;
    let bytes = body::read(payload).await?;
    let asked = request::read(&bytes, &convert::binding(&principal))?;
    let draft = relay.draft(&asked.recipient, asked.body, asked.options)?;
    let (mut verdicts, replayed) = told(relay.accept(&principal, vec![draft], name).await?);
    let Some(verdict) = verdicts.pop() else {
        tracing::error!("the lane answered one draft with no verdict");
        return Err(ApiError::Internal);
    };
    let shown = show_one(&relay, verdict?, include).await?;
    Ok(accepted(replayed).json(Envelope::of(shown)))
}

/// `POST /api/v1/outbound/bulk` (ours): one transaction, one verdict for each row; 202 whatever they are.
pub(super) async fn create_bulk(
    relay: Data<Relay>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let name = request_name(request.headers())?;
    let bytes = body::read(payload).await?;
    let rows = bulk::read(&bytes, &convert::binding(&principal))?;
    let draft = |row: request::SendRequest| Ok(relay.draft(&row.recipient, row.body, row.options)?);
    let rows: Vec<Result<Draft, ApiError>> =
        rows.into_iter().map(|row| row.map_err(ApiError::from).and_then(draft)).collect();
    let drafts: Vec<Draft> = rows.iter().filter_map(|row| row.as_ref().ok()).cloned().collect();
    let (verdicts, replayed) = if drafts.is_empty() {
        (Vec::new(), None)
    } else {
        told(relay.accept(&principal, drafts, name).await?)
    };
    Ok(accepted(replayed).json(Envelope::of(show_rows(rows, verdicts))))
}

/// `GET /api/v1/outbound`: the account's, newest first.
pub(super) async fn list_all(relay: Data<Relay>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let query = Parameters::parse(request.query_string());
    let (paging, include) = (Paging::read(&query)?, filters::include(&query)?);
    let filter =
        convert::outbound_filter(Filters::read(&query, Some(Party::Recipient))?, filters::status(&query)?);
    let page = relay.list_outbound(principal.account_id(), filter, window(paging)).await?;
    let mut shown = show_all(&relay, &page.rows, include).await?;
    Ok(list(&request, &query, paging, page, |message| {
        shown.remove(&message.id).unwrap_or_else(|| convert::outbound(message))
    }))
}

/// `GET /api/v1/outbound/:id`. What cannot be an id is no message's either.
pub(super) async fn get(
    relay: Data<Relay>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let include = filters::include(&Parameters::parse(request.query_string()))?;
    let message = relay.outbound(principal.account_id(), message_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(Envelope::of(show_one(&relay, message, include).await?)))
}

/// `DELETE /api/v1/outbound/:id` (ours): takes back what has not left the hub.
pub(super) async fn cancel(
    relay: Data<Relay>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let principal = authenticate(&relay, &request).await?;
    let include = filters::include(&Parameters::parse(request.query_string()))?;
    let message = relay.cancel(principal.account_id(), message_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(Envelope::of(show_one(&relay, message, include).await?)))
}

fn message_id(text: &str) -> Result<MessageId, ApiError> {
    text.parse().map_err(|_| ApiError::MessageNotFound)
}

/// The request's own name.
fn request_name(headers: &HeaderMap) -> Result<Option<RequestName>, ApiError> {
    let mut given = headers.get_all(REQUEST_NAME);
    let Some(name) = given.next() else { return Ok(None) };
    let invalid = |why: &dyn std::fmt::Display| ApiError::Invalid {
        field: Some("Idempotency-Key"),
        message: format!("Idempotency-Key {why}"),
    };
    if given.next().is_some() {
        return Err(invalid(&"is given more than once: send it once"));
    }
    let text = String::from_utf8_lossy(name.as_bytes());
    RequestName::parse(text.trim()).map(Some).map_err(|bad| invalid(&bad))
}

/// The header that tells a replay from the first answer.
type Replay = Option<(&'static str, HeaderValue)>;

fn told(accepted: Accepted) -> (Vec<Result<Outbound, Refusal>>, Replay) {
    match accepted {
        Accepted::New(verdicts) => (verdicts, None),
        Accepted::Replayed(verdicts) => (verdicts, Some((REPLAYED, HeaderValue::from_static("true")))),
    }
}

fn accepted(replayed: Replay) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Accepted();
    if let Some(header) = replayed {
        answer.insert_header(header);
    }
    answer
}

/// The verdicts of the lane, put between the rows that never came so far.
fn show_rows(rows: Vec<Result<Draft, ApiError>>, verdicts: Vec<Result<Outbound, Refusal>>) -> BulkShown {
    let mut verdicts = verdicts.into_iter();
    let mut shown = BulkShown { accepted: 0, refused: 0, results: Vec::with_capacity(rows.len()) };
    for (index, row) in rows.into_iter().enumerate() {
        let verdict = row.and_then(|_| verdicts.next().ok_or(ApiError::Internal)?.map_err(ApiError::from));
        shown.results.push(match verdict {
            Ok(message) => {
                shown.accepted += 1;
                RowShown::Accepted { index, success: true, data: Box::new(convert::outbound(message)) }
            }
            Err(error) => {
                shown.refused += 1;
                RowShown::Refused { index, success: false, error: error.detail() }
            }
        });
    }
    shown
}

async fn show_one(relay: &Relay, message: Outbound, include: Include) -> Result<OutboundShown, Trouble> {
    let shown = show_all(relay, std::slice::from_ref(&message), include).await?.remove(&message.id);
    Ok(shown.unwrap_or_else(|| convert::outbound(message)))
}

/// The messages with what was asked for besides; empty where nothing was.
async fn show_all(
    relay: &Relay,
    messages: &[Outbound],
    include: Include,
) -> Result<HashMap<MessageId, OutboundShown>, Trouble> {
    let mut shown = HashMap::new();
    if include == Include::default() {
        return Ok(shown);
    }
    let mut waits = if include.wait { relay.waits(messages).await? } else { HashMap::new() };
    for message in messages {
        let mut one = convert::outbound(message.clone());
        if include.wait {
            one.wait =
                Some(waits.remove(&message.id).map(|waiting| convert::explain::wait(message, waiting)));
        }
        if include.timeline {
            let reports = relay.timeline(message.account_id, message.id).await?;
            one.timeline = Some(convert::explain::timeline(message, reports));
        }
        if include.options {
            one.options = Some(convert::explain::options(message));
        }
        shown.insert(message.id, one);
    }
    Ok(shown)
}
