//! The phone's words in the hub's: an event becomes a report, and its age an instant.

use std::time::Duration;

use device_protocol::event::{FailStage, FailureClass as WireClass, InboundSource};
use device_protocol::{Event, EventAt, Sim, SimRef};
use relay_domain::report::{InboundReport, Report};
use relay_domain::sim::{SimFacts, SimReport};
use relay_domain::state::{FactKind, FailedAt, Failure, FailureClass};
use relay_domain::{MessageId, Timestamp};

/// One line of an `events` frame. A line that cannot be read becomes a report all the same.
pub(super) fn read(line: &str, now: Timestamp) -> Report {
    match Event::parse(line) {
        Ok(event) => report(event, line, now),
        Err(error) => Report::Unreadable { raw: line.to_owned(), why: error.to_string() },
    }
}

fn report(event: Event, line: &str, now: Timestamp) -> Report {
    let at = instant(event.at(), now);
    let fact = |id, kind| Report::Fact { message_id: MessageId::from(id), kind, at, raw: line.to_owned() };
    let failed = |id, at_stage, failure| fact(id, FactKind::Failed(at_stage, failure));
    match event {
        Event::Sent(sent) => fact(sent.id, FactKind::Sent),
        Event::Delivered(delivered) => fact(delivered.id, FactKind::Delivered),
        Event::Uncertain(uncertain) => fact(uncertain.id, FactKind::Uncertain),
        Event::TooLate(too_late) => fact(too_late.id, FactKind::TooLate),
        Event::Expired(expired) => failed(expired.id, FailedAt::Deadline, Failure::expired()),
        Event::Canceled(canceled) => failed(canceled.id, FailedAt::Cancel, Failure::canceled()),
        Event::Failed(failure) => {
            let stage = match failure.stage {
                FailStage::Radio => FailedAt::Radio,
                FailStage::Receipt => FailedAt::Receipt,
            };
            let why = Failure { class: class(failure.class), code: failure.code, reason: failure.reason };
            failed(failure.id, stage, why)
        }
        Event::Inbound(sms) => Report::Inbound(InboundReport {
            slot: sms.slot,
            sim: facts(sms.sim),
            sender: sms.from,
            body: sms.body,
            parts: sms.parts,
            smsc_at: sms.smsc_at_ms.map(Timestamp::from_millis),
            digest: sms.digest,
            source: match sms.source {
                InboundSource::Broadcast => "broadcast",
                InboundSource::Sweep => "sweep",
            },
            received_at: at,
        }),
        Event::SimChanged(change) => Report::Sims(sims(change.sims)),
    }
}

/// The phone's clock is not trusted: the age on its monotonic clock counts back from now. Where the phone cannot
/// know the age its wall clock is all there is. Never in the future.
fn instant(at: EventAt, now: Timestamp) -> Timestamp {
    match at.age_ms {
        Some(age) => now.minus(Duration::from_millis(age)),
        None => Timestamp::from_millis(at.wall_ms).min(now),
    }
}

pub(super) fn sims(sims: Vec<Sim>) -> Vec<SimReport> {
    let report = |sim: Sim| SimReport {
        slot: sim.slot,
        facts: facts(sim.reference()),
        carrier: sim.carrier,
        is_default: sim.default,
    };
    sims.into_iter().map(report).collect()
}

fn facts(sim: SimRef) -> SimFacts {
    SimFacts { number: sim.number, subscription_id: sim.subscription_id, iccid_hash: sim.iccid_hash }
}

fn class(class: WireClass) -> FailureClass {
    match class {
        WireClass::Retryable => FailureClass::Retryable,
        WireClass::Throttled => FailureClass::Throttled,
        WireClass::Permanent => FailureClass::Permanent,
        WireClass::Ambiguous => FailureClass::Ambiguous,
    }
}
