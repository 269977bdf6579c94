//! The words of a conversation.

use serde::Serialize;
use utoipa::ToSchema;

use super::{InboundStatus, Status, documented};

/// What a number and somebody have exchanged.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conversation)]
pub(in super::super) struct ConversationShown {
    /// The number that was asked for.
    pub(in super::super) phone_number: String,
    /// Messages on all pages.
    pub(in super::super) total: u64,
    /// Oldest first.
    pub(in super::super) messages: Vec<ExchangedShown>,
}

/// One of its messages: each direction has keys of its own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ConversationMessage)]
pub(in super::super) enum ExchangedShown {
    Sent(SentShown),
    Received(ReceivedShown),
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Direction)]
pub(in super::super) enum Way {
    Outbound,
    Inbound,
}

impl Way {
    pub(super) const ALL: [(&str, Way); 2] = [("outbound", Way::Outbound), ("inbound", Way::Inbound)];
}

/// One that was sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationSent)]
pub(in super::super) struct SentShown {
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    #[schema(schema_with = documented::outbound)]
    pub(in super::super) direction: Way,
    #[schema(format = Uuid)]
    pub(in super::super) device_id: String,
    pub(in super::super) sim_slot_index: u8,
    pub(in super::super) body: String,
    pub(in super::super) status: Status,
    #[schema(required, format = DateTime)]
    pub(in super::super) sent_at: Option<String>,
    #[schema(required, format = DateTime)]
    pub(in super::super) delivered_at: Option<String>,
    #[schema(format = DateTime)]
    pub(in super::super) created_at: String,
    /// Its place in the conversation: when it was accepted.
    #[schema(format = DateTime)]
    pub(in super::super) timestamp: String,
}

/// One that was received.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationReceived)]
pub(in super::super) struct ReceivedShown {
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    #[schema(schema_with = documented::inbound)]
    pub(in super::super) direction: Way,
    #[schema(format = Uuid)]
    pub(in super::super) device_id: String,
    pub(in super::super) sim_slot_index: u8,
    pub(in super::super) body: String,
    pub(in super::super) status: InboundStatus,
    #[schema(format = DateTime)]
    pub(in super::super) received_at: String,
    #[schema(format = DateTime)]
    pub(in super::super) created_at: String,
    /// Its place in the conversation: when it came to the phone.
    #[schema(format = DateTime)]
    pub(in super::super) timestamp: String,
}
