//! The API described (OpenAPI 3.1), for programs and for the viewer: put together from the types that are answered, the
//! parsers' own names and bounds, and the refusals as they are given, so that it cannot tell another story than the
//! code. `operations` has one function for each route, `answers` and `refusals` what they answer, `examples` what that looks like.
//!
//! Not as attributes on the routes: an operation is described in forty lines and carried out in ten.

mod answers;
mod examples;
mod operations;
mod refusals;

use utoipa::ToSchema;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Schema, SecurityRequirement,
};

use super::wire::conversation::{ConversationShown, Way};
use super::wire::documented::{BulkDocument, SendDocument};
use super::wire::{BulkShown, DeviceShown, ErrorEnvelope, InboundShown, OutboundShown};

const BEARER: &str = "bearer";
const API_KEY: &str = "apiKey";

const ABOUT: &str = "\
Send and receive SMS through the Android phones of your account.

**Authentication.** Every request carries an API key, as `Authorization: Bearer rlyn_…` or as `X-API-Key: rlyn_…`. A key \
is bound for ever to one device, SIM slot and number: what it sends leaves from that line, and the inbound messages that \
it sees came to that number.

**Answers.** A success is `{\"success\": true, \"data\": …}`, a refusal `{\"success\": false, \"error\": {\"message\", \
\"code\"}}`, with `error.field` where one field, parameter or header is to blame. Instants are UTC with milliseconds. \
Unknown fields and parameters of a request are ignored; an empty parameter is as good as none.

**Limits.** A phone dispatches as many messages as its plan allows; the others wait, without an error, and leave in \
order. `RateLimit-*` on every answer tells how many *requests* the key may still make; 429 `RATE_LIMITED` comes with \
`Retry-After`. 503 also does: repeat the request, and give sends an `Idempotency-Key` so that a repetition sends nothing \
twice.

**Methods.** `HEAD` works wherever `GET` does, `OPTIONS` tells what a route takes, and every other method is 405 \
`METHOD_NOT_ALLOWED` with `Allow`.";

/// The document.
pub(super) fn document() -> OpenApi {
    let info = InfoBuilder::new().title("Relay Hub: the Relayion API").version("1").description(Some(ABOUT));
    let tag = |(name, about): (&str, &str)| TagBuilder::new().name(name).description(Some(about)).build();
    let keys = [BEARER, API_KEY].map(|scheme| SecurityRequirement::new(scheme, [] as [&str; 0]));
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(operations::TAGS.map(tag)))
        .paths(operations::paths())
        .components(Some(components()))
        .security(Some(keys))
        .build()
}

fn components() -> Components {
    let mut answered = Vec::new();
    collect::<ErrorEnvelope>(&mut answered);
    collect::<OutboundShown>(&mut answered);
    collect::<BulkShown>(&mut answered);
    collect::<InboundShown>(&mut answered);
    collect::<DeviceShown>(&mut answered);
    collect::<ConversationShown>(&mut answered);
    collect::<Way>(&mut answered);
    answered.iter_mut().for_each(|(_, schema)| close(schema));
    let mut asked = Vec::new();
    collect::<SendDocument>(&mut asked);
    collect::<BulkDocument>(&mut asked);
    let means = "The API key, `rlyn_…`. One of the two headers is enough.";
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(means));
    let header = ApiKey::Header(ApiKeyValue::with_description("X-API-Key", means));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(answered)
        .schemas_from_iter(asked)
        .responses_from_iter(refusals::shared())
        .security_scheme(BEARER, SecurityScheme::Http(bearer.build()))
        .security_scheme(API_KEY, SecurityScheme::ApiKey(header));
    let headers = answers::headers().into_iter();
    headers.fold(components, |components, (name, header)| components.header(name, header)).build()
}

/// A type, and every type that it holds.
fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// What is answered has the documented members and no others: a new one comes only to those who ask for it.
fn close(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::routes;
    use super::*;

    fn described() -> Value {
        serde_json::to_value(document()).unwrap()
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let served: BTreeSet<String> = routes::routes()
            .iter()
            .map(crate::http::route::Route::takes)
            .flat_map(|(path, methods)| {
                methods.into_iter().map(move |method| format!("{method} {}{path}", routes::BELOW))
            })
            .collect();
        let described = described();
        let paths = described["paths"].as_object().unwrap().iter();
        let told: BTreeSet<String> = paths
            .flat_map(|(path, item)| {
                item.as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        assert_eq!(served, told);
    }

    /// Every `$ref` leads somewhere, and everything that is there is needed.
    #[test]
    fn no_reference_leads_nowhere_and_nothing_is_left_over() {
        let described = described();
        let mut named = BTreeSet::new();
        references(&described, &mut named);
        for reference in &named {
            assert!(described.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        for kind in ["schemas", "responses", "headers"] {
            for name in described["components"][kind].as_object().unwrap().keys() {
                assert!(named.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is not used");
            }
        }
    }

    fn references(value: &Value, named: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                named.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, named));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, named)),
            _ => {}
        }
    }

    #[test]
    fn every_answer_has_an_example_and_every_code_is_shown_by_one() {
        let described = described();
        let text = described.to_string();
        for code in described["components"]["schemas"]["ErrorCode"]["enum"].as_array().unwrap() {
            // Of another method, which no operation is.
            let shown = code == "METHOD_NOT_ALLOWED" || text.contains(&format!("\"code\":{code}"));
            assert!(shown, "{code} is in no example");
        }
        let responses = described["paths"].as_object().unwrap().values();
        let operations = responses.flat_map(|item| item.as_object().unwrap().values());
        for response in operations.flat_map(|operation| operation["responses"].as_object().unwrap().values())
        {
            let own = &response["content"]["application/json"]["examples"];
            assert!(
                response.get("$ref").is_some() || own.as_object().is_some_and(|own| !own.is_empty()),
                "{response}"
            );
        }
    }
}
