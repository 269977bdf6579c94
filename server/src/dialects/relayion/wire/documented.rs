//! What the parsers of this folder take, told to the API document: bodies as types that are never made, query
//! parameters under the parsers' own names. The tests hold the two together; what is answered tells its own schema.

use relay_domain::state::FailureClass;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, SchemaType};
use utoipa::openapi::{KnownFormat, Object, ObjectBuilder, Ref, RefOr, Required, Schema, SchemaFormat, Type};

use super::Status;
use super::conversation::Way;
use super::filters::{DEEPEST_ROW, DEFAULT_LIMIT, MAX_LIMIT, Party};
use super::filters::{
    DEVICE, DIRECTION, FROM, INCLUDE, INCLUDES, LIMIT, PAGE, PHONE_NUMBER, SLOT, STATUS, TO,
};
use super::options::PRIORITIES;
use crate::relay::intake::LONGEST_WAIT;

/// A message to send.
///
/// Device and SIM are the API key's: there is nothing to specify. A body may repeat them (`deviceId`, `simSlotIndex`,
/// `from`), and is refused if they are not the key's own; other unknown fields are ignored. A null option is as good as
/// none.
#[derive(ToSchema)]
#[schema(as = SendRequest, rename_all = "camelCase")]
#[expect(dead_code, reason = "only its shape is told: the parser reads into another type")]
pub(in super::super) struct SendDocument {
    /// E.164, or a short code of 3 to 8 digits where an operator opened them for the account. It is kept and sent exactly
    /// as given.
    #[schema(pattern = r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$")]
    recipient_number: String,
    /// The text, at most 10 SMS segments unless the hub is configured otherwise (1,530 characters of the GSM alphabet,
    /// 670 of any other). It is kept as it is; U+0000 and unpaired surrogates are refused.
    #[schema(min_length = 1)]
    body: String,
    #[schema(schema_with = priority_asked)]
    priority: Option<String>,
    /// When it may leave at the earliest: an RFC 3339 instant with its offset, within a year.
    #[schema(format = DateTime)]
    scheduled_at: Option<String>,
    /// When it is not worth sending any more. Not together with `ttlSeconds`.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(schema_with = ttl_asked)]
    ttl_seconds: Option<u64>,
}

/// Messages to send.
#[derive(ToSchema)]
#[schema(as = BulkRequest)]
#[expect(dead_code, reason = "only its shape is told: the parser reads into another type")]
pub(in super::super) struct BulkDocument {
    /// Each is judged by itself: one that cannot be spoils none of the others.
    #[schema(min_items = 1, max_items = 1000)]
    messages: Vec<SendDocument>,
}

/// Always true.
pub(super) fn always() -> Object {
    only(true)
}

/// Always false.
pub(super) fn never() -> Object {
    only(false)
}

fn only(value: bool) -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([value])).build()
}

/// It was sent.
pub(super) fn outbound() -> Object {
    words(["outbound"])
}

/// It was received.
pub(super) fn inbound() -> Object {
    words(["inbound"])
}

/// The envelope of a success.
pub(in super::super) fn envelope(data: impl Into<RefOr<Schema>>) -> Object {
    let object = ObjectBuilder::new().property("success", always()).property("data", data);
    let object = object.required("success").required("data");
    object.additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false))).build()
}

/// The class that a message has.
pub(super) fn priority() -> Object {
    words(PRIORITIES.map(|(word, _)| word))
}

/// What to think of a failure.
pub(super) fn failure_class() -> Object {
    let mut class = words(FailureClass::ALL.map(FailureClass::word));
    class.description = Some("Whether sending it again may help, for programs.".to_owned());
    class
}

fn words(words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

fn priority_asked() -> Object {
    let words = PRIORITIES.iter().map(|(word, _)| json!(word)).chain([Value::Null]);
    let means = "Messages of a higher class leave the queue of their phone first. Without it: `normal`.";
    let text = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(text).enum_values(Some(words)).description(Some(means)).build()
}

fn ttl_asked() -> Object {
    let means = "Seconds for which it is worth sending, from `scheduledAt`, or else from now. Not together with `expiresAt`.";
    let number = SchemaType::from_iter([Type::Integer, Type::Null]);
    let bounded = ObjectBuilder::new()
        .schema_type(number)
        .minimum(Some(1))
        .maximum(Some(LONGEST_WAIT.as_secs() as i64));
    bounded.description(Some(means)).build()
}

/// The request's own name.
pub(in super::super) fn idempotency_key() -> Parameter {
    let name = text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]([ -~]*[!-~])?$"));
    let means = "A name for this request, such as a UUID. Sent again with the same name and the same messages within 24 \
                 hours, the request is not carried out again but answered again, with `Idempotent-Replayed: true`. The \
                 same name with other messages is refused.";
    parameter("Idempotency-Key", name, means).parameter_in(ParameterIn::Header).build()
}

/// An outbound or inbound message's id, in the path.
pub(in super::super) fn id() -> Parameter {
    let schema = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    parameter("id", schema, "The message's id.")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .build()
}

/// What a list of messages can be narrowed by.
pub(in super::super) fn list(party: Option<Party>) -> Vec<Parameter> {
    let (whom, when) = match party {
        Some(Party::Recipient) => ("recipient", "createdAt"),
        Some(Party::Sender) => ("sender", "receivedAt"),
        None => ("", "timestamp"),
    };
    let device = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    let slot = number().minimum(Some(0)).maximum(Some(255));
    let mut all = paging();
    let means = format!("Only messages with exactly this {whom}.");
    let party = party.map(|party| parameter(party.name(), text(), &means).build());
    let from = format!("Only messages whose `{when}` is not before this.");
    let to = format!("Only messages whose `{when}` is not after this; a date means its whole UTC day.");
    all.push(parameter(DEVICE, device, "Only messages of this device.").build());
    all.extend(party);
    all.extend([
        parameter(SLOT, slot, "Only messages of this SIM slot.").build(),
        parameter(FROM, day_or_instant(), &from).build(),
        parameter(TO, day_or_instant(), &to).build(),
    ]);
    all
}

/// The page of a list.
pub(in super::super) fn paging() -> Vec<Parameter> {
    let page = number().minimum(Some(1)).maximum(Some(DEEPEST_ROW as i64)).default(Some(json!(1)));
    let limit = number().minimum(Some(1)).maximum(Some(MAX_LIMIT)).default(Some(json!(DEFAULT_LIMIT)));
    let reach = format!(
        "Which page. `page` times `limit` is at most {DEEPEST_ROW}: beyond it, narrow the list with `to`."
    );
    vec![parameter(PAGE, page, &reach).build(), parameter(LIMIT, limit, "Messages on a page.").build()]
}

/// The state that a list of outbound messages is narrowed to.
pub(in super::super) fn status() -> Parameter {
    parameter(STATUS, Ref::from_schema_name(Status::name()), "Only messages in this state.").build()
}

/// The direction that a conversation is narrowed to.
pub(in super::super) fn direction() -> Parameter {
    parameter(DIRECTION, Ref::from_schema_name(Way::name()), "Only messages that went this way.").build()
}

/// Whom a conversation is with, in the path.
pub(in super::super) fn phone_number() -> Parameter {
    let means =
        "The other number, or the name of a sender that has none, percent-encoded: `%2B639171234567`.";
    parameter(PHONE_NUMBER, text(), means).parameter_in(ParameterIn::Path).required(Required::True).build()
}

/// What the answer should hold besides.
pub(in super::super) fn include() -> Parameter {
    let list = ArrayBuilder::new().items(words(INCLUDES));
    let means =
        "What each message should show besides: why it waits, its timeline, what was asked for with it.";
    let parameter = parameter(INCLUDE, list, means);
    parameter.style(Some(ParameterStyle::Form)).explode(Some(false)).build()
}

fn parameter(name: &str, schema: impl Into<RefOr<Schema>>, means: &str) -> ParameterBuilder {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).schema(Some(schema));
    parameter.description(Some(means)).required(Required::False)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

fn day_or_instant() -> AnyOfBuilder {
    let of = |format| text().format(Some(SchemaFormat::KnownFormat(format)));
    AnyOfBuilder::new().item(of(KnownFormat::Date)).item(of(KnownFormat::DateTime))
}

#[cfg(test)]
mod tests {
    use super::super::{bulk, filters, request};
    use utoipa::PartialSchema as _;

    use super::*;
    use crate::http::query::Parameters;

    fn documented<T: ToSchema>() -> Vec<String> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_documented_fields_are_those_that_the_parser_knows() {
        let mut documented = documented::<SendDocument>();
        // To name the key's own line is allowed, and asked of nobody.
        documented.extend(request::BINDING.iter().chain(&request::SENDERS).map(ToString::to_string));
        let known: Vec<String> = request::known_fields().map(str::to_owned).collect();
        documented.sort();
        assert_eq!(documented, {
            let mut known = known;
            known.sort();
            known
        });
    }

    #[test]
    fn a_list_of_messages_is_where_the_bulk_parser_looks_for_it() {
        assert_eq!(documented::<BulkDocument>(), [bulk::MESSAGES]);
        let schema = serde_json::to_value(BulkDocument::schema()).unwrap();
        assert_eq!(schema["properties"][bulk::MESSAGES]["maxItems"], bulk::MOST);
    }

    /// A documented parameter given twice is refused by its name, and any other is ignored.
    #[test]
    fn every_documented_parameter_is_read() {
        let twice = |name: &str| Parameters::parse(&format!("{name}=1&{name}=1"));
        let whole = |party| [paging(), list(party)].concat();
        for party in [Some(Party::Recipient), Some(Party::Sender), None] {
            for parameter in whole(party) {
                let query = twice(&parameter.name);
                let refused = filters::Paging::read(&query).err();
                let refused = refused.or_else(|| filters::Filters::read(&query, party).err()).unwrap();
                assert_eq!(refused.field, Some(parameter.name.as_str()));
            }
        }
        assert_eq!(filters::status(&twice(&status().name)).unwrap_err().field, Some("status"));
        assert_eq!(filters::direction(&twice(&direction().name)).unwrap_err().field, Some("direction"));
        assert_eq!(filters::include(&twice(&include().name)).unwrap_err().field, Some("include"));
    }

    #[test]
    fn every_documented_word_is_understood() {
        for word in INCLUDES {
            filters::include(&Parameters::parse(&format!("include={word}"))).unwrap();
        }
        let all = filters::include(&Parameters::parse(&format!("include={}", INCLUDES.join(",")))).unwrap();
        assert!(all.wait && all.timeline && all.options);
    }
}
