//! Webhooks in Relayion's words: bodies as the page prints them, its signature, and when to try again.

use std::time::Duration;

use relay_domain::notice::{Facts, Notice};
use relay_domain::webhook::EventKind;

use super::Relayion;
use super::wire::notice::{
    InboundNotice, Instant, NoticeData, NoticeShown, OperationsNotice, OutboundNotice,
};
use crate::http::instant::write_seconds as instant;
use crate::webhooks::render::{Post, Render};
use crate::webhooks::retry::RetryTable;
use crate::webhooks::signature;

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Then every three hours until the notice is 72 hours old.
const RETRY: RetryTable = RetryTable {
    first: &[
        Duration::from_secs(5),
        Duration::from_secs(30),
        minutes(2),
        minutes(10),
        minutes(30),
        minutes(60),
    ],
    then: minutes(180),
};

impl Render for Relayion {
    fn body(&self, notice: &Notice) -> Vec<u8> {
        let shown = NoticeShown {
            event: notice.kind.word(),
            timestamp: instant(notice.facts.at),
            data: data(notice),
        };
        serde_json::to_vec(&shown).unwrap_or_default()
    }

    fn headers(&self, post: &Post<'_>) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("x-relayion-signature", signature::hex(post.secret, post.body)),
            ("x-relayion-event-id", post.notice.event_id.to_string()),
            ("x-relayion-timestamp", post.unix_seconds.to_string()),
        ];
        if let Some(next) = post.next_secret {
            headers.push(("x-relayion-signature-next", signature::hex(next, post.body)));
        }
        if post.notice.is_replay() {
            headers.push(("x-relayion-replay", "true".to_owned()));
        }
        headers
    }

    fn retry(&self) -> RetryTable {
        RETRY
    }
}

fn data(notice: &Notice) -> NoticeData {
    let Facts { at, device_id, number, body, slot, own_number, reason } = notice.facts.clone();
    let (id, at) = (notice.about.to_string(), instant(at));
    let device_id = device_id.map(|device| device.to_string());
    let outbound = |status, at, device_id, failure_reason| {
        let (id, recipient_number) = (id.clone(), number.clone());
        NoticeData::Outbound(OutboundNotice {
            id,
            device_id,
            recipient_number,
            body: body.clone(),
            status,
            at,
            failure_reason,
        })
    };
    match notice.kind {
        EventKind::InboundReceived => NoticeData::Inbound(InboundNotice {
            id: id.clone(),
            device_id,
            sender_number: number.clone(),
            body: body.clone(),
            sim_slot_index: slot,
            sim_phone_number: own_number,
            received_at: at,
        }),
        EventKind::OutboundQueued => outbound("queued", Instant::Queued { created_at: at }, device_id, None),
        EventKind::OutboundDispatched => {
            outbound("dispatched", Instant::Dispatched { dispatched_at: at }, None, None)
        }
        EventKind::OutboundSent => outbound("sent", Instant::Sent { sent_at: at }, None, None),
        EventKind::OutboundDelivered => {
            outbound("delivered", Instant::Delivered { delivered_at: at }, None, None)
        }
        EventKind::OutboundFailed => outbound("failed", Instant::Failed { failed_at: at }, None, reason),
        EventKind::MessageUncertain
        | EventKind::WebhookPaused
        | EventKind::WebhookTest
        | EventKind::DeviceOnline
        | EventKind::DeviceOffline
        | EventKind::DeviceAttention => {
            let (id, recipient_number) = (id.clone(), number.clone());
            NoticeData::Operations(OperationsNotice { id, device_id, recipient_number, reason })
        }
    }
}
