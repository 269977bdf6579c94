//! The words of webhook bodies, in the order in which the page prints them.

use serde::Serialize;

/// A body.
#[derive(Debug, Serialize)]
pub(in super::super) struct NoticeShown {
    pub(in super::super) event: &'static str,
    pub(in super::super) timestamp: String,
    pub(in super::super) data: NoticeData,
}

/// What is told, by event.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in super::super) enum NoticeData {
    Inbound(InboundNotice),
    Outbound(OutboundNotice),
    Operations(OperationsNotice),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct InboundNotice {
    pub(in super::super) id: String,
    pub(in super::super) device_id: Option<String>,
    pub(in super::super) sender_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) body: Option<String>,
    pub(in super::super) sim_slot_index: Option<u8>,
    pub(in super::super) sim_phone_number: Option<String>,
    pub(in super::super) received_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct OutboundNotice {
    pub(in super::super) id: String,
    /// Only while it is queued, like the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) device_id: Option<String>,
    pub(in super::super) recipient_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) body: Option<String>,
    pub(in super::super) status: &'static str,
    #[serde(flatten)]
    pub(in super::super) at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) failure_reason: Option<String>,
}

/// The instant, named by what happened then.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
pub(in super::super) enum Instant {
    Queued { created_at: String },
    Dispatched { dispatched_at: String },
    Sent { sent_at: String },
    Delivered { delivered_at: String },
    Failed { failed_at: String },
}

/// Ours, beyond the page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct OperationsNotice {
    pub(in super::super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) recipient_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) reason: Option<String>,
}
