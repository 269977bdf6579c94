//! Why a message waits and what became of it, in words that a customer understands. Pure.

use relay_domain::allocate::Wait;
use relay_domain::message::Outbound;
use relay_domain::state::{Failure, FailureClass};
use relay_domain::{Timestamp, message::Priority};

use super::super::wire::extensions::{
    EntryShown, Event, FailureShown, OptionsShown, Stage, WaitReason, WaitShown,
};
use super::super::wire::options::PRIORITIES;
use crate::http::instant::write as instant;
use crate::relay::lookup::{TimelineEntry, Waiting};

/// Why it waits.
pub(in super::super) fn wait(message: &Outbound, waiting: Waiting) -> WaitShown {
    let (reason, mut why) = sentence(waiting);
    let dies_first =
        message.expires_at.is_some_and(|dies| waiting.leaves_at.is_some_and(|leaves| leaves >= dies));
    if dies_first {
        why.push_str(" Its deadline comes first: if nothing changes it expires.");
    }
    WaitShown { reason, message: why, expected_at: waiting.leaves_at.map(instant), ahead: waiting.ahead }
}

fn sentence(waiting: Waiting) -> (WaitReason, String) {
    let ahead = waiting.ahead;
    match waiting.why {
        Wait::DeviceOffline => (
            WaitReason::DeviceOffline,
            "The phone is not connected. It goes on as soon as it reconnects.".to_owned(),
        ),
        Wait::DeviceUnresponsive => (
            WaitReason::DeviceUnresponsive,
            "The phone is connected but does not answer. It goes on when it does.".to_owned(),
        ),
        Wait::Paused => (WaitReason::Paused, "An operator has paused the phone.".to_owned()),
        Wait::SimMismatch => (
            WaitReason::SimMismatch,
            "The SIM of this key's number is not in its slot. It goes on when that SIM is back.".to_owned(),
        ),
        Wait::PhoneBusy => (
            WaitReason::PhoneBusy,
            "The phone has as many messages as it takes. It goes on as they are sent.".to_owned(),
        ),
        Wait::BucketEmpty { .. } => (
            WaitReason::BucketEmpty,
            "The plan's messages for now are used up. It leaves when the next one is added back.".to_owned(),
        ),
        Wait::WaitingTurn if ahead == 0 => (WaitReason::WaitingTurn, "It is next to leave.".to_owned()),
        Wait::WaitingTurn => {
            let (others, leave) = if ahead == 1 { ("message", "leaves") } else { ("messages", "leave") };
            (WaitReason::WaitingTurn, format!("{ahead} {others} of this phone {leave} before it."))
        }
        Wait::Scheduled { .. } => (WaitReason::Scheduled, "It was scheduled for later.".to_owned()),
        Wait::HeldRestored => (
            WaitReason::HeldRestored,
            "The hub was restored from a backup. It goes on when it is known that the phone had not sent it."
                .to_owned(),
        ),
        Wait::NoService => (
            WaitReason::NoService,
            "The phone has it and finds no network. It sends it when the network is back.".to_owned(),
        ),
        Wait::RadioGuard => (
            WaitReason::RadioGuard,
            "The phone has it and paces itself, as Android demands. It sends it within a minute or so."
                .to_owned(),
        ),
    }
}

/// Every fact with its own instant, in the order in which the hub learnt of them.
pub(in super::super) fn timeline(message: &Outbound, reports: Vec<TimelineEntry>) -> Vec<EntryShown> {
    let hubs_own = |event, at: Timestamp| {
        (at, EntryShown { event, at: instant(at), recorded_at: instant(at), failure: None })
    };
    let accepted = Some(hubs_own(Event::Accepted, message.created_at));
    let dispatched = message.dispatch.map(|dispatch| hubs_own(Event::Dispatched, dispatch.at));
    let told = reports.into_iter().map(|report| (report.recorded_at, entry(report)));
    let mut entries: Vec<(Timestamp, EntryShown)> =
        accepted.into_iter().chain(dispatched).chain(told).collect();
    entries.sort_by_key(|(recorded_at, _)| *recorded_at);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

fn entry(report: TimelineEntry) -> EntryShown {
    let (event, stage) = match report.kind.as_str() {
        "sent" => (Event::Sent, Stage::Radio),
        "delivered" => (Event::Delivered, Stage::Receipt),
        "expired" => (Event::Expired, Stage::Deadline),
        "canceled" => (Event::Canceled, Stage::Cancel),
        "too_late" => (Event::CancelTooLate, Stage::Cancel),
        "uncertain" => (Event::Uncertain, Stage::Unknown),
        "failed_hub" => (Event::Failed, Stage::Hub),
        "failed_radio" => (Event::Failed, Stage::Radio),
        "failed_receipt" => (Event::Failed, Stage::Receipt),
        _ => (Event::Failed, Stage::Unknown),
    };
    let failure = if event == Event::Uncertain { Some(uncertain()) } else { report.failure };
    EntryShown {
        event,
        at: instant(report.happened_at),
        recorded_at: instant(report.recorded_at),
        failure: failure.map(|failure| FailureShown {
            stage,
            class: failure.class.word(),
            advice: failure.advice(),
            code: failure.code,
            reason: failure.reason,
        }),
    }
}

/// Not yet a failure; but whoever reads it should not send again.
fn uncertain() -> Failure {
    Failure {
        class: FailureClass::Ambiguous,
        code: "uncertain".into(),
        reason: "The phone took it and nobody has told what came of it".into(),
    }
}

/// What was asked for with it.
pub(in super::super) fn options(message: &Outbound) -> OptionsShown {
    OptionsShown {
        priority: word(message.priority),
        scheduled_at: message.scheduled_at.map(instant),
        expires_at: message.expires_at.map(instant),
        segments: message.parts,
    }
}

fn word(priority: Priority) -> &'static str {
    PRIORITIES.iter().find(|(_, known)| *known == priority).map_or("normal", |(word, _)| word)
}
