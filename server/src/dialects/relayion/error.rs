//! Refusals in the vendor's envelope: code, status and headers of each.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use super::wire::{ErrorCode, ErrorDetail, ErrorEnvelope};
use crate::http::body::BodyError;
use crate::http::door::{Limited, Refused, retry_after_seconds};
use crate::relay::Trouble;
use crate::relay::cancel::CancelError;
use crate::relay::intake::AcceptError;
use crate::relay::lookup::LookupError;

/// A busy hub is ready again after its next batches: milliseconds, but the header counts seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// A field or parameter cannot be; without a field, the request as a whole cannot.
    #[error("{message}")]
    Invalid { field: Option<&'static str>, message: String },
    #[error("{0}")]
    Unauthorized(&'static str),
    #[error("Message not found.")]
    MessageNotFound,
    #[error("There is no such route: see the API reference for those there are.")]
    RouteNotFound,
    #[error("The method is not allowed here: this route takes {0}.")]
    MethodNotAllowed(String),
    #[error("The request body is larger than 1 MiB.")]
    PayloadTooLarge,
    #[error("The device of this API key is not paired: pair it again, then repeat the request.")]
    DeviceNotPaired,
    #[error("Another request was sent with this Idempotency-Key: use a new key for a new request.")]
    OtherRequest,
    #[error("The message cannot be canceled: {0}")]
    TooLate(&'static str),
    #[error(
        "The message cannot be canceled: the hub was restored from a backup, and a phone may have sent it. Read it \
         again later."
    )]
    Held,
    #[error("The message cannot be canceled: it has ended already.")]
    Ended,
    #[error("Monthly message limit reached.")]
    MonthlyLimit,
    #[error("Too many {}: repeat this request in {} s.", too_many(.0), retry_after_seconds(.0.wait))]
    TooManyRequests(Refused),
    #[error("{0}")]
    Busy(String),
    #[error("The request could not be carried out; the hub's log says why.")]
    Internal,
}

impl ApiError {
    /// What the envelope holds.
    pub(super) fn detail(&self) -> ErrorDetail {
        let field = match self {
            ApiError::Invalid { field, .. } => *field,
            ApiError::OtherRequest => Some("Idempotency-Key"),
            _ => None,
        };
        ErrorDetail { message: self.to_string(), code: self.code(), field }
    }

    fn code(&self) -> ErrorCode {
        match self {
            ApiError::Invalid { .. } => ErrorCode::ValidationError,
            ApiError::Unauthorized(_) => ErrorCode::Unauthorized,
            ApiError::MessageNotFound | ApiError::RouteNotFound => ErrorCode::NotFound,
            ApiError::MethodNotAllowed(_) => ErrorCode::MethodNotAllowed,
            ApiError::PayloadTooLarge => ErrorCode::PayloadTooLarge,
            ApiError::DeviceNotPaired => ErrorCode::DeviceNotPaired,
            ApiError::OtherRequest => ErrorCode::IdempotencyConflict,
            ApiError::TooLate(_) => ErrorCode::AlreadyDispatched,
            ApiError::Held => ErrorCode::HeldAfterRestore,
            ApiError::Ended => ErrorCode::AlreadyEnded,
            ApiError::MonthlyLimit => ErrorCode::MonthlyLimitExceeded,
            ApiError::TooManyRequests(_) => ErrorCode::RateLimited,
            ApiError::Busy(_) => ErrorCode::Busy,
            ApiError::Internal => ErrorCode::InternalError,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            ApiError::Invalid { .. } => StatusCode::BAD_REQUEST,
            ApiError::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            ApiError::MessageNotFound | ApiError::RouteNotFound => StatusCode::NOT_FOUND,
            ApiError::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::DeviceNotPaired
            | ApiError::OtherRequest
            | ApiError::TooLate(_)
            | ApiError::Held
            | ApiError::Ended => StatusCode::CONFLICT,
            ApiError::MonthlyLimit | ApiError::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            ApiError::Unauthorized(_) => drop(answer.insert_header((WWW_AUTHENTICATE, "Bearer"))),
            ApiError::MethodNotAllowed(allowed) => drop(answer.insert_header((ALLOW, allowed.as_str()))),
            ApiError::Busy(_) => drop(answer.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))),
            ApiError::Invalid { .. }
            | ApiError::OtherRequest
            | ApiError::TooLate(_)
            | ApiError::Held
            | ApiError::Ended
            | ApiError::MessageNotFound
            | ApiError::RouteNotFound
            | ApiError::PayloadTooLarge
            | ApiError::DeviceNotPaired
            | ApiError::MonthlyLimit
            // The door tells when.
            | ApiError::TooManyRequests(_)
            | ApiError::Internal => {}
        }
        answer.json(ErrorEnvelope { success: false, error: self.detail() })
    }
}

fn too_many(refused: &Refused) -> &'static str {
    match refused.limited {
        Limited::Key => "requests with this API key",
        Limited::Source => "requests from this address",
        Limited::WrongKeys => "wrong API keys from this address",
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> ApiError {
        match trouble {
            Trouble::TryAgain(why) => ApiError::Busy(format!("Nothing was done, for {why}: try again in a moment.")),
            Trouble::OutcomeUnknown => ApiError::Busy(
                "The hub lost its disk while it answered. Whether the request was carried out shows in the list of \
                 messages after its restart."
                    .to_owned(),
            ),
            Trouble::Broken(error) => {
                tracing::error!(%error, "a request failed");
                ApiError::Internal
            }
        }
    }
}

impl From<AcceptError> for ApiError {
    fn from(error: AcceptError) -> ApiError {
        match error {
            AcceptError::OtherRequest => ApiError::OtherRequest,
            AcceptError::DeviceNotPaired => ApiError::DeviceNotPaired,
            AcceptError::KeyRevoked => ApiError::Unauthorized("The API key is unknown or was revoked."),
            AcceptError::Store(trouble) => trouble.into(),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> ApiError {
        match error {
            CancelError::NoSuchMessage => ApiError::MessageNotFound,
            CancelError::Dispatched => ApiError::TooLate("a phone has it already."),
            CancelError::Uncertain => {
                ApiError::TooLate("a phone had it, and nobody knows yet whether it was sent.")
            }
            CancelError::Held => ApiError::Held,
            CancelError::Ended => ApiError::Ended,
            CancelError::Store(trouble) => trouble.into(),
        }
    }
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> ApiError {
        match error {
            LookupError::NoSuchMessage => ApiError::MessageNotFound,
            LookupError::Store(trouble) => trouble.into(),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> ApiError {
        match error {
            BodyError::TooLarge => ApiError::PayloadTooLarge,
            BodyError::Incomplete => ApiError::Invalid {
                field: None,
                message: "The request body did not arrive completely, or not in time: send it again."
                    .to_owned(),
            },
        }
    }
}
