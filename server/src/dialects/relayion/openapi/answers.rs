//! What is answered: successes in their envelope, refusals in theirs, and the headers on both.

use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::{Array, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Type};

use super::super::wire::ErrorEnvelope;
use super::super::wire::documented::envelope;
use super::examples::Named;

pub(super) const LINK: &str = "Link";
pub(super) const TOTAL: &str = "X-Total-Count";
pub(super) const REPLAYED: &str = "Idempotent-Replayed";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const AUTHENTICATE: &str = "WWW-Authenticate";
/// On the answer to every request with a good key.
const RATES: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

const JSON: &str = "application/json";

/// One of a type.
pub(super) fn one<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

/// A list of a type.
pub(super) fn many<T: ToSchema>() -> RefOr<Schema> {
    Array::new(Ref::from_schema_name(T::name())).into()
}

/// A success.
pub(super) fn success(
    means: &str,
    data: RefOr<Schema>,
    headers: &[&str],
    examples: impl IntoIterator<Item = Named>,
) -> Response {
    answer(means, envelope(data).into(), headers, examples)
}

/// A refusal.
pub(super) fn refusal(means: &str, headers: &[&str], examples: impl IntoIterator<Item = Named>) -> Response {
    answer(means, one::<ErrorEnvelope>(), headers, examples)
}

fn answer(
    means: &str,
    schema: RefOr<Schema>,
    headers: &[&str],
    examples: impl IntoIterator<Item = Named>,
) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let answer = ResponseBuilder::new().description(means).content(JSON, content);
    let header = |name: &&str| Ref::new(format!("#/components/headers/{name}"));
    // Who asks is not known where that is the refusal.
    let rates = RATES.iter().filter(|_| !headers.contains(&AUTHENTICATE));
    rates.chain(headers).fold(answer, |answer, name| answer.header_ref(*name, header(name))).build()
}

/// Every header, described once.
pub(super) fn headers() -> [(&'static str, Header); 8] {
    let [limit, remaining, reset] = RATES;
    [
        (
            limit,
            count(
                "Requests that this key may make at once when it has rested. Absent where keys have no limit.",
                1,
            ),
        ),
        (remaining, count("Requests that this key may make at once now.", 0)),
        (reset, count("Seconds until this key has rested.", 0)),
        (RETRY_AFTER, count("Seconds after which to repeat the request.", 1)),
        (LINK, text("The next page, as `<…>; rel=\"next\"`; absent on the last one.", None)),
        (TOTAL, count("Messages on all pages; absent where there are more than 10,000.", 0)),
        (
            REPLAYED,
            text(
                "The request was carried out before: this is its answer, each message as it is now.",
                Some("true"),
            ),
        ),
        (AUTHENTICATE, text("How to say who asks.", Some("Bearer"))),
    ]
}

fn count(means: &str, least: u32) -> Header {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least));
    HeaderBuilder::new().description(Some(means)).schema(Some(number)).build()
}

fn text(means: &str, always: Option<&str>) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(always.map(|always| [always]));
    HeaderBuilder::new().description(Some(means)).schema(Some(text)).build()
}
