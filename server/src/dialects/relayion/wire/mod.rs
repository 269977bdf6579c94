//! Every word of the vendor's JSON, and nowhere else: what is answered here, what is read in `request` (bodies),
//! `bulk` (lists of bodies), `options` (what our own fields ask for) and `filters` (query strings); `extensions` is
//! what `?include=` adds; `notice` is what webhooks tell; `documented` tells all of it to the API document.

pub(super) mod bulk;
pub(super) mod conversation;
pub(super) mod documented;
pub(super) mod extensions;
pub(super) mod filters;
pub(super) mod mistake;
pub(super) mod notice;
pub(super) mod options;
pub(super) mod request;

use serde::Serialize;
use utoipa::ToSchema;

use extensions::{EntryShown, OptionsShown, WaitShown};

/// A success.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<T> {
    success: bool,
    data: T,
}

impl<T> Envelope<T> {
    pub(super) fn of(data: T) -> Envelope<T> {
        Envelope { success: true, data }
    }
}

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorEnvelope {
    #[schema(schema_with = documented::never)]
    pub(super) success: bool,
    pub(super) error: ErrorDetail,
}

/// Why a request, or one row of a bulk, was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorDetail {
    /// What is wrong and what to do about it, for people.
    pub(super) message: String,
    pub(super) code: ErrorCode,
    /// The field, parameter or header that is to blame; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(super) field: Option<&'static str>,
}

/// What is wrong, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ErrorCode {
    ValidationError,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    DeviceNotPaired,
    IdempotencyConflict,
    AlreadyDispatched,
    HeldAfterRestore,
    AlreadyEnded,
    MonthlyLimitExceeded,
    RateLimited,
    Busy,
    InternalError,
}

/// An outbound message as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OutboundMessage)]
pub(super) struct OutboundShown {
    #[schema(format = Uuid)]
    pub(super) id: String,
    #[schema(format = Uuid)]
    pub(super) account_id: String,
    #[schema(format = Uuid)]
    pub(super) device_id: String,
    /// The key that it was sent with.
    #[schema(format = Uuid)]
    pub(super) api_key_id: String,
    pub(super) sim_slot_index: u8,
    /// Exactly as it was given.
    pub(super) recipient_number: String,
    /// Exactly as it was given.
    pub(super) body: String,
    pub(super) status: Status,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    /// When it was handed to the phone; null until then.
    #[schema(required, format = DateTime)]
    pub(super) dispatched_at: Option<String>,
    /// When the phone handed it to the carrier; null until then.
    #[schema(required, format = DateTime)]
    pub(super) sent_at: Option<String>,
    /// When the carrier said that it arrived; null until then.
    #[schema(required, format = DateTime)]
    pub(super) delivered_at: Option<String>,
    /// Null unless it failed, expired or was canceled.
    #[schema(required, format = DateTime)]
    pub(super) failed_at: Option<String>,
    /// Why it failed, for people; null unless it did.
    #[schema(required)]
    pub(super) failure_reason: Option<String>,
    /// Only with `include=wait`: why it has not left; null where it waits for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WaitShown>)]
    pub(super) wait: Option<Option<WaitShown>>,
    /// Only with `include=timeline`: every fact, in the order in which the hub learnt of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) timeline: Option<Vec<EntryShown>>,
    /// Only with `include=options`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) options: Option<OptionsShown>,
}

/// What came of a list of messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub(super) struct BulkShown {
    pub(super) accepted: usize,
    pub(super) refused: usize,
    /// One for each message, in the order of the list.
    pub(super) results: Vec<RowShown>,
}

/// What came of one message of a list: what it would have been answered alone, with its place in the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = BulkRow)]
pub(super) enum RowShown {
    Accepted {
        /// Counted from 0.
        index: usize,
        #[schema(schema_with = documented::always)]
        success: bool,
        data: Box<OutboundShown>,
    },
    Refused {
        /// Counted from 0.
        index: usize,
        #[schema(schema_with = documented::never)]
        success: bool,
        error: ErrorDetail,
    },
}

/// An outbound message's state: `QUEUED` at the hub, `DISPATCHED` to the phone, `SENT` to the carrier, `DELIVERED` by
/// the carrier's receipt; `FAILED` also when it expired or was canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = OutboundStatus)]
pub(super) enum Status {
    Queued,
    Dispatched,
    Sent,
    Delivered,
    Failed,
}

impl Status {
    pub(super) const ALL: [(&str, Status); 5] = [
        ("QUEUED", Status::Queued),
        ("DISPATCHED", Status::Dispatched),
        ("SENT", Status::Sent),
        ("DELIVERED", Status::Delivered),
        ("FAILED", Status::Failed),
    ];
}

/// An inbound message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InboundMessage)]
pub(super) struct InboundShown {
    #[schema(format = Uuid)]
    pub(super) id: String,
    #[schema(format = Uuid)]
    pub(super) account_id: String,
    /// The phone that received it.
    #[schema(format = Uuid)]
    pub(super) device_id: String,
    pub(super) sim_slot_index: u8,
    /// Exactly as the carrier gave it: a number, a short code or a name.
    pub(super) sender_number: String,
    pub(super) body: String,
    pub(super) status: InboundStatus,
    /// When it came to the phone.
    #[schema(format = DateTime)]
    pub(super) received_at: String,
    /// When it came to the hub.
    #[schema(format = DateTime)]
    pub(super) created_at: String,
}

/// An inbound message's state: there is only one.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum InboundStatus {
    Received,
}

/// A phone.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Device)]
pub(super) struct DeviceShown {
    #[schema(format = Uuid)]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: LinkStatus,
    /// Only paired devices send.
    pub(super) is_paired: bool,
    /// It is paired, and no inserted SIM has a known number.
    pub(super) pending_setup: bool,
    /// Null until it connects for the first time.
    #[schema(required, format = DateTime)]
    pub(super) last_seen_at: Option<String>,
    /// The inserted ones.
    pub(super) sims: Vec<SimShown>,
}

/// Whether a device is connected.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = DeviceStatus)]
pub(super) enum LinkStatus {
    Online,
    Offline,
}

/// An inserted SIM.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sim)]
pub(super) struct SimShown {
    #[schema(format = Uuid)]
    pub(super) id: String,
    pub(super) slot_index: u8,
    /// Null where neither the SIM nor an operator has told it.
    #[schema(required)]
    pub(super) phone_number: Option<String>,
    /// The carrier, as the phone names it.
    #[schema(required)]
    pub(super) label: Option<String>,
    /// The phone's own choice for SMS, else the lowest slot.
    pub(super) is_default: bool,
}
