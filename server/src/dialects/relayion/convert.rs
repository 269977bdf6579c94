//! The vendor's words from the core's and back; `explain` has the sentences of our extensions. Pure.

pub(super) mod explain;

use relay_domain::message::{Inbound, Outbound, Untimely};
use relay_domain::state::Rank;

use super::error::ApiError;
use super::wire::conversation::{ConversationShown, ExchangedShown, ReceivedShown, SentShown, Way};
use super::wire::filters::Filters;
use super::wire::mistake::Mistake;
use super::wire::options::{EXPIRES, SCHEDULED};
use super::wire::request::{BODY, Binding, RECIPIENT};
use super::wire::{DeviceShown, InboundShown, InboundStatus, LinkStatus, OutboundShown, SimShown, Status};
use crate::http::instant::write as instant;
use crate::relay::devices::{DeviceNow, Link};
use crate::relay::inbox::{Conversation, ConversationFilter, Direction, Exchanged, InboundFilter};
use crate::relay::intake::{DraftError, Refusal};
use crate::relay::keys::Principal;
use crate::relay::lookup::OutboundFilter;

/// What the key is bound to.
pub(super) fn binding(principal: &Principal) -> Binding {
    let line = principal.line();
    Binding { device_id: line.device_id.to_string(), slot: line.slot, number: line.number.clone() }
}

impl From<Mistake> for ApiError {
    fn from(mistake: Mistake) -> ApiError {
        ApiError::Invalid { field: mistake.field, message: mistake.message }
    }
}

impl From<DraftError> for ApiError {
    fn from(error: DraftError) -> ApiError {
        let field = match error {
            DraftError::Recipient(_) => RECIPIENT,
            DraftError::TextEmpty | DraftError::TextHoldsNul | DraftError::TextTooLong { .. } => BODY,
            DraftError::ScheduleTooFar => SCHEDULED,
            DraftError::ExpiryBeforeSchedule => EXPIRES,
        };
        ApiError::Invalid { field: Some(field), message: format!("{field} {error}") }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        let late = |field, then| ApiError::Invalid {
            field: Some(field),
            message: format!("{field} is in the past: {then}"),
        };
        match refusal {
            Refusal::MonthlyCap => ApiError::MonthlyLimit,
            Refusal::ShortCode => ApiError::Invalid {
                field: Some(RECIPIENT),
                message: format!(
                    "{RECIPIENT} is a short code, and this account does not send to them: ask the operator of the hub"
                ),
            },
            Refusal::Untimely(Untimely::Schedule) => {
                late(SCHEDULED, "give a later instant, or leave it out to send now")
            }
            Refusal::Untimely(Untimely::Deadline) => {
                late(EXPIRES, "give a later instant, or leave it out to wait as long as it takes")
            }
        }
    }
}

/// How a message's rank shows.
pub(super) fn status(rank: Rank) -> Status {
    match rank {
        Rank::Queued => Status::Queued,
        Rank::Dispatched => Status::Dispatched,
        Rank::Sent => Status::Sent,
        Rank::Delivered => Status::Delivered,
        Rank::FailedUnknown
        | Rank::Expired
        | Rank::Canceled
        | Rank::FailedHub
        | Rank::FailedRadio
        | Rank::FailedReceipt => Status::Failed,
    }
}

/// Every rank that shows as this.
fn ranks(wanted: Status) -> Vec<Rank> {
    Rank::ALL.into_iter().filter(|rank| status(*rank) == wanted).collect()
}

pub(super) fn outbound_filter(filters: Filters, wanted: Option<Status>) -> OutboundFilter {
    OutboundFilter {
        device_id: filters.device_id,
        recipient: filters.number,
        slot: filters.slot,
        ranks: wanted.map(ranks),
        from: filters.from,
        to: filters.to,
    }
}

pub(super) fn inbound_filter(filters: Filters) -> InboundFilter {
    InboundFilter {
        device_id: filters.device_id,
        sender: filters.number,
        slot: filters.slot,
        from: filters.from,
        to: filters.to,
    }
}

pub(super) fn conversation_filter(filters: Filters, way: Option<Way>) -> ConversationFilter {
    ConversationFilter {
        device_id: filters.device_id,
        slot: filters.slot,
        from: filters.from,
        to: filters.to,
        direction: way.map(|way| match way {
            Way::Outbound => Direction::Outbound,
            Way::Inbound => Direction::Inbound,
        }),
    }
}

pub(super) fn outbound(message: Outbound) -> OutboundShown {
    OutboundShown {
        id: message.id.to_string(),
        account_id: message.account_id.to_string(),
        device_id: message.device_id.to_string(),
        api_key_id: message.key_id.to_string(),
        sim_slot_index: message.slot,
        status: status(message.state.rank),
        created_at: instant(message.created_at),
        dispatched_at: message.dispatch.map(|dispatch| instant(dispatch.at)),
        sent_at: message.sent_at().map(instant),
        delivered_at: message.delivered_at().map(instant),
        failed_at: message.failed_at().map(instant),
        recipient_number: message.recipient,
        body: message.body,
        failure_reason: message.state.failure.map(|failure| failure.reason),
        wait: None,
        timeline: None,
        options: None,
    }
}

pub(super) fn inbound(message: Inbound) -> InboundShown {
    InboundShown {
        id: message.id.to_string(),
        account_id: message.account_id.to_string(),
        device_id: message.device_id.to_string(),
        sim_slot_index: message.slot,
        sender_number: message.sender,
        body: message.body,
        status: InboundStatus::Received,
        received_at: instant(message.received_at),
        created_at: instant(message.created_at),
    }
}

pub(super) fn conversation(phone_number: String, part: Conversation) -> ConversationShown {
    let messages = part.messages.into_iter().map(exchanged).collect();
    ConversationShown { phone_number, total: part.total, messages }
}

fn exchanged(message: Exchanged) -> ExchangedShown {
    match message {
        Exchanged::Sent(sent) => ExchangedShown::Sent(SentShown {
            id: sent.id.to_string(),
            direction: Way::Outbound,
            device_id: sent.device_id.to_string(),
            sim_slot_index: sent.slot,
            status: status(sent.state.rank),
            sent_at: sent.sent_at().map(instant),
            delivered_at: sent.delivered_at().map(instant),
            created_at: instant(sent.created_at),
            timestamp: instant(sent.created_at),
            body: sent.body,
        }),
        Exchanged::Received(received) => ExchangedShown::Received(ReceivedShown {
            id: received.id.to_string(),
            direction: Way::Inbound,
            device_id: received.device_id.to_string(),
            sim_slot_index: received.slot,
            body: received.body,
            status: InboundStatus::Received,
            received_at: instant(received.received_at),
            created_at: instant(received.created_at),
            timestamp: instant(received.received_at),
        }),
    }
}

pub(super) fn device(now: DeviceNow) -> DeviceShown {
    let default_sim = now.default_sim();
    let sim = |sim: relay_domain::device::Sim| SimShown {
        id: sim.id.to_string(),
        slot_index: sim.slot,
        phone_number: sim.number,
        label: sim.carrier,
        is_default: Some(sim.id) == default_sim,
    };
    DeviceShown {
        id: now.device.id.to_string(),
        status: match now.link {
            Link::Online => LinkStatus::Online,
            Link::Offline => LinkStatus::Offline,
        },
        is_paired: now.device.is_paired(),
        pending_setup: now.is_pending_setup(),
        last_seen_at: now.last_seen_at.map(instant),
        name: now.device.name,
        sims: now.device.sims.into_iter().map(sim).collect(),
    }
}
