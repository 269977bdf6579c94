//! Every word of the vendor's JSON, and nowhere else: what is answered here, what is read in `request` (bodies),
//! `bulk` (lists of bodies), `options` (what our own fields ask for) and `filters` (query strings); `extensions` is
//! what `?include=` adds.

pub(super) mod bulk;
pub(super) mod conversation;
pub(super) mod extensions;
pub(super) mod filters;
pub(super) mod options;
pub(super) mod request;

use serde::Serialize;

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
#[derive(Debug, Serialize)]
pub(super) struct ErrorEnvelope {
    pub(super) success: bool,
    pub(super) error: ErrorDetail,
}

/// Its reason; `field` only where one field is to blame.
#[derive(Debug, Serialize)]
pub(super) struct ErrorDetail {
    pub(super) message: String,
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
}

/// An outbound message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutboundShown {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) device_id: String,
    pub(super) api_key_id: String,
    pub(super) sim_slot_index: u8,
    pub(super) recipient_number: String,
    pub(super) body: String,
    pub(super) status: Status,
    pub(super) created_at: String,
    pub(super) dispatched_at: Option<String>,
    pub(super) sent_at: Option<String>,
    pub(super) delivered_at: Option<String>,
    pub(super) failed_at: Option<String>,
    pub(super) failure_reason: Option<String>,
    #[serde(flatten)]
    pub(super) extensions: extensions::Extensions,
}

/// What came of a list of messages, in its order.
#[derive(Debug, Serialize)]
pub(super) struct BulkShown {
    pub(super) accepted: usize,
    pub(super) refused: usize,
    pub(super) results: Vec<RowShown>,
}

/// What came of one of them: the envelope that it would have had alone, with its place in the list.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum RowShown {
    Accepted { index: usize, success: bool, data: Box<OutboundShown> },
    Refused { index: usize, success: bool, error: ErrorDetail },
}

/// An outbound message's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InboundShown {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) device_id: String,
    pub(super) sim_slot_index: u8,
    pub(super) sender_number: String,
    pub(super) body: String,
    pub(super) status: InboundStatus,
    pub(super) received_at: String,
    pub(super) created_at: String,
}

/// An inbound message's state: there is only one.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum InboundStatus {
    Received,
}

/// A device.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceShown {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: LinkStatus,
    pub(super) is_paired: bool,
    pub(super) pending_setup: bool,
    pub(super) last_seen_at: Option<String>,
    pub(super) sims: Vec<SimShown>,
}

/// Whether a device is connected.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum LinkStatus {
    Online,
    Offline,
}

/// An inserted SIM.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimShown {
    pub(super) id: String,
    pub(super) slot_index: u8,
    pub(super) phone_number: Option<String>,
    pub(super) label: Option<String>,
    pub(super) is_default: bool,
}
