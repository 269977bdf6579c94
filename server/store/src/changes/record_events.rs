//! A phone's events: stored with the highest number in one transaction, acknowledged after it.

use diesel::prelude::*;
use relay_domain::notice::Facts;
use relay_domain::phone_number::normal_form;
use relay_domain::report::{InboundReport, Report, SWEEP};
use relay_domain::state::{Fact, FactKind, Rank};
use relay_domain::webhook::EventKind;
use relay_domain::{DeviceId, InboundId, JournalId, MessageId, Timestamp};

use super::open_session::bind;
use super::webhooks::notify::{self, Chain};
use super::{fact, release_held, sim_inventory, sweep_match, unpair_device};
use crate::effect::Effect;
use crate::lane::{Change, Stream, Tx};
use crate::rows::inbound::{self, InboundRow};
use crate::rows::outbound::{self, load_of_device};
use crate::rows::{signed, text, timeline};
use crate::schema::{recovered, unreadable};

/// Records the events of one frame.
#[derive(Debug, Clone)]
pub struct RecordEvents {
    /// The device.
    pub device_id: DeviceId,
    /// The session's epoch.
    pub epoch: u64,
    /// Number of the first event; the next ones follow without a gap.
    pub first: u64,
    /// The events.
    pub reports: Vec<Report>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordVerdict {
    /// Stored up to this number, what was stored before included.
    Recorded {
        /// U.
        up: u64,
        /// Messages may be allocated: all that the hello announced is stored.
        live: bool,
    },
    /// Stored up to this number; the phone was unpaired and has now told everything: its token is dead.
    Left {
        /// U.
        up: u64,
    },
    /// Another session speaks for the device: nothing was written.
    Fenced,
    /// Numbers are missing before `first`: nothing was written.
    Gap {
        /// The number that comes next.
        expected: u64,
    },
}

impl Change for RecordEvents {
    type Verdict = RecordVerdict;

    fn apply(&self, tx: &mut Tx<'_>) -> QueryResult<RecordVerdict> {
        let Some(mut stream) = tx.stream(self.device_id)?.filter(|stream| stream.epoch == self.epoch) else {
            return Ok(RecordVerdict::Fenced);
        };
        let Some(journal) = stream.journal else { return Ok(RecordVerdict::Fenced) };
        if self.first > stream.up + 1 {
            return Ok(RecordVerdict::Gap { expected: stream.up + 1 });
        }
        let was_live = stream.live();
        for (number, report) in (self.first..).zip(&self.reports) {
            if number > stream.up {
                record(tx, &mut stream, journal, number, report)?;
                stream.up = number;
            }
        }
        stream.last_seen_at = Some(tx.now);
        release_held::if_heard(tx, &mut stream)?;
        let left = unpair_device::leave_if_told(tx, &mut stream)?;
        tx.put_stream(stream);
        if left {
            return Ok(RecordVerdict::Left { up: stream.up });
        }
        if stream.live() && !was_live {
            tx.effect(Effect::Wake { device_id: self.device_id });
        }
        Ok(RecordVerdict::Recorded { up: stream.up, live: stream.live() })
    }
}

fn record(
    tx: &mut Tx<'_>,
    stream: &mut Stream,
    journal: JournalId,
    number: u64,
    report: &Report,
) -> QueryResult<()> {
    match report {
        Report::Fact { message_id, kind, at, raw } => {
            let report = About { message: *message_id, kind, at: *at, raw };
            record_fact(tx, stream, journal, number, &report)
        }
        Report::Inbound(sms) => record_inbound(tx, stream, journal, number, sms),
        // A hello's inventory is newer than any of these up to its head.
        Report::Sims(_) if number <= stream.resume_head => Ok(()),
        Report::Sims(sims) => sim_inventory::apply(tx, stream, sims),
        Report::Unreadable { raw, why } => keep_unreadable(tx, stream, journal, number, raw, why),
    }
}

struct About<'a> {
    message: MessageId,
    kind: &'a FactKind,
    at: Timestamp,
    raw: &'a str,
}

fn record_fact(
    tx: &mut Tx<'_>,
    stream: &mut Stream,
    journal: JournalId,
    number: u64,
    about: &About<'_>,
) -> QueryResult<()> {
    let Some(mut row) = load_of_device(tx.conn, stream.device_id, about.message)? else {
        if outbound::exists(tx.conn, about.message)? {
            return keep_unreadable(
                tx,
                stream,
                journal,
                number,
                about.raw,
                "names no message of this device",
            );
        }
        return recover(tx, stream, journal, number, about);
    };
    match row.journal_id.as_deref() {
        Some(bound) if bound == journal.as_bytes() => {}
        Some(_) => {
            let why = "names a message that is bound to another journal";
            return keep_unreadable(tx, stream, journal, number, about.raw, why);
        }
        None if row.rank == Rank::Queued.number() => {
            bind(tx, stream, &row)?;
            row.rank = Rank::Dispatched.number();
            row.journal_id = Some(journal.as_bytes().to_vec());
            row.dispatched_at = Some(tx.now.nanos());
            (row.restored_at, row.held_until) = (None, None);
        }
        // It ended in the hub while the phone had it: the later truth counts all the same.
        None => {}
    }
    let not_before = Timestamp::from_nanos(row.dispatched_at.unwrap_or(row.created_at));
    let at = about.at.clamp(not_before.min(tx.now), tx.now);
    fact::record(tx, stream, &row, &Fact { kind: about.kind.clone(), at, up_seq: number })
}

fn record_inbound(
    tx: &mut Tx<'_>,
    stream: &Stream,
    journal: JournalId,
    number: u64,
    sms: &InboundReport,
) -> QueryResult<()> {
    let sim = sim_inventory::of_inbound(tx, stream.device_id, sms.slot, &sms.sim)?;
    let received_on = sim.as_ref().and_then(|sim| sim.number()).or(sms.sim.number.as_deref());
    if sms.source == SWEEP && sweep_match::claim(tx, stream, journal, sms, received_on)? {
        return Ok(());
    }
    let id: InboundId = tx.id();
    let row = InboundRow {
        id: id.as_bytes().to_vec(),
        account_id: stream.account_id.as_bytes().to_vec(),
        device_id: stream.device_id.as_bytes().to_vec(),
        sim_id: sim.as_ref().map(|sim| sim.id.clone()),
        slot: i32::from(sms.slot),
        number: received_on.map(str::to_owned),
        sender: text::escape(&sms.sender),
        sender_normal: text::escape(&normal_form(&sms.sender, received_on)),
        body: text::escape(&sms.body),
        parts: i32::from(sms.parts),
        smsc_at: sms.smsc_at.map(Timestamp::nanos),
        digest: text::escape(&sms.digest),
        source: sms.source.to_owned(),
        journal_id: journal.as_bytes().to_vec(),
        up_seq: signed(number),
        // Never in the future, whatever the phone believes.
        received_at: sms.received_at.min(tx.now).nanos(),
        created_at: tx.now.nanos(),
        swept_by: None,
    };
    inbound::insert(tx.conn, &row)?;
    notify::tell(tx, stream.account_id, EventKind::InboundReceived, id.uuid(), Chain::Begins, || {
        Ok(Facts {
            device_id: Some(stream.device_id),
            number: Some(sms.sender.clone()),
            body: Some(sms.body.clone()),
            slot: Some(sms.slot),
            own_number: row.number.clone(),
            ..Facts::at(Timestamp::from_nanos(row.received_at))
        })
    })
}

/// A fact about a message that this hub does not know: a restore took it away. It is kept for the operator.
fn recover(
    tx: &mut Tx<'_>,
    stream: &Stream,
    journal: JournalId,
    number: u64,
    about: &About<'_>,
) -> QueryResult<()> {
    let id: uuid::Uuid = tx.id();
    diesel::insert_into(recovered::table)
        .values((
            recovered::id.eq(id.as_bytes().as_slice()),
            recovered::account_id.eq(stream.account_id.as_bytes().as_slice()),
            recovered::device_id.eq(stream.device_id.as_bytes().as_slice()),
            recovered::journal_id.eq(journal.as_bytes().as_slice()),
            recovered::up_seq.eq(signed(number)),
            recovered::message_id.eq(about.message.as_bytes().as_slice()),
            recovered::kind.eq(timeline::word(about.kind)),
            recovered::happened_at.eq(about.at.min(tx.now).nanos()),
            recovered::raw.eq(text::escape(about.raw)),
            recovered::recorded_at.eq(tx.now.nanos()),
        ))
        .execute(tx.conn)
        .map(drop)
}

fn keep_unreadable(
    tx: &mut Tx<'_>,
    stream: &Stream,
    journal: JournalId,
    number: u64,
    raw: &str,
    why: &str,
) -> QueryResult<()> {
    let id: uuid::Uuid = tx.id();
    tracing::warn!(device = %stream.device_id, number, why, "an event could not be read; it is kept as it came");
    diesel::insert_into(unreadable::table)
        .values((
            unreadable::id.eq(id.as_bytes().as_slice()),
            unreadable::account_id.eq(stream.account_id.as_bytes().as_slice()),
            unreadable::device_id.eq(stream.device_id.as_bytes().as_slice()),
            unreadable::journal_id.eq(journal.as_bytes().as_slice()),
            unreadable::up_seq.eq(signed(number)),
            unreadable::raw.eq(text::escape(raw)),
            unreadable::why.eq(text::escape(why)),
            unreadable::recorded_at.eq(tx.now.nanos()),
        ))
        .execute(tx.conn)
        .map(drop)
}
