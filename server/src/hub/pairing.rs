//! `POST /device/v1/pair`: a phone shows its code and gets its token.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use device_protocol::{CONNECT_PATH, PAIR_PATH, PairReply, PairRequest, RefusalCode};

use super::Hub;
use super::socket::refuse;
use crate::relay::pairing::RedeemError;

/// A pairing request is a code and a model.
const MAX_BODY_BYTES: usize = 4 * 1024;
/// Characters kept of what a phone calls itself.
const MAX_MODEL_CHARACTERS: usize = 80;

/// Adds the route.
pub fn configure(hub: &Hub, config: &mut web::ServiceConfig) {
    let hub = hub.clone();
    config.service(
        web::resource(PAIR_PATH)
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .route(web::post().to(move |request: HttpRequest, body: Body| pair(hub.clone(), request, body))),
    );
}

/// The body, or why it could not be taken: a refusal in the protocol's words either way.
type Body = Result<web::Bytes, actix_web::Error>;

async fn pair(hub: Hub, request: HttpRequest, body: Body) -> HttpResponse {
    // Counted before the code is looked at: a guesser learns nothing from the order.
    if let Some(address) = request.peer_addr()
        && let Err(wait) = hub.tries.count(address.ip())
    {
        let mut refused =
            refuse(RefusalCode::TooManyTries, "too many tries from this address: wait a minute");
        let seconds = header::HeaderValue::from(wait.as_secs().saturating_add(1));
        refused.headers_mut().insert(header::RETRY_AFTER, seconds);
        return refused;
    }
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            return refuse(RefusalCode::BadRequest, &format!("the body cannot be taken: {error}"));
        }
    };
    let asked: PairRequest = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => {
            return refuse(RefusalCode::BadRequest, &format!("the body is not a pairing request: {error}"));
        }
    };
    let model: String = asked.model.chars().filter(|c| !c.is_control()).take(MAX_MODEL_CHARACTERS).collect();
    match hub.relay.redeem_pairing_code(&asked.code, model).await {
        Ok(redeemed) => HttpResponse::Created().json(PairReply {
            device_id: redeemed.device_id.uuid(),
            token: redeemed.token,
            connect_path: CONNECT_PATH.to_owned(),
            settings: hub.settings.for_phones(),
        }),
        Err(error) => {
            let code = match &error {
                RedeemError::Malformed(_) => RefusalCode::BadRequest,
                RedeemError::Wrong => RefusalCode::CodeWrong,
                RedeemError::Used => RefusalCode::CodeUsed,
                RedeemError::Expired => RefusalCode::CodeExpired,
                RedeemError::Burnt => RefusalCode::CodeBurnt,
                RedeemError::Store(_) | RedeemError::Token(_) => RefusalCode::Unavailable,
            };
            refuse(code, &error.to_string())
        }
    }
}
