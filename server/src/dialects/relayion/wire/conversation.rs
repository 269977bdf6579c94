//! The words of a conversation.

use serde::Serialize;

use super::{InboundStatus, Status};

/// What a number and somebody have exchanged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ConversationShown {
    pub(in super::super) phone_number: String,
    pub(in super::super) total: u64,
    pub(in super::super) messages: Vec<ExchangedShown>,
}

/// One of its messages: each direction has keys of its own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in super::super) enum ExchangedShown {
    Sent(SentShown),
    Received(ReceivedShown),
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in super::super) enum Way {
    Outbound,
    Inbound,
}

impl Way {
    pub(super) const ALL: [(&str, Way); 2] = [("outbound", Way::Outbound), ("inbound", Way::Inbound)];
}

/// One that was sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SentShown {
    pub(in super::super) id: String,
    pub(in super::super) direction: Way,
    pub(in super::super) device_id: String,
    pub(in super::super) sim_slot_index: u8,
    pub(in super::super) body: String,
    pub(in super::super) status: Status,
    pub(in super::super) sent_at: Option<String>,
    pub(in super::super) delivered_at: Option<String>,
    pub(in super::super) created_at: String,
    pub(in super::super) timestamp: String,
}

/// One that was received.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ReceivedShown {
    pub(in super::super) id: String,
    pub(in super::super) direction: Way,
    pub(in super::super) device_id: String,
    pub(in super::super) sim_slot_index: u8,
    pub(in super::super) body: String,
    pub(in super::super) status: InboundStatus,
    pub(in super::super) received_at: String,
    pub(in super::super) created_at: String,
    pub(in super::super) timestamp: String,
}
