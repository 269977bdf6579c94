//! One to one: a message that a sweep found, and the row that another journal of the device has stored of it.

use std::time::Duration;

use diesel::prelude::*;
use relay_domain::phone_number::normal_form;
use relay_domain::report::InboundReport;
use relay_domain::sim::SimFacts;
use relay_domain::{JournalId, Timestamp};

use crate::lane::{Stream, Tx};
use crate::rows::sim::SimRow;
use crate::rows::text;
use crate::schema::inbound;

/// A message centre's clock and the hub's are no further apart.
const CLOCKS_APART: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Where one side has no time stamp of the message centre, the same message was received within this time.
const RECEIVED_APART: Duration = Duration::from_secs(60 * 60);

/// Whether a row of one of the device's other journals stands for this message. That row is claimed, and stands for no
/// other row of this journal: two identical texts are two messages, and match two rows.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    stream: &Stream,
    journal: JournalId,
    sms: &InboundReport,
    received_on: Option<&str>,
) -> QueryResult<bool> {
    let sims = tx.hot.sims(tx.conn, stream.device_id)?.to_vec();
    let this_journal = journal.as_bytes().as_slice();
    let mut candidates = Vec::new();
    for number in numbers(&sims, sms, received_on) {
        candidates.extend(stored(tx, stream, this_journal, sms, number)?);
    }
    candidates.retain(|row| row.is_of_sim(&sims, sms) && row.time_agrees(sms));
    // A row that surely is the one goes before one that may be it; among equals the oldest.
    candidates.sort_by_key(|row| (row.smsc_at != smsc_at(sms), row.received_at));
    let Some(row) = candidates.first() else { return Ok(false) };
    diesel::update(inbound::table.filter(inbound::id.eq(&row.id)))
        .set(inbound::swept_by.eq(this_journal))
        .execute(tx.conn)?;
    Ok(true)
}

/// The numbers under which a row may be stored: that of its SIM; none, where that was not told then; and, where the
/// phone cannot tell which SIM it was, those of all that the device has shown.
fn numbers<'a>(
    sims: &'a [SimRow],
    sms: &InboundReport,
    received_on: Option<&'a str>,
) -> Vec<Option<&'a str>> {
    let mut numbers = vec![None, received_on];
    if sms.sim == SimFacts::default() {
        numbers.extend(sims.iter().map(SimRow::number));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn smsc_at(sms: &InboundReport) -> Option<i64> {
    sms.smsc_at.map(Timestamp::nanos)
}

/// A row that may stand for a swept message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = inbound)]
struct Candidate {
    id: Vec<u8>,
    sim_id: Option<Vec<u8>>,
    slot: i32,
    smsc_at: Option<i64>,
    received_at: i64,
}

impl Candidate {
    fn is_of_sim(&self, sims: &[SimRow], sms: &InboundReport) -> bool {
        let known = sims.iter().find(|sim| Some(&sim.id) == self.sim_id.as_ref()).map(SimRow::facts);
        match known {
            Some(facts) if sms.sim != SimFacts::default() => !facts.contradicts(&sms.sim),
            _ => self.slot == i32::from(sms.slot),
        }
    }

    fn time_agrees(&self, sms: &InboundReport) -> bool {
        match (self.smsc_at, smsc_at(sms)) {
            (Some(stored), Some(swept)) => stored == swept,
            _ => {
                let apart = self.received_at.abs_diff(sms.received_at.nanos());
                u128::from(apart) <= RECEIVED_APART.as_nanos()
            }
        }
    }
}

/// Rows with this text of this sender, of other journals of the device. The index of a number's senders finds them; it
/// ends with the time, and nothing is received long before the message centre had it.
fn stored(
    tx: &mut Tx<'_>,
    stream: &Stream,
    this_journal: &[u8],
    sms: &InboundReport,
    number: Option<&str>,
) -> QueryResult<Vec<Candidate>> {
    let spellings = [text::escape(&normal_form(&sms.sender, number)), text::escape(&sms.sender)];
    let at = sms.smsc_at.unwrap_or(sms.received_at);
    let found = inbound::table
        .filter(inbound::account_id.eq(stream.account_id.as_bytes().as_slice()))
        .filter(inbound::sender_normal.eq_any(spellings))
        .filter(inbound::received_at.ge(at.minus(CLOCKS_APART).nanos()))
        .filter(inbound::device_id.eq(stream.device_id.as_bytes().as_slice()))
        .filter(inbound::digest.eq(text::escape(&sms.digest)))
        .filter(inbound::journal_id.ne(this_journal))
        .filter(inbound::swept_by.is_null().or(inbound::swept_by.ne(this_journal)))
        .select(Candidate::as_select())
        .into_boxed();
    match number {
        Some(number) => found.filter(inbound::number.eq(number)),
        None => found.filter(inbound::number.is_null()),
    }
    .load(tx.conn)
}
