//! What is refused, by status. Each example is the refusal itself, made by the code that refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use relay_domain::message::Untimely;
use relay_domain::phone_number::NotE164;
use utoipa::openapi::{Ref, RefOr, Response};

use super::super::auth;
use super::super::error::ApiError;
use super::super::wire::filters::{self, Filters, Paging, Party};
use super::super::wire::mistake::Mistake;
use super::super::wire::request::{self, Binding};
use super::super::wire::{ErrorEnvelope, bulk};
use super::answers::{AUTHENTICATE, RETRY_AFTER, refusal};
use super::examples::of;
use crate::http::door::{Denied, Limited, Refused, Standing};
use crate::http::query::Parameters;
use crate::relay::Trouble;
use crate::relay::cancel::CancelError;
use crate::relay::intake::{AcceptError, DraftError, Refusal, TextRules};

/// A refusal: its name among the examples, when it is given, and itself.
pub(super) type Refusing = (&'static str, &'static str, ApiError);

/// By status: the given ones, and those that every route has.
pub(super) fn answers(own: Vec<Refusing>) -> BTreeMap<String, RefOr<Response>> {
    let mut answers: BTreeMap<String, RefOr<Response>> = SHARED
        .iter()
        .map(|(status, name)| (status.as_str().to_owned(), Ref::from_response_name(*name).into()))
        .collect();
    let mut by_status: BTreeMap<StatusCode, Vec<Refusing>> = BTreeMap::new();
    for refusing in own {
        by_status.entry(refusing.2.status_code()).or_default().push(refusing);
    }
    for (status, mut refusings) in by_status {
        refusings.extend(everywhere().into_iter().filter(|(_, _, error)| error.status_code() == status));
        answers.insert(status.as_str().to_owned(), response(status, refusings).into());
    }
    answers
}

/// Statuses that every route answers with, and what they are called.
const SHARED: [(StatusCode, &str); 4] = [
    (StatusCode::UNAUTHORIZED, "Unauthorized"),
    (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"),
    (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
    (StatusCode::SERVICE_UNAVAILABLE, "Busy"),
];

/// Those, described once.
pub(super) fn shared() -> Vec<(&'static str, Response)> {
    let of_status =
        |status| everywhere().into_iter().filter(move |(_, _, error)| error.status_code() == status);
    SHARED.into_iter().map(|(status, name)| (name, response(status, of_status(status).collect()))).collect()
}

fn everywhere() -> Vec<Refusing> {
    let rested_in = Duration::from_secs(1);
    let standing = Standing { limit: 1, remaining: 0, rested_in };
    let refused = |limited| Denied::TooMany(Refused { limited, standing, wait: rested_in });
    vec![
        ("noKey", "No key", auth::refuse(Denied::NoKey)),
        ("wrongKey", "A key that is unknown or was revoked", auth::refuse(Denied::WrongKey)),
        ("twoKeys", "Two different keys", auth::refuse(Denied::TwoKeys)),
        ("tooManyOfKey", "Too many requests with this key", auth::refuse(refused(Limited::Key))),
        ("tooManyOfAddress", "Too many requests from this address", auth::refuse(refused(Limited::Source))),
        (
            "tooManyWrongKeys",
            "Too many wrong keys from this address",
            auth::refuse(refused(Limited::WrongKeys)),
        ),
        ("internal", "A fault of the hub", ApiError::Internal),
        (
            "busy",
            "The hub is stopping, or has too much to do",
            Trouble::TryAgain("the hub is stopping".to_owned()).into(),
        ),
    ]
}

fn response(status: StatusCode, refusings: Vec<Refusing>) -> Response {
    let headers: &[&str] = match status {
        StatusCode::UNAUTHORIZED => &[AUTHENTICATE],
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => &[RETRY_AFTER],
        _ => &[],
    };
    let month = refusings.iter().any(|(_, _, error)| matches!(error, ApiError::MonthlyLimit));
    let means = if month { MONTHLY } else { means(status) };
    let examples = refusings.into_iter().map(|(name, when, error)| {
        let shown = serde_json::to_value(ErrorEnvelope { success: false, error: error.detail() });
        of(name, when, shown.unwrap_or_default())
    });
    refusal(means, headers, examples)
}

const MONTHLY: &str = "Too many requests; or, with `MONTHLY_LIMIT_EXCEEDED` and without `Retry-After`, too many messages \
                       this month. Nothing was done.";

fn means(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "Something in the request cannot be. Nothing was done.",
        401 => "Who asks is not known. Nothing was done.",
        404 => "There is no such message in this account.",
        409 => "It cannot be done as things stand. Nothing was done.",
        413 => "The body is too large. Nothing was done.",
        429 => "Too many requests. Nothing was done.",
        503 => "The hub takes nothing at the moment. Repeat the request.",
        _ => "The hub could not carry the request out.",
    }
}

/// What no message can be.
pub(super) fn send() -> Vec<Refusing> {
    let binding = Binding { device_id: String::new(), slot: 0, number: String::new() };
    let limit = TextRules::DEFAULT_MAX_SEGMENTS.get();
    let too_long = DraftError::TextTooLong { segments: usize::from(limit) + 1, limit };
    let mut all = vec![
        ("noNumber", "The recipient is no number", DraftError::Recipient(NotE164).into()),
        ("tooLong", "The text is too long", too_long.into()),
        ("past", "The schedule is in the past", Refusal::Untimely(Untimely::Schedule).into()),
        ("monthlyLimit", "The plan's messages of this month are used up", Refusal::MonthlyCap.into()),
    ];
    all.extend(accept());
    all.extend(mistake("missing", "A field is missing", request::read(b"{}", &binding)));
    all
}

/// What no list of messages can be. What is wrong with a row is told in its verdict.
pub(super) fn send_bulk() -> Vec<Refusing> {
    let binding = Binding { device_id: String::new(), slot: 0, number: String::new() };
    let mut all = accept();
    all.extend(mistake("missing", "There is no list", bulk::read(b"{}", &binding)));
    all.extend(mistake("empty", "The list is empty", bulk::read(br#"{"messages":[]}"#, &binding)));
    all
}

fn accept() -> Vec<Refusing> {
    vec![
        ("deviceNotPaired", "The key's device is not paired", AcceptError::DeviceNotPaired.into()),
        ("otherRequest", "Another request had this Idempotency-Key", AcceptError::OtherRequest.into()),
        ("tooLarge", "The body is over 1 MiB", ApiError::PayloadTooLarge),
    ]
}

/// What no list can be asked for.
pub(super) fn list(party: Option<Party>) -> Vec<Refusing> {
    let limit = Paging::read(&Parameters::parse("limit=101"));
    let deep = Paging::read(&Parameters::parse("page=1001&limit=100"));
    let from = Filters::read(&Parameters::parse("from=yesterday"), party);
    let swapped = Filters::read(&Parameters::parse("from=2026-04-26&to=2026-04-25"), party);
    let all = [
        mistake("limit", "A page of more than 100", limit),
        mistake("deep", "Beyond row 100,000", deep),
        mistake("date", "A date that is none", from),
        mistake("swapped", "A range that ends before it begins", swapped),
    ];
    all.into_iter().flatten().collect()
}

/// The state that no message has.
pub(super) fn status() -> Option<Refusing> {
    mistake("status", "A state that is none", filters::status(&Parameters::parse("status=LOST")))
}

/// The way that no message goes.
pub(super) fn direction() -> Option<Refusing> {
    mistake("direction", "A direction that is none", filters::direction(&Parameters::parse("direction=up")))
}

/// What cannot be included.
pub(super) fn include() -> Option<Refusing> {
    mistake(
        "include",
        "Something that cannot be included",
        filters::include(&Parameters::parse("include=all")),
    )
}

/// A message that is not there.
pub(super) fn unknown() -> Refusing {
    ("unknown", "No such message, or another account's", ApiError::MessageNotFound)
}

/// What cannot be canceled.
pub(super) fn cancel() -> [Refusing; 3] {
    [
        ("dispatched", "A phone has it, or had it", CancelError::Dispatched.into()),
        (
            "heldAfterRestore",
            "The hub was restored from a backup, and a phone may have sent it",
            CancelError::Held.into(),
        ),
        ("ended", "It failed or expired before a phone had it", CancelError::Ended.into()),
    ]
}

fn mistake<T>(name: &'static str, when: &'static str, read: Result<T, Mistake>) -> Option<Refusing> {
    read.err().map(|mistake| (name, when, mistake.into()))
}
