//! One function for each route, in the order of the vendor's reference.

use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, Paths, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{PathItem, Required};

use super::super::wire::conversation::ConversationShown;
use super::super::wire::documented::{self, BulkDocument, SendDocument};
use super::super::wire::filters::Party;
use super::super::wire::{BulkShown, DeviceShown, InboundShown, OutboundShown};
use super::answers::{LINK, REPLAYED, TOTAL, many, one, success};
use super::examples::{Named, example};
use super::refusals::{self, Refusing};

const DEVICES: &str = "Devices";
const OUTBOUND: &str = "Outbound";
const INBOUND: &str = "Inbound";
const CONVERSATIONS: &str = "Conversations";

/// What belongs together.
pub(super) const TAGS: [(&str, &str); 4] = [
    (DEVICES, "The account's phones and their SIMs."),
    (OUTBOUND, "Messages to send, and what became of them."),
    (INBOUND, "What the key's number received."),
    (CONVERSATIONS, "What the key's number and another have exchanged."),
];

/// Every route.
pub(super) fn paths() -> Paths {
    use HttpMethod::{Delete, Get, Post};
    let routes = [
        ("/api/v1/devices", Get, list_devices()),
        ("/api/v1/outbound", Post, send()),
        ("/api/v1/outbound", Get, list_outbound()),
        ("/api/v1/outbound/bulk", Post, send_bulk()),
        ("/api/v1/outbound/{id}", Get, get_outbound()),
        ("/api/v1/outbound/{id}", Delete, cancel()),
        ("/api/v1/inbound", Get, list_inbound()),
        ("/api/v1/inbound/{id}", Get, get_inbound()),
        ("/api/v1/conversations/{phoneNumber}", Get, get_conversation()),
    ];
    let add = |paths: PathsBuilder, (path, method, operation): (&str, HttpMethod, OperationBuilder)| {
        paths.path(path, PathItem::new(method, operation))
    };
    routes.into_iter().fold(PathsBuilder::new(), add).build()
}

fn operation(tag: &str, id: &str, does: &str, more: &str) -> OperationBuilder {
    OperationBuilder::new().tag(tag).operation_id(Some(id)).summary(Some(does)).description(Some(more))
}

fn takes<T: ToSchema>(examples: impl IntoIterator<Item = Named>) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(one::<T>())).examples_from_iter(examples).build();
    RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build()
}

/// Those of the route, then those that every route has.
fn refuses(operation: OperationBuilder, own: impl IntoIterator<Item = Refusing>) -> OperationBuilder {
    let answers = refusals::answers(own.into_iter().collect());
    answers.into_iter().fold(operation, |operation, (status, answer)| operation.response(status, answer))
}

fn list_devices() -> OperationBuilder {
    let more =
        "All devices of the account with their inserted SIMs. Only those where `isPaired` is true send.";
    let printed = example("devices", "One phone that is online", include_str!("../fixtures/devices.json"));
    let answer = success("The devices.", many::<DeviceShown>(), &[], [printed]);
    refuses(operation(DEVICES, "listDevices", "List devices", more).response("200", answer), [])
}

fn send() -> OperationBuilder {
    let more = "Accepts a message for the line of the API key. It is on disk before the answer leaves. `DISPATCHED` \
                means that it goes to the phone at once; `QUEUED` that it waits: for the phone, for the plan's bucket, \
                for messages before it, or for its schedule.";
    let asked = [
        example("message", "A message", include_str!("../examples/send.json")),
        example("urgent", "Before all others, or not at all", include_str!("../examples/send_urgent.json")),
        example("scheduled", "Tomorrow morning", include_str!("../examples/send_scheduled.json")),
    ];
    let answers = [
        example("dispatched", "It goes to the phone", include_str!("../fixtures/outbound.json")),
        example(
            "scheduled",
            "It waits; asked with include=wait,options",
            include_str!("../examples/scheduled.json"),
        ),
    ];
    let answer = success("The message was accepted.", one::<OutboundShown>(), &[REPLAYED], answers);
    let operation = operation(OUTBOUND, "sendMessage", "Send a message", more)
        .parameters(Some([documented::idempotency_key(), documented::include()]))
        .request_body(Some(takes::<SendDocument>(asked)))
        .response("202", answer);
    refuses(operation, refusals::send().into_iter().chain(refusals::include()))
}

fn send_bulk() -> OperationBuilder {
    let more = "Accepts up to 1,000 messages in one step, and judges each by itself: the answer is 202 whatever the \
                verdicts are, with one for each message in the order of the list.";
    let asked = example(
        "bulk",
        "Three messages, one of them for a time that has passed",
        include_str!("../examples/bulk.json"),
    );
    let judged = example("judged", "Two accepted, one refused", include_str!("../examples/bulk_judged.json"));
    let answer = success("The verdicts.", one::<BulkShown>(), &[REPLAYED], [judged]);
    let operation = operation(OUTBOUND, "sendMessages", "Send many messages", more)
        .parameters(Some([documented::idempotency_key()]))
        .request_body(Some(takes::<BulkDocument>([asked])))
        .response("202", answer);
    refuses(operation, refusals::send_bulk())
}

fn list_outbound() -> OperationBuilder {
    let more = "The account's messages, newest first. Filters combine.";
    let page = example("page", "Two messages", include_str!("../examples/outbound_page.json"));
    let answer = success(
        "A page of messages; empty beyond the last.",
        many::<OutboundShown>(),
        &[LINK, TOTAL],
        [page],
    );
    let narrowed: Vec<Parameter> = documented::list(Some(Party::Recipient))
        .into_iter()
        .chain([documented::status(), documented::include()])
        .collect();
    let operation = operation(OUTBOUND, "listOutbound", "List sent messages", more)
        .parameters(Some(narrowed))
        .response("200", answer);
    let own = refusals::list(Some(Party::Recipient))
        .into_iter()
        .chain(refusals::status())
        .chain(refusals::include());
    refuses(operation, own)
}

fn get_outbound() -> OperationBuilder {
    let more = "One message of the account as it is now.";
    let answers = [
        example("delivered", "Delivered", include_str!("../examples/delivered.json")),
        example(
            "timeline",
            "The same, with include=wait,timeline",
            include_str!("../examples/delivered_timeline.json"),
        ),
        example("failed", "Failed, with include=wait,timeline", include_str!("../examples/failed.json")),
    ];
    let operation = operation(OUTBOUND, "getOutbound", "Read a sent message", more)
        .parameters(Some([documented::id(), documented::include()]))
        .response("200", success("The message.", one::<OutboundShown>(), &[], answers));
    refuses(operation, refusals::include().into_iter().chain([refusals::unknown()]))
}

fn cancel() -> OperationBuilder {
    let more = "Takes a message back that has not gone to a phone. It then shows `FAILED` with the reason \"Canceled\".";
    let canceled = example("canceled", "Canceled in time", include_str!("../examples/canceled.json"));
    let operation = operation(OUTBOUND, "cancelOutbound", "Cancel a message", more)
        .parameters(Some([documented::id(), documented::include()]))
        .response("200", success("It will not be sent.", one::<OutboundShown>(), &[], [canceled]));
    let own = refusals::include().into_iter().chain([refusals::unknown()]).chain(refusals::cancel());
    refuses(operation, own)
}

fn list_inbound() -> OperationBuilder {
    let more = "What the number of the API key received, on whichever phone and slot, newest first. Filters combine.";
    let printed = example("page", "One message", include_str!("../fixtures/inbound.json"));
    let answer = success(
        "A page of messages; empty beyond the last.",
        many::<InboundShown>(),
        &[LINK, TOTAL],
        [printed],
    );
    let operation = operation(INBOUND, "listInbound", "List received messages", more)
        .parameters(Some(documented::list(Some(Party::Sender))))
        .response("200", answer);
    refuses(operation, refusals::list(Some(Party::Sender)))
}

fn get_inbound() -> OperationBuilder {
    let more = "One message that the number of the API key received.";
    let message = example("message", "A message", include_str!("../examples/received.json"));
    let operation = operation(INBOUND, "getInbound", "Read a received message", more)
        .parameters(Some([documented::id()]))
        .response("200", success("The message.", one::<InboundShown>(), &[], [message]));
    refuses(operation, [refusals::unknown()])
}

fn get_conversation() -> OperationBuilder {
    let more = "What the number of the API key and another have exchanged, on whichever phone and slot, oldest first. \
                Filters combine. Other spellings of the number, as carriers write it, belong to the same conversation.";
    let printed =
        example("exchange", "A question and its answer", include_str!("../fixtures/conversation.json"));
    let answer = success("A page of the conversation.", one::<ConversationShown>(), &[LINK], [printed]);
    let filters = documented::list(None).into_iter().chain([documented::direction()]);
    let narrowed: Vec<Parameter> = [documented::phone_number()].into_iter().chain(filters).collect();
    let operation = operation(CONVERSATIONS, "getConversation", "Read a conversation", more)
        .parameters(Some(narrowed))
        .response("200", answer);
    refuses(operation, refusals::list(None).into_iter().chain(refusals::direction()))
}
